"""Figures of endpoints: how attempts went, how fast, and what waits. Each reads a bounded number of rows.

All walk the newest deliveries of a subscription by an index, so a million others cost nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from webhooks.delivery.models import Delivery, DeliveryStatus

HOURS = 24
# Of each subscription so many of the newest deliveries are looked at: on its own page, and in a list.
LOOKED_AT, LOOKED_AT_IN_LIST = 20_000, 500
# Counted so far and no further.
MOST_WAITING = 10_000
STRIP = 100


@dataclass(frozen=True, slots=True)
class Hour:
    """Attempts that began within an hour. `p95_ms` is of all of them."""

    at: datetime
    delivered: int
    failed: int
    p95_ms: int

    @property
    def total(self) -> int:
        return self.delivered + self.failed


@dataclass(frozen=True, slots=True)
class Traffic:
    """Attempts of the last 24 hours; `hours` are those in which there were any."""

    delivered: int = 0
    failed: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    hours: tuple[Hour, ...] = ()

    @property
    def total(self) -> int:
        return self.delivered + self.failed

    @property
    def success(self) -> float | None:
        """In percent; None where nothing was sent."""
        return 100 * self.delivered / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: how many (at most MOST_WAITING), since when the oldest, and when the next is due."""

    count: int = 0
    oldest: datetime | None = None
    next_due: datetime | None = None


def traffic(subscription_ids: Collection[int], *, deliveries: int = LOOKED_AT) -> dict[int, Traffic]:
    """How attempts of the last 24 hours went, by subscription.

    Args:
        deliveries: so many of the newest of each are looked at.
    """
    rows = _rows(
        """
        WITH newest AS MATERIALIZED (
            SELECT s.id AS subscription_id, d.id FROM unnest(%(ids)s::bigint[]) AS s(id) CROSS JOIN LATERAL (
                SELECT id FROM delivery_delivery WHERE subscription_id = s.id ORDER BY id DESC LIMIT %(deliveries)s
            ) d
        )
        SELECT n.subscription_id, date_trunc('hour', a.started_at) AS hour,
               count(*) FILTER (WHERE a.status_code BETWEEN 200 AND 299),
               count(*) FILTER (WHERE a.status_code IS NULL OR a.status_code NOT BETWEEN 200 AND 299),
               percentile_disc(0.5) WITHIN GROUP (ORDER BY a.duration_ms),
               percentile_disc(0.95) WITHIN GROUP (ORDER BY a.duration_ms)
        FROM newest n JOIN delivery_attempt a ON a.delivery_id = n.id
        WHERE a.started_at > %(since)s
        GROUP BY GROUPING SETS ((n.subscription_id), (n.subscription_id, hour))
        ORDER BY 1, 2
        """,
        {
            "ids": list(subscription_ids),
            "deliveries": deliveries,
            "since": timezone.now() - timedelta(hours=HOURS),
        },
    )
    hours: dict[int, list[Hour]] = {}
    totals: dict[int, tuple[int, int, int, int]] = {}
    for subscription_id, hour, delivered, failed, p50, p95 in rows:
        if hour is None:
            totals[subscription_id] = (delivered, failed, p50, p95)
        else:
            hours.setdefault(subscription_id, []).append(Hour(hour, delivered, failed, p95))
    return {each: Traffic(*totals[each], tuple(hours.get(each, ()))) for each in totals}


def backlogs(subscription_ids: Collection[int]) -> dict[int, Backlog]:
    """What waits of each subscription, retries that are due later included."""
    rows = _rows(
        """
        SELECT s.id, b.waiting, b.oldest, b.next_due FROM unnest(%(ids)s::bigint[]) AS s(id) CROSS JOIN LATERAL (
            SELECT count(*) AS waiting, min(created_at) AS oldest, min(due_at) AS next_due FROM (
                SELECT created_at, due_at FROM delivery_delivery
                WHERE subscription_id = s.id AND status = 'Pending' ORDER BY due_at, id LIMIT %(most)s
            ) w
        ) b
        """,
        {"ids": list(subscription_ids), "most": MOST_WAITING},
    )
    return {subscription_id: Backlog(*backlog) for subscription_id, *backlog in rows}


def newest(subscription_id: int) -> list[Delivery]:
    """The last deliveries of a subscription, the oldest of them first."""
    rows = Delivery.objects.filter(subscription_id=subscription_id).order_by("-id")[:STRIP]
    return list(reversed(rows))


def failed_deliveries(tenant_id: int, *, most: int = 1000) -> int:
    """Deliveries of the last 24 hours that were given up; at most `most`, of the newest LOOKED_AT of the tenant."""
    since = timezone.now() - timedelta(hours=HOURS)
    looked_at = Delivery.objects.filter(tenant_id=tenant_id).order_by("-id").values("id")[:LOOKED_AT]
    failed = Delivery.objects.filter(pk__in=looked_at, status=DeliveryStatus.FAILED, created_at__gte=since)
    return failed[:most].count()


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
