"""Asking for route suggestions: what is to be planned, on which day, by whom (API contract, Route suggestions)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from imports.models import ImportItem, ImportJob, JobStatus, Target, TargetStatus
from ordinavo_connect.api.correlation import correlation_id
from ordinavo_connect.api.waking import wake
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.planning.employees import next_working_day, today, zone_of
from routing.planning.models import Employee, RouteSuggestion, SuggestionStatus
from routing.planning.refusals import Refused
from routing.planning.tasks import solve

# A day of targets for a large company; bounds the travel matrix, which grows with the square.
MOST_TARGETS = 1000
DEFAULT_SECONDS = 10
# Ids beyond belong to nothing, and the database cannot even be asked.
_IDS = range(1, 2**63)


@dataclass(frozen=True)
class Selection:
    """What is to be planned: exactly one of the first two with or without a date, or a date alone.

    Args:
        target_ids: in the order in which they were asked for.
    """

    import_job_id: int | None = None
    target_ids: Sequence[int] | None = None
    day: date | None = None


class UnknownEmployees(Exception):
    """Employees who are not there or not active, by their positions in the request."""

    def __init__(self, indexes: Sequence[int]) -> None:
        super().__init__(f"unknown employees at {indexes}")
        self.indexes = indexes


class UnknownTargets(Exception):
    """Targets that are not there for whoever asks, by their positions in the request, with their ids."""

    def __init__(self, ids: Sequence[tuple[int, int]]) -> None:
        super().__init__(f"unknown targets: {ids}")
        self.ids = ids


class UnknownImportJob(Exception):
    """An import job that is not there for whoever asks."""


class NotPlannable(Exception):
    """A selection that is known and cannot be planned. `code` and `message` are those of a field error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@transaction.atomic
def request_suggestion(
    tenant: Tenant,
    *,
    selection: Selection,
    now: datetime,
    employee_ids: Sequence[int] | None = None,
    time_limit_seconds: int | None = None,
    client: IntegrationClient | None = None,
    by: User | None = None,
) -> RouteSuggestion:
    """Ask for a plan; a worker is woken once the transaction commits.

    Args:
        client: asks for its own source system's targets; without one, staff ask for those of all.

    Raises:
        UnknownEmployees, UnknownTargets, UnknownImportJob, NotPlannable: nothing was asked for.
    """
    _require_employees(tenant, employee_ids or ())
    own = Target.objects.filter(tenant=tenant)
    if client is not None:
        own = own.filter(source_system=client.source_system)
    targets = _selected(own, selection, tenant=tenant, client=client)
    suggestion = RouteSuggestion.objects.create(
        tenant=tenant,
        client=client,
        source_system=_source_system(targets, client),
        requested_by=by,
        date=selection.day or _day(tenant, targets, employee_ids, now=now),
        import_job_id=selection.import_job_id,
        target_ids=[target.pk for target in targets],
        employee_ids=list(dict.fromkeys(employee_ids)) if employee_ids else None,
        time_limit_seconds=time_limit_seconds or DEFAULT_SECONDS,
        correlation_id=correlation_id(),
        created_at=now,
    )
    wake(solve, suggestion.pk)
    return suggestion


@transaction.atomic
def solve_again(suggestion: RouteSuggestion, *, version: int, time_limit_seconds: int | None = None) -> None:
    """Have a draft solved once more, around what is pinned and without what was left out.

    Raises:
        Refused: `changed_meanwhile` where it is no draft any more, or not the version that was looked at.
    """
    asked = RouteSuggestion.objects.filter(
        pk=suggestion.pk, status=SuggestionStatus.DRAFT, version=version
    ).update(
        status=SuggestionStatus.QUEUED,
        progress=0,
        error="",
        times_claimed=0,
        is_stop_requested=False,
        time_limit_seconds=time_limit_seconds or F("time_limit_seconds"),
    )
    if not asked:
        message = _("Somebody changed this plan in the meantime: look at it again, then solve it.")
        raise Refused("changed_meanwhile", message)
    wake(solve, suggestion.pk)


