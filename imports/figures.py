"""Figures of the import log: of one client for its page, and of a tenant for the home page.

All of them count rows that an index finds, of a bounded time.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import MappingReview, ReviewStatus
from imports.models import ImportJob
from ordinavo_connect.clients.figures import Figure
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Tenant

A_DAY = timedelta(hours=24)
# What ends within this time is said in advance: enough to make a key and roll it out.
KEY_NOTICE = timedelta(days=14)
CHART_DAYS = 14
OUTCOMES = ("created_items", "updated_items", "unchanged_items", "cancelled_items", "rejected_items")


def last_day_of(client: IntegrationClient) -> list[Figure]:
    """The four figures of a client: its imports, what they made, what waits, and what was rejected.

    Refused requests leave no row that could be counted; the log of requests has them.
    """
    since = timezone.now() - A_DAY
    jobs = ImportJob.objects.filter(client=client, created_at__gte=since)
    sums = jobs.aggregate(
        imports=Count("pk"),
        created=Sum("created_items"),
        updated=Sum("updated_items"),
        failed=Sum("rejected_items"),
    )
    waiting = MappingReview.objects.filter(
        tenant_id=client.tenant_id, client=client, status=ReviewStatus.OPEN
    )
    jobs_of_client = f"{reverse('admin:imports_importjob_changelist')}?{_of_client_since(client, since)}"
    reviews_of_client = f"{reverse('admin:customers_mappingreview_changelist')}?client__id__exact={client.pk}"
    return [
        Figure(_("Imports, 24 h"), sums["imports"], jobs_of_client),
        Figure(
            *(_("Imported or updated, 24 h"), (sums["created"] or 0) + (sums["updated"] or 0)),
            link=jobs_of_client,
        ),
        Figure(_("To review"), waiting.count(), reviews_of_client),
        Figure(_("Items rejected, 24 h"), sums["failed"] or 0, f"{jobs_of_client}&rejected_items__gt=0"),
    ]


def _of_client_since(client: IntegrationClient, since: datetime) -> str:
    """The filters of the list of jobs, in the zone of the tenant."""
    local = since.astimezone(ZoneInfo(client.tenant.time_zone))
    return urlencode(
        {
            "client__id__exact": client.pk,
            "created_at_from_0": local.strftime("%Y-%m-%d"),
            "created_at_from_1": local.strftime("%H:%M:%S"),
        }
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and since when the oldest does."""

    count: int
    oldest: datetime | None = None


def open_reviews(tenant: Tenant) -> Waiting:
    found = MappingReview.objects.filter(tenant=tenant, status=ReviewStatus.OPEN).aggregate(
        count=Count("pk"), oldest=Min("opened_at")
    )
    return Waiting(found["count"], found["oldest"])


def rejected_items(tenant: Tenant) -> Waiting:
    """Items that were rejected in the last 24 hours."""
    jobs = ImportJob.objects.filter(
        tenant=tenant, created_at__gte=timezone.now() - A_DAY, rejected_items__gt=0
    )
    found = jobs.aggregate(count=Sum("rejected_items"), oldest=Min("created_at"))
    return Waiting(found["count"] or 0, found["oldest"])


def ending_keys(tenant: Tenant) -> list[ApiKey]:
    """Keys that work today and end soon, without one that replaces them, the first to end first."""
    now = timezone.now()
    rows = ApiKey.objects.filter(
        tenant=tenant, revoked_at=None, replaced_by=None, expires_at__gt=now, expires_at__lte=now + KEY_NOTICE
    )
    return list(rows.filter(client__is_active=True).select_related("client").order_by("expires_at"))


@dataclass(frozen=True, slots=True)
class Day:
    """What was imported on one day of the tenant's calendar, by the columns of `OUTCOMES`."""

    day: date
    jobs: int
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def imports_by_day(tenant: Tenant) -> list[Day]:
    """The last days, the oldest first; those without an import too. Days are those of the active time zone."""
    today = timezone.localdate()
    first = today - timedelta(days=CHART_DAYS - 1)
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    rows = (
        ImportJob.objects.filter(tenant=tenant, created_at__gte=start)
        .order_by()
        .values(day=TruncDate("created_at"))
        .annotate(jobs=Count("pk"), **{f"n_{name}": Sum(name) for name in OUTCOMES})
    )
    found: dict[date, Any] = {row["day"]: row for row in rows}
    return [_day(first + timedelta(days=offset), found) for offset in range(CHART_DAYS)]


def _day(day: date, found: dict[date, Any]) -> Day:
    row: dict[str, Any] = found.get(day) or defaultdict(int)
    return Day(day, row["jobs"], {name: row[f"n_{name}"] for name in OUTCOMES})
