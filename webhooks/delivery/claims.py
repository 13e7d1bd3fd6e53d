"""Deliveries that one sender holds: claiming those that are due, settling what became of them, giving them back.

Each function is one statement on a connection in autocommit. Times are the database's, so senders whose clocks
differ, or jump, agree on what is due.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from webhooks.delivery.breaker import LONGEST_PAUSE
from webhooks.delivery.network import Exchange
from webhooks.delivery.retries import Again, Delivered, Outcome

# For how long a delivery is held: more than twice the longest time-out, so that it is settled before it is due
# again, also where it waited for its turn. One that its sender does not settle is sent again after this.
LEASE_SECONDS = 90.0
# How old a claim must be before it counts as that of a dead sender.
MOMENT_SECONDS = 3.0

Connection = AsyncConnection[Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Deliveries asked for.

    Attributes:
        room: how many at most.
        is_probe: of one whose breaker is open, let through.
    """

    subscription_id: int
    room: int
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until its lease ends.

    Attributes:
        version: of the subscription's row, as it was when this was claimed.
        event_id: the public one, `evt_…`.
        retries: attempts of this row of retries so far.
    """

    id: int
    subscription_id: int
    version: int
    event_id: str
    event_type: str
    retries: int
    body: bytes
    claim: UUID


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a delivery in one attempt.

    Attributes:
        headers: as sent, without what must not be seen.
        age: seconds since the attempt began.
    """

    claimed: Claimed
    outcome: Outcome
    exchange: Exchange
    headers: Mapping[str, str] = field(default_factory=dict)
    age: float = 0.0
    url: str = ""


async def sign_on(connection: Connection, sender: int) -> None:
    """Say that a sender is alive, for as long as this connection is: others leave alone what it holds."""
    await connection.execute("SELECT pg_advisory_lock(%s)", [sender])


def new_sender() -> int:
    """A number for a sender, that no other has: 63 random bits."""
    return secrets.randbits(63)


async def claim(connection: Connection, wanted: Iterable[Wanted], *, sender: int) -> list[Claimed]:
    """Take deliveries that are due, the oldest of each subscription first; several senders never take the same.

    1. Whether a subscription gets anything is read here, not remembered: one that was paused a moment ago gets
       nothing any more, but what is sent by hand or replayed.
    2. What is sent by hand comes first, also while the breaker is open.
    3. A claim moves `due_at` behind the lease: if this sender dies on the next line, the delivery is due again then.
    """
    asked = list(wanted)
    if not asked:
        return []
    token = UUID(int=sender << 64 | secrets.randbits(64))
    parameters = {
        "ids": [each.subscription_id for each in asked],
        "rooms": [each.room for each in asked],
        "probes": [each.is_probe for each in asked],
        "claim": token,
        "lease": LEASE_SECONDS,
    }
    rows = await _rows(connection, _CLAIM, parameters)
    # In the order of the events, as far as the order of claims goes.
    return sorted((Claimed(*(*row, token)) for row in rows), key=lambda each: each.id)


_CLAIM: LiteralString = """
    WITH wanted AS MATERIALIZED (
        SELECT s.id, s.xmin::text::bigint AS version, asked.room, s.status = 'Active' AS is_active,
               s.breaker_until IS NULL OR asked.is_probe AS is_closed
        FROM unnest(%(ids)s::bigint[], %(rooms)s::int[], %(probes)s::bool[]) AS asked(id, room, is_probe)
        JOIN delivery_subscription s ON s.id = asked.id
    ), forced AS MATERIALIZED (
        SELECT d.id, w.version FROM wanted w CROSS JOIN LATERAL (
            SELECT id FROM delivery_delivery
            WHERE subscription_id = w.id AND status = 'Pending' AND is_forced AND due_at <= now()
            AND due_reason <= CASE WHEN w.is_closed AND NOT w.is_active THEN 'zzz' ELSE 'by_hand' END
            ORDER BY due_reason, due_at, id LIMIT w.room FOR UPDATE SKIP LOCKED
        ) d
    ), ordinary AS MATERIALIZED (
        SELECT d.id, w.version FROM wanted w CROSS JOIN LATERAL (
            SELECT id FROM delivery_delivery
            WHERE subscription_id = w.id AND status = 'Pending' AND due_at <= now()
            ORDER BY due_at, id LIMIT w.room FOR UPDATE SKIP LOCKED
        ) d WHERE w.is_active AND w.is_closed
    )
    UPDATE delivery_delivery d
    SET claim = %(claim)s, due_at = now() + make_interval(secs => %(lease)s)
    FROM (SELECT id, version FROM forced UNION SELECT id, version FROM ordinary) due, delivery_body b, events_event e
    WHERE d.id = due.id AND b.id = d.body_id AND e.id = d.event_id
    RETURNING d.id, d.subscription_id, due.version, e.event_id, d.event_type, d.retry_count, b.content
"""


