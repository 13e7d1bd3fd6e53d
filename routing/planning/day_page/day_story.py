"""What there is on a day to plan: open targets, people, suggestions, and what is published, as plain data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Priority
from imports.models import Target, TargetStatus
from ordinavo_connect.clients.models import Tenant
from routing.planning.day_page.plan_shape import counted
from routing.planning.employees import shifts_on, zone_of
from routing.planning.models import (
    Employee,
    ExcludedTarget,
    RouteSuggestion,
    SuggestedStop,
    SuggestionStatus,
)
from routing.planning.requests import MOST_TARGETS, targets_of_day

# Rows of the choice of targets; who wants to choose among more, chooses in parts.
MOST_CHOICES = 300
RUNNING = (SuggestionStatus.QUEUED, SuggestionStatus.SOLVING)
# What is shown first of a day where nothing was asked for.
_FIRST = (
    SuggestionStatus.DRAFT,
    SuggestionStatus.SOLVING,
    SuggestionStatus.QUEUED,
    SuggestionStatus.FAILED,
)
_TONES = {
    SuggestionStatus.DRAFT: "oc-plain",
    SuggestionStatus.FAILED: "oc-bad",
    SuggestionStatus.PUBLISHED: "oc-good",
}


@dataclass(frozen=True)
class Choice:
    """Something that can be ticked: `detail` says what speaks for or against it."""

    id: int
    name: str
    detail: str


@dataclass(frozen=True)
class Day:
    """A day of the calendar, with the ways to others."""

    shown: date
    today: date

    @property
    def title(self) -> str:
        return date_format(self.shown, "l, j F Y")

    @property
    def links(self) -> dict[str, str]:
        """Dates as the address has them; `today` is blank where it is today."""
        return {
            "previous": (self.shown - timedelta(days=1)).isoformat(),
            "next": (self.shown + timedelta(days=1)).isoformat(),
            "today": "" if self.shown == self.today else self.today.isoformat(),
            "this": self.shown.isoformat(),
        }


def open_targets(tenant: Tenant, day: date) -> list[Choice]:
    """The open targets of a day, as a request with a date alone takes them; one more than is planned at once."""
    rows = targets_of_day(Target.objects.filter(tenant=tenant), day, tenant=tenant)
    return _choices(rows.order_by("pk")[: MOST_TARGETS + 1])


@dataclass(frozen=True)
class NextDay:
    """The first day after this one that has open targets of its own."""

    day: date
    count: int

    @property
    def link(self) -> str:
        return f"?date={self.day.isoformat()}"


def next_day(tenant: Tenant, day: date) -> NextDay | None:
    """Where the next open targets are that name a day: one statement."""
    rows = Target.objects.filter(tenant=tenant, status=TargetStatus.OPEN, route_date__gt=day)
    found = rows.values("route_date").annotate(n=Count("id")).order_by("route_date").first()
    return NextDay(found["route_date"], found["n"]) if found and found["route_date"] else None


def undated_targets(tenant: Tenant) -> list[Choice]:
    """Open targets that belong to no day, the oldest first."""
    rows = Target.objects.filter(tenant=tenant, status=TargetStatus.OPEN, route_date=None, window_start=None)
    rows = rows.filter(window_end=None, due_date=None, due_at=None)
    return _choices(rows.order_by("pk")[:MOST_CHOICES])


def _choices(targets: QuerySet[Target]) -> list[Choice]:
    rows = targets.select_related("customer", "location", "tenant")
    return [
        Choice(row.pk, row.title, " · ".join(filter(None, (_customer(row), _priority(row))))) for row in rows
    ]


def _customer(target: Target) -> str:
    return str(target.customer.name) if target.customer else ""


def _priority(target: Target) -> str:
    return str(Priority(target.effective_priority).label)


def people_of(tenant: Tenant, day: date) -> list[Choice]:
    """Everybody who may be planned, and whether they work: three statements."""
    employees = list(Employee.objects.filter(tenant=tenant, is_active=True).order_by("name", "pk"))
    days = shifts_on(employees, day, zone=zone_of(tenant))
    return [Choice(row.pk, row.name, _availability(days[row.pk])) for row in employees]


def _availability(working: Any) -> str:
    if working.shift is None:
        return str(working.absence)
    return f"{working.shift.starts_at:%H:%M}–{working.shift.ends_at:%H:%M}"


def suggestions_of(tenant: Tenant, day: date) -> list[RouteSuggestion]:
    """Those of the day that were not discarded, the newest first, with `planned` and `left` counted. One statement."""
    rows = RouteSuggestion.objects.filter(tenant=tenant, date=day).exclude(status=SuggestionStatus.DISCARDED)
    return list(
        rows.annotate(planned=_count(SuggestedStop), left=_count(ExcludedTarget))
        .select_related("tenant", "requested_by", "client", "published_by")
        .order_by("-pk")
    )


def _count(model: Any) -> Coalesce:
    counted = model.objects.filter(suggestion=OuterRef("pk")).order_by().values("suggestion")
    return Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0)


def first_of(suggestions: Iterable[RouteSuggestion]) -> RouteSuggestion | None:
    """What is shown where nobody asked for one: the newest draft, else what becomes one."""
    ranked = sorted(
        (row for row in suggestions if row.status in _FIRST),
        key=lambda row: _FIRST.index(SuggestionStatus(row.status)),
    )
    return ranked[0] if ranked else None


def entry_of(suggestion: Any) -> dict[str, Any]:
    """A suggestion as the list of the day shows it."""
    status = SuggestionStatus(suggestion.status)
    asked = len(suggestion.target_ids)
    asked_for = ngettext("%(n)d target", "%(n)d targets", asked) % {"n": asked}
    return {
        "id": suggestion.pk,
        "status": status.label,
        "tone": _TONES.get(status, "oc-warn"),
        "text": asked_for
        if status in (*RUNNING, SuggestionStatus.FAILED)
        else counted(suggestion.planned, asked),
        "who": str(suggestion.requested_by or suggestion.client or ""),
        "at": suggestion.created_at,
    }


def progress_of(suggestion: RouteSuggestion) -> dict[str, Any]:
    """How far the making of a plan is, as its bar shows it."""
    is_running = suggestion.status in RUNNING
    if suggestion.status == SuggestionStatus.QUEUED:
        says = _("Waits for a worker …")
    elif is_running:
        says = _("%(percent)d %% – looking for the best plan …") % {"percent": suggestion.progress * 100}
    else:
        says = _("Done.")
    return {"isRunning": is_running, "progress": suggestion.progress, "says": says}
