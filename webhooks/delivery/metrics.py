"""Figures of webhooks for Prometheus, read from the database at the moment of asking: they hold for all senders.

A count over what waits is an index-only scan of the deliveries that wait, and the attempts are those of five
minutes, by an index on their time.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from webhooks.delivery.models import NoticeKind

MINUTES = 5
_ENDPOINT = ["tenant", "subscription"]


class WebhookCollector(Collector):
    """What is asked with each scrape; nothing is kept between two."""

    def collect(self) -> Iterator[Metric]:
        yield from _endpoints()
        yield _attempts()
        yield _notices()
        yield _events()


def _endpoints() -> Iterator[Metric]:
    rows = _rows(
        """
        SELECT t.slug, s.id, s.status = 'Active', s.breaker_opened_at IS NOT NULL, coalesce(w.waiting, 0),
               greatest(coalesce(extract(epoch FROM now() - w.first_due), 0), 0)
        FROM delivery_subscription s JOIN clients_tenant t ON t.id = s.tenant_id
        LEFT JOIN (
            SELECT subscription_id, count(*) AS waiting, min(due_at) AS first_due
            FROM delivery_delivery WHERE status = 'Pending' GROUP BY subscription_id
        ) w ON w.subscription_id = s.id ORDER BY s.id
        """
    )
    active = _gauge("subscription_active", "1 while it is Active; 0: Paused or Disabled.", _ENDPOINT)
    breaker = _gauge("breaker_open", "1 while its breaker holds deliveries back.", _ENDPOINT)
    waiting = _gauge("deliveries_waiting", "Deliveries that wait, retries due later included.", _ENDPOINT)
    overdue = _gauge("delivery_overdue_seconds", "For how long the first delivery has been due.", _ENDPOINT)
    for slug, subscription_id, is_active, is_open, count, seconds in rows:
        labels = [slug, str(subscription_id)]
        active.add_metric(labels, float(is_active))
        breaker.add_metric(labels, float(is_open))
        waiting.add_metric(labels, count)
        overdue.add_metric(labels, float(seconds))
    yield from (active, breaker, waiting, overdue)


def _attempts() -> Metric:
    """By what came back: delivered, refused (another status than 2xx), or no_answer."""
    rows = _rows(
        """
        SELECT CASE WHEN status_code BETWEEN 200 AND 299 THEN 'delivered'
                    WHEN status_code IS NOT NULL THEN 'refused' ELSE 'no_answer' END, count(*)
        FROM delivery_attempt WHERE started_at > now() - make_interval(mins => %s) GROUP BY 1
        """,
        [MINUTES],
    )
    found = dict(rows)
    gauge = _gauge("attempts", f"Attempts of the last {MINUTES} minutes, by outcome.", ["outcome"])
    for outcome in ("delivered", "refused", "no_answer"):
        gauge.add_metric([outcome], found.get(outcome, 0))
    return gauge


def _notices() -> Metric:
    found = dict(_rows("SELECT kind, count(*) FROM delivery_notice WHERE ended_at IS NULL GROUP BY kind"))
    gauge = _gauge("notices_open", "Notices of operators that are open, by kind.", ["kind"])
    for kind in NoticeKind.values:
        gauge.add_metric([kind], found.get(kind, 0))
    return gauge


def _events() -> Metric:
    ((count,),) = _rows("SELECT count(*) FROM events_event WHERE position IS NULL")
    gauge = _gauge("events_waiting", "Events that no sender has fanned out yet.", [])
    gauge.add_metric([], count)
    return gauge


def _gauge(name: str, text: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"ordinavo_webhook_{name}", text, labels=labels)


def _rows(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