def stop_solving(suggestion: RouteSuggestion) -> bool:
    """Ask the worker to stop: the best plan so far becomes the draft. False: nothing is being solved."""
    solved_now = RouteSuggestion.objects.filter(
        pk=suggestion.pk, status__in=[SuggestionStatus.QUEUED, SuggestionStatus.SOLVING]
    )
    return bool(solved_now.update(is_stop_requested=True))


def targets_of_day(targets: QuerySet[Target], day: date, *, tenant: Tenant) -> QuerySet[Target]:
    """The open targets of a day: with that `routeDate`, or without one but with a window or due on that day."""
    zone = zone_of(tenant)
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    within = {"gte": start, "lt": end}
    window = (
        Q(window_start__lt=end, window_end__gt=start)
        | (Q(window_end__isnull=True) & _all("window_start", within))
        | (Q(window_start__isnull=True) & _all("window_end", within))
    )
    undated = Q(route_date__isnull=True) & (window | Q(due_date=day) | _all("due_at", within))
    return targets.filter(Q(route_date=day) | undated, status=TargetStatus.OPEN)


def _all(field: str, lookups: dict[str, datetime]) -> Q:
    return Q(**{f"{field}__{lookup}": value for lookup, value in lookups.items()})


def _require_employees(tenant: Tenant, employee_ids: Sequence[int]) -> None:
    if not employee_ids:
        return
    asked = [pk for pk in employee_ids if pk in _IDS]
    known = set(
        Employee.objects.filter(tenant=tenant, is_active=True, pk__in=asked).values_list("pk", flat=True)
    )
    if unknown := [index for index, pk in enumerate(employee_ids) if pk not in known]:
        raise UnknownEmployees(unknown)


def _selected(
    own: QuerySet[Target], selection: Selection, *, tenant: Tenant, client: IntegrationClient | None
) -> list[Target]:
    if selection.target_ids is not None:
        return _named(own, selection.target_ids)
    if selection.import_job_id is not None:
        rows = own.filter(pk__in=_of_job(selection.import_job_id, tenant=tenant, client=client))
    else:
        assert selection.day is not None  # noqa: S101 (what a selection is)
        rows = targets_of_day(own, selection.day, tenant=tenant)
    found = list(rows.order_by("pk")[: MOST_TARGETS + 1])
    if len(found) > MOST_TARGETS:
        text = _("More than %(most)s targets: ask for them in parts, by their ids.")
        raise NotPlannable("too_many", text % {"most": f"{MOST_TARGETS:,}"})
    return found


def _named(own: QuerySet[Target], ids: Sequence[int]) -> list[Target]:
    found = {target.pk: target for target in own.filter(pk__in=[pk for pk in ids if pk in _IDS])}
    if unknown := [(index, pk) for index, pk in enumerate(ids) if pk not in found]:
        raise UnknownTargets(unknown)
    return [found[pk] for pk in dict.fromkeys(ids)]


def _of_job(job_id: int, *, tenant: Tenant, client: IntegrationClient | None) -> QuerySet[Any, Any]:
    """The targets that the items of an import job made, changed or left alone."""
    jobs = ImportJob.objects.filter(tenant=tenant, pk=job_id) if job_id in _IDS else ImportJob.objects.none()
    if client is not None:
        jobs = jobs.filter(source_system=client.source_system)
    job = jobs.first()
    if job is None:
        raise UnknownImportJob
    if job.completed_at is None and job.status in (JobStatus.ACCEPTED, JobStatus.PROCESSING):
        text = _("The import job is still under way: ask again when its status is Completed.")
        raise NotPlannable("not_completed", text)
    return ImportItem.objects.filter(job=job, target__isnull=False).values("target")


def _source_system(targets: Iterable[Target], client: IntegrationClient | None) -> str:
    """Whose suggestion it is: the client's own, else that of all its targets, else nobody's."""
    if client is not None:
        return client.source_system
    systems = {target.source_system for target in targets}
    return systems.pop() if len(systems) == 1 else ""


def _day(
    tenant: Tenant, targets: Iterable[Target], employee_ids: Collection[int] | None, *, now: datetime
) -> date:
    """The one `routeDate` that the targets have, as far as they have one, else the next working day."""
    days = {target.route_date for target in targets if target.route_date}
    if len(days) == 1:
        return days.pop()
    return next_working_day(tenant, after=today(tenant, now=now), employee_ids=employee_ids)
