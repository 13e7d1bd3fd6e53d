"""10,000 events to 10 receivers, one of which never answers; and how soon one arrives at 100 events a second."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from ordinavo_connect.clients.models import Tenant
from ordinavo_connect.running.steps import say
from tests.benchmarks.figures import RUNS, Figure, percentile
from tests.benchmarks.processor import Usage
from tests.benchmarks.registry import analyse
from tests.benchmarks.webhook_receivers import Taken
from tests.benchmarks.webhook_scene import (
    A_TRANSACTION,
    HANGING,
    HEALTHY,
    Receivers,
    happen,
    receivers,
    senders,
    subscribed,
)
from tests.benchmarks.workplace import Workplace
from webhooks.delivery import claims
from webhooks.delivery.claims import Wanted
from webhooks.delivery.connections import connect
from webhooks.delivery.models import Subscription
from webhooks.events.models import Event

EVENTS = 10_000
WARM_UP_EVENTS = 1_000
RECEIVERS = 10
GOAL_PER_SECOND = 2_000
EVENTS_A_SECOND = 100
LATENCY_SECONDS = 20
GOAL_P95_MILLISECONDS = 50
GOAL_MEMORY_MIB = 200
GOAL_BYTES = 3_000
MANY_ENDPOINTS, MANY_HANGING, MANY_EVENTS = 1_000, 100, 20
GOAL_OF_FEW = 0.5
FEW, BACKLOG = 1_000, 1_000_000
GOAL_FLAT = 2.0


def run(work: Workplace) -> list[Figure]:
    """A warm-up, then the median of three; the rest once."""
    with receivers() as ours:
        rates = [_burst(work, ours, number) for number in range(RUNS + 1)]
        latencies = _latencies(ours)
        many = _many_endpoints(ours, statistics.median(each.per_second for each in rates[1:]))
    return [*_rate_figures(rates[1:]), *_latency_figures(latencies), many, _memory(work), _backlog()]


class Burst:
    """What one run of many events took."""

    def __init__(self, usage: Usage, seconds: float, taken: Taken, bytes_each: float) -> None:
        self.usage, self.per_second, self.bytes_each = usage, len(taken) / seconds, bytes_each
        self.milliseconds = usage.product / len(taken) * 1e6
        self.repeated = len(taken) - len({(path, event) for path, event, _ in taken})


def _burst(work: Workplace, to: Receivers, number: int) -> Burst:
    say(f"webhook_delivery: run {number} of {RUNS} …" if number else "webhook_delivery: warming up …")
    events = EVENTS if number else WARM_UP_EVENTS
    with _ten(to) as tenant:
        before, usage, start = _stored_bytes(), Usage(work.product.pid), time.monotonic()
        for first in range(0, events, A_TRANSACTION):
            happen(tenant, first, A_TRANSACTION)
        taken = to.await_healthy(events * (RECEIVERS - 1))
        seconds = max(at for _, _, at in taken) - start
        return Burst(usage.stop(), seconds, taken, (_stored_bytes() - before) / (events * RECEIVERS))


@contextmanager
def _ten(to: Receivers) -> Iterator[Tenant]:
    """Nine receivers that answer, and one that does not."""
    with _listening(to, [f"{HEALTHY}/{n}" for n in range(RECEIVERS - 1)] + [HANGING]) as tenant:
        yield tenant


@contextmanager
def _listening(to: Receivers, paths: Sequence[str]) -> Iterator[Tenant]:
    """Subscriptions whose tests have arrived, and are forgotten."""
    to.look()
    to.taken.clear()
    with subscribed([to.url(path) for path in paths]) as tenant:
        to.await_healthy(sum(path.startswith(HEALTHY) for path in paths))
        to.taken.clear()
        yield tenant


def _stored_bytes() -> int:
    tables = ("delivery_body", "delivery_delivery", "delivery_attempt")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t", [list(tables)]
        )
        return int(cursor.fetchone()[0])


def _rate_figures(bursts: Sequence[Burst]) -> list[Figure]:
    rate = statistics.median(each.per_second for each in bursts)
    milliseconds = statistics.median(each.milliseconds for each in bursts)
    foreign = statistics.median(each.usage.foreign for each in bursts)
    stored = statistics.median(each.bytes_each for each in bursts)
    return [
        Figure(
            *("webhook_delivery", rate, "/s", GOAL_PER_SECOND),
            compared=(
                f"{EVENTS:,} events to {RECEIVERS - 1} receivers while a tenth hangs; {milliseconds:.0f} ms of "
                f"processor time for 1,000, {sum(each.repeated for each in bursts)} sent twice; {foreign:.0%} of "
                "the machine went to other programs"
            ),
            parts={"processorMsPerThousand": round(milliseconds), "foreignLoad": round(foreign, 3)},
        ),
        Figure(
            *("webhook_delivery.bytes", stored, "B", GOAL_BYTES, True),
            compared="of the database for each delivery, its body shared by ten, with its attempt and all indexes",
        ),
    ]


# Latency


def _latencies(to: Receivers) -> list[float]:
    """Milliseconds from the commit of an event to each receipt, at an even pace."""
    say(f"webhook_delivery: {EVENTS_A_SECOND} events a second for {LATENCY_SECONDS} s …")
    count = EVENTS_A_SECOND * LATENCY_SECONDS
    with _ten(to) as tenant:
        committed, start = {}, time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, start + number / EVENTS_A_SECOND - time.monotonic()))
            happen(tenant, number, 1)
            committed[number] = time.monotonic()
        taken = to.await_healthy(count * (RECEIVERS - 1))
        numbers = dict(
            Event.objects.filter(tenant=tenant)
            .order_by("-id")[:count]
            .values_list("event_id", "facts__target__id")
        )
    # Ids come in lower case, as the receivers read heads.
    by_id = {event.lower(): number for event, number in numbers.items()}
    return [(at - committed[by_id[event]]) * 1000 for _, event, at in taken]


def _latency_figures(latencies: Sequence[float]) -> list[Figure]:
    p50, p95, p99 = (percentile(latencies, percent) for percent in (50, 95, 99))
    return [
        Figure(
            *("webhook_delivery.latency", p95, "ms", GOAL_P95_MILLISECONDS, True),
            compared=f"p95 from commit to receipt at {EVENTS_A_SECOND} events/s; p50 {p50:.1f}, p99 {p99:.1f} ms",
            parts={"p50Ms": round(p50, 1), "p95Ms": round(p95, 1), "p99Ms": round(p99, 1)},
        )
    ]


# Many endpoints, and a long row


def _many_endpoints(to: Receivers, burst: float) -> Figure:
    say(f"webhook_delivery: {MANY_ENDPOINTS:,} endpoints, of which {MANY_HANGING} hang …")
    healthy = MANY_ENDPOINTS - MANY_HANGING
    paths = [f"{HEALTHY}/{n}" for n in range(healthy)] + [f"{HANGING}/{n}" for n in range(MANY_HANGING)]
    with _listening(to, paths) as tenant:
        start = time.monotonic()
        happen(tenant, 0, MANY_EVENTS)
        taken = to.await_healthy(healthy * MANY_EVENTS)
        rate = len(taken) / (max(at for _, _, at in taken) - start)
    return Figure(
        *("webhook_delivery.endpoints", rate / burst, "×", GOAL_OF_FEW),
        compared=(
            f"{MANY_EVENTS} events to {MANY_ENDPOINTS:,} endpoints of which {MANY_HANGING} hang: {rate:,.0f}/s on the "
            f"{healthy} that answer; with {RECEIVERS} endpoints {burst:,.0f}/s"
        ),
    )


def _memory(work: Workplace) -> Figure:
    """The most that the sender ever took in these runs."""
    peaks = []
    for pid in senders(work.product.pid):
        status = Path(f"/proc/{pid}/status").read_text()
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
    return Figure(
        *("webhook_delivery.memory", max(peaks), "MiB", GOAL_MEMORY_MIB, True),
        compared="the most that the sender took in all these runs",
    )


def _backlog() -> Figure:
    """The time of a claim where a few deliveries wait, and where a million do."""
    say(f"webhook_delivery: a claim with {BACKLOG:,} deliveries waiting …")
    with subscribed(["http://127.0.0.1:9/"]) as tenant:
        subscription = Subscription.objects.get(tenant=tenant)
        # So that the sender leaves it alone; each measured claim sees it as active.
        Subscription.objects.filter(pk=subscription.pk).update(status="Paused")
        times = []
        for waiting in (FEW, BACKLOG):
            _wait(subscription, waiting)
            analyse()
            times.append(asyncio.run(_claim_milliseconds(subscription.pk)))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM delivery_delivery WHERE event_type = 'bench.backlog'")
            cursor.execute("DELETE FROM events_event WHERE type = 'bench.backlog'")
    return Figure(
        *("webhook_delivery.backlog", times[1] / times[0], "×", GOAL_FLAT, True),
        compared=f"a claim of 20 of {BACKLOG:,} waiting: {times[1]:.2f} ms; of {FEW:,}: {times[0]:.2f} ms",
        parts={"fewMs": round(times[0], 3), "backlogMs": round(times[1], 3)},
    )


def _wait(subscription: Subscription, count: int) -> None:
    """So many deliveries that are due, all of one body."""
    parameters = {"tenant": subscription.tenant_id, "subscription": subscription.pk, "count": count}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH happened AS (
                INSERT INTO events_event
                    (tenant_id, event_id, type, source_system, position, occurred_at, facts, created_at)
                SELECT %(tenant)s, 'evt_' || gen_random_uuid(), 'bench.backlog', '', 1, now(), '{}', now()
                FROM generate_series(1, %(count)s) RETURNING id
            )
            INSERT INTO delivery_delivery
                (tenant_id, subscription_id, event_id, body_id, event_type, status, attempt_count, retry_count,
                 due_at, due_reason, is_forced, created_at)
            SELECT %(tenant)s, %(subscription)s, happened.id, body.id, 'bench.backlog', 'Pending', 0, 0,
                   now(), 'first', false, now()
            FROM happened, (SELECT max(id) AS id FROM delivery_body) body
            """,
            parameters,
        )


async def _claim_milliseconds(subscription_id: int) -> float:
    """Each claim is rolled back, so that all see the same row."""
    times = []
    async with await connect("benchmark") as database:
        for _ in range(60):
            async with database.transaction(force_rollback=True):
                await database.execute(
                    "UPDATE delivery_subscription SET status = 'Active' WHERE id = %s", [subscription_id]
                )
                start = time.perf_counter()
                claimed = await claims.claim(database, [Wanted(subscription_id, 20)], sender=1)
                times.append((time.perf_counter() - start) * 1000)
                assert len(claimed) == 20
    return statistics.median(times[10:])
