"""The outbox: facts written in the transaction of the change that they tell of."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from ordinavo_connect.api.statements import prepared_cursor

# Senders listen here. However often a transaction says it, PostgreSQL tells them once, when it is committed.
EVENTS_CHANNEL = "ordinavo_events"

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _CROCKFORD for low in _CROCKFORD]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened.

    Args:
        type: one of the catalogue.
        facts: as they are in this transaction, by part: `customer`, `location`, `contact`, `target`, `importJob`;
            an entity carries its `externalIds` by source system.
    """

    type: str
    facts: dict[str, Any]


def emit(facts: Iterable[Fact], *, tenant_id: int, source_system: str, occurred_at: datetime) -> None:
    """Write events, in their order, in the transaction that is open, and wake the senders: one statement.

    Raises:
        RuntimeError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is written in the transaction of the change that it tells of.")
    facts = list(facts)
    if not facts:
        return
    rows = [
        {"event_id": event_id, "type": fact.type, "facts": fact.facts}
        for event_id, fact in zip(event_ids(len(facts)), facts, strict=True)
    ]
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            WITH written AS (
                INSERT INTO events_event (tenant_id, source_system, event_id, type, facts, occurred_at, created_at)
                SELECT %s, %s, event_id, type, facts, %s, now()
                FROM json_populate_recordset(NULL::events_event, %s::json)
            )
            SELECT pg_notify(%s, '')
            """,
            [tenant_id, source_system, occurred_at, orjson.dumps(rows).decode(), EVENTS_CHANNEL],
        )


def event_id() -> str:
    """The id of one event."""
    return event_ids(1)[0]


def event_ids(count: int) -> list[str]:
    """`evt_` and a ULID each: 48 bits of milliseconds, 80 random bits (https://github.com/ulid/spec)."""
    moment = ulid_time(time.time())
    # One call of the system for all of them.
    randomness = secrets.token_bytes(10 * count)
    return [
        f"evt_{moment}{_base32(int.from_bytes(randomness[start : start + 10]), characters=16)}"
        for start in range(0, 10 * count, 10)
    ]


def ulid_time(seconds: float) -> str:
    """The first ten characters of a ULID of a time, in seconds since 1970."""
    return _base32(int(seconds * 1000), characters=10)


def _base32(number: int, *, characters: int) -> str:
    """Crockford's base 32, two characters at a time."""
    return "".join(_PAIRS[(number >> shift) & 1023] for shift in range(5 * characters - 10, -1, -10))
