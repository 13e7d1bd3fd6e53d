"""Deliveries that one sender holds: claiming those that are due, settling what became of them, giving them back.

Each function is one statement, or one transaction in one round trip, on a connection in autocommit. Times are the
database's, so senders whose clocks differ, or jump, agree on what is due.
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
from webhooks.delivery.retries import JITTER, SCHEDULE, Again, Delivered, Outcome

# For how long a delivery is held: more than twice the longest time-out, so that it is settled before it is due
# again, also where it waited for its turn. One that its sender does not settle is sent again after this.
LEASE_SECONDS = 90.0
# How old a claim must be before it counts as that of a dead sender.
MOMENT_SECONDS = 3.0
# One claim at a time in a database: of the advisory locks, this one is theirs.
CLAIMS_LOCK = 0x6F72_6469_636C_6169  # "ordiclai"

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
        retries: attempts of this row of retries so far, without the extra ones.
        attempts: all so far.
    """

    id: int
    subscription_id: int
    version: int
    event_id: str
    event_type: str
    retries: int
    attempts: int
    body_id: int
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


async def has_others(connection: Connection) -> bool:
    """Whether another sender has a connection of this kind. Where the answer is late, a claim knows better."""
    return bool((await _rows(connection, _HAS_OTHERS, {}))[0][0])


_HAS_OTHERS: LiteralString = """
    SELECT count(*) > 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = current_setting('application_name')
"""