async def settle(connection: Connection, results: Sequence[Result]) -> set[int]:
    """Write what became of deliveries, with an attempt each; the ids of those that were still ours.

    A compare-and-set on the claim: where the lease ended and somebody else has the delivery, that one's word
    counts, and ours is dropped.
    """
    if not results:
        return set()
    content = orjson.dumps([_row(each) for each in sorted(results, key=lambda each: each.claimed.id)])
    return {row[0] for row in await _rows(connection, _SETTLE, {"results": content.decode()})}


def _row(result: Result) -> dict[str, Any]:
    outcome, exchange = result.outcome, result.exchange
    status = "Delivered" if isinstance(outcome, Delivered) else "Failed"
    return {
        "id": result.claimed.id,
        "claim": result.claimed.claim,
        "retries": result.claimed.retries,
        "status": "Pending" if isinstance(outcome, Again) else status,
        "seconds": outcome.seconds if isinstance(outcome, Again) else None,
        "reason": outcome.reason if isinstance(outcome, Again) else None,
        "age": result.age,
        "duration_ms": exchange.duration_ms,
        "status_code": exchange.status_code,
        "error_code": exchange.error_code,
        "error_message": exchange.error_message,
        "excerpt": exchange.excerpt,
        "phases": dict(exchange.phases),
        "headers": dict(result.headers),
    }


_SETTLE: LiteralString = """
    WITH result AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%(results)s::json) AS r(
            id bigint, claim uuid, retries int, status text, seconds float8, reason text, age float8, duration_ms int,
            status_code int, error_code text, error_message text, excerpt text, phases jsonb, headers jsonb)
    ), settled AS (
        UPDATE delivery_delivery d SET
            -- Of another row of retries: it was sent again by hand or replayed meanwhile, and is due at once.
            status = CASE WHEN r.status <> 'Delivered' AND d.retry_count <> r.retries THEN 'Pending'
                     ELSE r.status END,
            claim = NULL,
            due_at = CASE WHEN r.status = 'Delivered' THEN NULL WHEN d.retry_count <> r.retries THEN now()
                     WHEN r.status = 'Pending' THEN now() + make_interval(secs => r.seconds) END,
            due_reason = CASE WHEN d.retry_count = r.retries THEN coalesce(r.reason, d.due_reason)
                         ELSE d.due_reason END,
            attempt_count = d.attempt_count + 1,
            retry_count = d.retry_count + (r.status = 'Pending' AND d.retry_count = r.retries)::int,
            delivered_at = CASE WHEN r.status = 'Delivered' THEN now() END
        FROM result r WHERE d.id = r.id AND d.claim = r.claim AND d.status = 'Pending'
        RETURNING d.tenant_id, d.id, d.attempt_count
    ), kept AS (
        INSERT INTO delivery_attempt
            (tenant_id, delivery_id, number, started_at, duration_ms, status_code, error_code, error_message,
             response_excerpt, phases, request_headers)
        SELECT s.tenant_id, s.id, s.attempt_count, now() - make_interval(secs => r.age), r.duration_ms,
               r.status_code, r.error_code, r.error_message, r.excerpt, r.phases, r.headers
        FROM settled s JOIN result r ON r.id = s.id
    )
    SELECT id FROM settled
"""


