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

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


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
    """Write events, in their order, in the transaction that is open: one statement.

    Raises:
        RuntimeError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is written in the transaction of the change that it tells of.")
    rows = [{"event_id": event_id(), "type": fact.type, "facts": fact.facts} for fact in facts]
    if not rows:
        return
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO events_event (tenant_id, source_system, event_id, type, facts, occurred_at, created_at)
            SELECT %s, %s, event_id, type, facts, %s, now()
            FROM json_populate_recordset(NULL::events_event, %s::json)
            """,
            [tenant_id, source_system, occurred_at, orjson.dumps(rows).decode()],
        )


def event_id() -> str:
    """`evt_` and a ULID: 48 bits of milliseconds, 80 random bits (https://github.com/ulid/spec)."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "evt_" + "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