async def claim(
    connection: Connection, wanted: Iterable[Wanted], *, sender: int, shares: bool = False
) -> list[Claimed]:
    """Take deliveries that are due, the oldest of each subscription first; several senders never take the same.

    1. Whether a subscription gets anything is read here, not remembered: one that was paused a moment ago gets
       nothing any more, but what is sent by hand or replayed.
    2. What is sent by hand comes first, also while the breaker is open.
    3. A claim moves `due_at` behind the lease: if this sender dies on the next line, the delivery is due again then.
    4. Senders together never have more requests under way to an endpoint than its subscription allows: either one
       sender has all that is held of it, and keeps to that bound by itself, or all hold no more than that together.
       What others hold is counted under a lock, by a statement that begins once the lock is ours: one that takes it
       and counts would count what was there before.

    Args:
        shares: leave room for others, where there are any.
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
        "first": UUID(int=sender << 64),
        "last": UUID(int=sender << 64 | (1 << 64) - 1),
        "shares": shares,
    }
    # Without a pause of ours between the statements: a sender that is frozen here keeps nobody waiting.
    async with connection.cursor(binary=True) as cursor:
        async with connection.pipeline(), connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIMS_LOCK], prepare=True)
            await cursor.execute(_CLAIM, parameters, prepare=True)
        rows = await cursor.fetchall()
    # In the order of the events, as far as the order of claims goes.
    return sorted((Claimed(*(*row, token)) for row in rows), key=lambda each: each.id)


_CLAIM: LiteralString = """
    WITH wanted AS MATERIALIZED (
        SELECT s.id, s.xmin::text::bigint AS version, s.status = 'Active' AS is_active,
               s.breaker_until IS NULL OR asked.is_probe AS is_closed,
               CASE WHEN held.by_others = 0 AND NOT %(shares)s THEN asked.room
               ELSE greatest(0, least(asked.room, s.max_in_flight - held.by_all)) END AS room
        FROM unnest(%(ids)s::bigint[], %(rooms)s::int[], %(probes)s::bool[]) AS asked(id, room, is_probe)
        JOIN delivery_subscription s ON s.id = asked.id
        CROSS JOIN LATERAL (
            SELECT count(*) AS by_all,
                   count(*) FILTER (WHERE claim NOT BETWEEN %(first)s AND %(last)s) AS by_others
            FROM delivery_delivery
            WHERE subscription_id = s.id AND claim IS NOT NULL AND status = 'Pending' AND due_at > now()
        ) held
    ), forced AS MATERIALIZED (
        SELECT d.id, w.id AS subscription_id, w.version, w.room, 0 AS rank, d.due_at
        FROM wanted w CROSS JOIN LATERAL (
            SELECT id, due_at FROM delivery_delivery
            WHERE subscription_id = w.id AND status = 'Pending' AND is_forced AND due_at <= now()
            AND due_reason <= CASE WHEN w.is_closed AND NOT w.is_active THEN 'zzz' ELSE 'by_hand' END
            ORDER BY due_reason, due_at, id LIMIT w.room FOR UPDATE SKIP LOCKED
        ) d
    ), ordinary AS MATERIALIZED (
        SELECT d.id, w.id AS subscription_id, w.version, w.room, 1 AS rank, d.due_at
        FROM wanted w CROSS JOIN LATERAL (
            SELECT id, due_at FROM delivery_delivery
            WHERE subscription_id = w.id AND status = 'Pending' AND due_at <= now()
            ORDER BY due_at, id LIMIT w.room FOR UPDATE SKIP LOCKED
        ) d WHERE w.is_active AND w.is_closed
    ), due AS (
        SELECT id, version FROM (
            SELECT id, version, room,
                   row_number() OVER (PARTITION BY subscription_id ORDER BY min(rank), min(due_at), id) AS number
            FROM (SELECT * FROM forced UNION ALL SELECT * FROM ordinary) found
            GROUP BY subscription_id, id, version, room
        ) numbered WHERE number <= room
    )
    UPDATE delivery_delivery d
    SET claim = %(claim)s, due_at = now() + make_interval(secs => %(lease)s)
    FROM due, delivery_body b, events_event e
    WHERE d.id = due.id AND b.id = d.body_id AND e.id = d.event_id
    RETURNING d.id, d.subscription_id, due.version, e.event_id, d.event_type, d.retry_count,
              d.attempt_count, b.id, b.content
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
        "is_extra": isinstance(outcome, Again) and outcome.is_extra,
        "body_id": result.claimed.body_id,
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
            id bigint, claim uuid, body_id bigint, retries int, status text, seconds float8, reason text, is_extra bool,
            age float8, duration_ms int, status_code int, error_code text, error_message text, excerpt text,
            phases jsonb, headers jsonb)
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
            retry_count = d.retry_count + (r.status = 'Pending' AND NOT r.is_extra AND d.retry_count = r.retries)::int,
            delivered_at = CASE WHEN r.status = 'Delivered' THEN now() END
        FROM result r WHERE d.id = r.id AND d.claim = r.claim AND d.status = 'Pending'
        RETURNING d.tenant_id, d.id, d.attempt_count
    ), kept AS (
        INSERT INTO delivery_attempt
            (tenant_id, delivery_id, number, body_id, started_at, duration_ms, status_code, error_code, error_message,
             response_excerpt, phases, request_headers)
        SELECT s.tenant_id, s.id, s.attempt_count, r.body_id, now() - make_interval(secs => r.age), r.duration_ms,
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
    """After the database's clock was set back: what should be sent at once is due again, and no retry waits much
    longer than its pause was. Several senders may notice; what one mended, another leaves.

    The pause that a receiver asked for shows in the attempt before it: it is mended where it is shorter than the time
    by which the clock went back. A longer one may come later than asked for, by less than it is long, never sooner.
    """
    pauses = [seconds * (1 + JITTER) for seconds in SCHEDULE]
    await connection.execute(_MEND_TIMES, {"pauses": pauses})


_MEND_TIMES: LiteralString = """
    UPDATE delivery_delivery d SET due_at = least(d.due_at, now() + late.pause)
    FROM (
        SELECT id, CASE due_reason
            WHEN 'retry' THEN make_interval(secs => (%(pauses)s::float8[])[greatest(retry_count, 1)])
            WHEN 'retry_after' THEN (
                SELECT p.due_at - a.started_at FROM delivery_attempt a
                WHERE a.delivery_id = p.id AND a.number = p.attempt_count
                AND p.due_at - a.started_at BETWEEN interval '0' AND a.started_at - now()
            )
            ELSE interval '0' END AS pause
        FROM delivery_delivery p
        WHERE status = 'Pending' AND claim IS NULL AND due_at > now()
        ORDER BY id FOR UPDATE SKIP LOCKED
    ) late WHERE d.id = late.id AND late.pause IS NOT NULL
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