async def release(connection: Connection, claimed: Sequence[Claimed]) -> None:
    """Give deliveries back that were not sent: they are due at once, for any sender."""
    if claimed:
        parameters = {"ids": [each.id for each in claimed], "claims": [each.claim for each in claimed]}
        await connection.execute(_RELEASE, parameters, prepare=True)


_RELEASE: LiteralString = """
    UPDATE delivery_delivery d SET claim = NULL, due_at = now()
    FROM unnest(%(ids)s::bigint[], %(claims)s::uuid[]) AS ours(id, claim)
    WHERE d.id = ours.id AND d.claim = ours.claim AND d.status = 'Pending'
"""


async def take_over(connection: Connection) -> int:
    """Free what senders held that are not alive any more; how many deliveries.

    A sender whose connection broke has a moment to sign on again. Where this finds nobody (a sender is frozen, or
    a pooler keeps connections of the dead), the lease ends in time.
    """
    return len(await _rows(connection, _TAKE_OVER, {"lease": LEASE_SECONDS, "moment": MOMENT_SECONDS}))


# The first half of a claim is the number of its sender, which is also that of its advisory lock.
_TAKE_OVER: LiteralString = """
    UPDATE delivery_delivery d SET claim = NULL, due_at = now()
    FROM (
        SELECT id FROM delivery_delivery
        WHERE claim IS NOT NULL AND status = 'Pending'
        -- Older than a moment; or of a later time than there can be, since the clock was set back.
        AND due_at NOT BETWEEN now() + make_interval(secs => %(lease)s - %(moment)s)
                       AND now() + make_interval(secs => %(lease)s)
        AND ('x' || left(replace(claim::text, '-', ''), 16))::bit(64)::bigint NOT IN (
            SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
        ORDER BY id FOR UPDATE SKIP LOCKED
    ) orphaned WHERE d.id = orphaned.id
    RETURNING d.id
"""


async def clock(connection: Connection) -> datetime:
    """The time of the database, by which all is due."""
    found: list[tuple[datetime]] = await _rows(connection, "SELECT clock_timestamp()", {})
    return found[0][0]


async def mend_times(connection: Connection) -> None:
    """After the database's clock was set back: what should be sent at once is due again; retries stay as planned."""
    await connection.execute(_MEND_TIMES)


_MEND_TIMES: LiteralString = """
    UPDATE delivery_delivery d SET due_at = now()
    FROM (
        SELECT id FROM delivery_delivery
        WHERE status = 'Pending' AND claim IS NULL AND due_at > now()
        AND due_reason IN ('first', 'by_hand', 'replay')
        ORDER BY id FOR UPDATE SKIP LOCKED
    ) late WHERE d.id = late.id
"""


async def probes(connection: Connection) -> list[int]:
    """Subscriptions whose breaker lets one delivery through: to one sender alone, and only where one is due."""
    rows = await _rows(connection, _PROBES, {"margin": 15.0, "longest": 2 * LONGEST_PAUSE.total_seconds()})
    return [row[0] for row in rows]


_PROBES: LiteralString = """
    UPDATE delivery_subscription s
    SET breaker_until = now() + make_interval(secs => s.timeout_seconds + %(margin)s)
    FROM (
        SELECT id FROM delivery_subscription held
        WHERE breaker_until NOT BETWEEN now() AND now() + make_interval(secs => %(longest)s) AND EXISTS (
            SELECT 1 FROM delivery_delivery d WHERE d.subscription_id = held.id AND d.status = 'Pending'
            AND d.due_at <= now() AND (held.status = 'Active' OR d.is_forced)
        )
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    ) due WHERE s.id = due.id
    RETURNING s.id
"""


async def _rows(connection: Connection, sql: LiteralString, parameters: Mapping[str, Any]) -> list[Any]:
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(sql, parameters, prepare=True)
        return await cursor.fetchall()
