"""Publishing: a suggestion becomes routes and appointments, all of it or nothing.

What was true when the plan was made may not be true any more: a target was cancelled or planned by somebody else, an
employee got other appointments. So the plan is checked as it stands (without a transaction, since a map service may
be asked), and in the transaction, under locks, only whether anything changed since that check.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.appointments import locked_targets, show_appointments
from imports.models import Target, TargetStatus
from ordinavo_connect.clients.models import User
from routing.planning.appointment_sweep import cancel_orphans_of
from routing.planning.day_check import Check, check_suggestion, commitments_of
from routing.planning.events import APPOINTMENT_SCHEDULED, ROUTE_PUBLISHED, TARGET_SCHEDULED
from routing.planning.facts import appointment_facts, route_facts, shown_on_target
from routing.planning.models import (
    LIVE,
    Appointment,
    Employee,
    Route,
    RouteSuggestion,
    SuggestedStop,
    SuggestionStatus,
)
from routing.planning.refusals import Refused
from routing.planning.telling import emit_by_source
from webhooks.events.outbox import Fact

# How often a plan is checked anew where others keep changing what it rests on.
TRIES = 3
# Reasons that a refusal names one by one.
MOST_REASONS = 20


class _OutOfDate(Exception):
    """A plan has to be checked anew; what this try did is taken back."""


@dataclass(frozen=True)
class Preview:
    """What publishing would do."""

    appointments: int
    people: int
    open_targets: int

    @property
    def sentence(self) -> str:
        """ "9 appointments for 3 people; 2 targets stay open"."""
        made = ngettext("%(n)d appointment", "%(n)d appointments", self.appointments) % {
            "n": self.appointments
        }
        who = ngettext("for %(n)d person", "for %(n)d people", self.people) % {"n": self.people}
        if not self.open_targets:
            return f"{made} {who}"
        rest = ngettext("%(n)d target stays open", "%(n)d targets stay open", self.open_targets)
        return f"{made} {who}; {rest % {'n': self.open_targets}}"


def publishing_preview(suggestion: RouteSuggestion) -> Preview:
    """What publishing a draft would do, in numbers: two statements."""
    employees = list(
        SuggestedStop.objects.filter(suggestion=suggestion).values_list("employee_id", flat=True)
    )
    still_open = suggestion.excluded.filter(target__status=TargetStatus.OPEN).count()
    return Preview(len(employees), len(set(employees)), still_open)


def publish_suggestion(suggestion: RouteSuggestion, *, version: int, by: User, now: datetime) -> list[Route]:
    """Make routes and appointments of a draft, with their events. The number of statements does not depend on its size.

    Args:
        version: of the suggestion, as the person saw it.

    Raises:
        Refused: `already_published`, `discarded`, `not_a_draft`, `changed_meanwhile` (another version), `empty`,
            `plan_outdated` (what it rests on changed), `rules_broken` (the plan breaks a hard rule); `details` has
            the reasons. Nothing was changed.
    """
    try:
        return _checked_and_published(suggestion, version, by, now)
    except Refused:
        # Where somebody was first while this was looked at, that is the reason to give.
        _refuse_other_states(suggestion, version)
        _refuse_outdated(suggestion, now)
        raise


def _checked_and_published(suggestion: RouteSuggestion, version: int, by: User, now: datetime) -> list[Route]:
    for _try in range(TRIES):
        _refuse_other_states(suggestion, version)
        _refuse_outdated(suggestion, now)
        check = check_suggestion(suggestion)
        if check.broken:
            raise Refused(
                "rules_broken",
                _(
                    "The plan cannot be published as it is: %(why)s Move or leave out what is named, then publish."
                )
                % {"why": _joined(check.broken)},
                details=check.broken,
            )
        try:
            with transaction.atomic():
                return _publish(suggestion, check, version, by, now)
        except _OutOfDate:
            continue
    raise Refused(
        "changed_meanwhile",
        _("Others plan the same people right now. Try again in a moment; nothing was published."),
    )


def _refuse_other_states(suggestion: RouteSuggestion, version: int) -> None:
    """Raises: Refused where it is no draft of that version any more; it says who was first."""
    row = RouteSuggestion.objects.select_related("published_by").get(pk=suggestion.pk)
    if row.status == SuggestionStatus.PUBLISHED:
        raise Refused("already_published", _already_published(row))
    if row.status == SuggestionStatus.DISCARDED:
        raise Refused("discarded", _("The suggestion was discarded. Make a new one."))
    if row.status != SuggestionStatus.DRAFT:
        raise Refused("not_a_draft", _("The suggestion is not ready yet: it is being worked out."))
    if row.version != version:
        raise Refused(
            "changed_meanwhile",
            _("Somebody changed the plan since you opened it. Look at it again, then publish."),
        )


def _refuse_outdated(suggestion: RouteSuggestion, now: datetime) -> None:
    """What can be said without the rules. Raises: Refused."""
    stops = list(SuggestedStop.objects.filter(suggestion=suggestion).select_related("employee"))
    with transaction.atomic():
        # Appointments of cancelled targets take nobody's time.
        targets = _locked(stops, suggestion.tenant_id)
        cancel_orphans_of(targets, now=now)
    _refuse_what_changed(targets, {stop.employee for stop in stops})


def _refuse_what_changed(targets: Iterable[Target], employees: Iterable[Employee]) -> None:
    """Raises: Refused where a target is not open, or an employee not active any more."""
    if reasons := [*_not_open(targets), *_not_active(employees)]:
        raise Refused(
            "plan_outdated",
            _(
                "Nothing was published, since the day changed: %(why)s Leave it out or plan again, then publish."
            )
            % {"why": _joined(reasons)},
            details=reasons,
        )


def _already_published(row: RouteSuggestion) -> str:
    who = str(row.published_by or _("Somebody"))
    when = naturaltime(row.published_at) if row.published_at else ""
    return _("%(who)s published it %(when)s.") % {"who": who, "when": when}


def _publish(suggestion: RouteSuggestion, check: Check, version: int, by: User, now: datetime) -> list[Route]:
    """In the transaction that is open.

    Raises:
        Refused: as `publish_suggestion`.
        _OutOfDate: what was checked has changed since.
    """
    claimed = RouteSuggestion.objects.filter(
        pk=suggestion.pk, status=SuggestionStatus.DRAFT, version=version
    ).update(status=SuggestionStatus.PUBLISHED, published_at=now, published_by=by)
    if claimed != 1:
        _refuse_other_states(suggestion, version)
        raise _OutOfDate
    stops = list(SuggestedStop.objects.filter(suggestion=suggestion).order_by("employee_id", "position"))
    if not stops:
        raise Refused("empty", _("There is nothing to publish: no target is in the plan."))
    targets = {row.pk: row for row in _locked(stops, suggestion.tenant_id)}
    employees = _locked_employees(stops, suggestion.tenant_id)
    cancel_orphans_of(targets.values(), now=now)
    _refuse_what_changed(targets.values(), employees)
    if not check.still_holds(targets.values(), commitments_of(suggestion, employees)):
        raise _OutOfDate
    return _write(suggestion, stops, targets, employees, by, now)


def _joined(reasons: Sequence[str]) -> str:
    shown = " ".join(reasons[:MOST_REASONS])
    rest = len(reasons) - MOST_REASONS
    return f"{shown} {_('And %(n)d more.') % {'n': rest}}" if rest > 0 else shown


def _locked(stops: Iterable[SuggestedStop], tenant_id: int) -> list[Target]:
    return locked_targets((stop.target_id for stop in stops), tenant_id=tenant_id)


def _locked_employees(stops: Iterable[SuggestedStop], tenant_id: int) -> list[Employee]:
    """In the order of their ids. Who publishes or moves appointments of an employee holds this lock."""
    ids = {stop.employee_id for stop in stops}
    rows = Employee.objects.filter(tenant_id=tenant_id, pk__in=ids).order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


def _not_open(targets: Iterable[Target]) -> list[str]:
    """A sentence for each target that cannot be planned any more, with who planned it.

    One that was cancelled and opened again while somebody is at work there has its appointment still.
    """
    targets = list(targets)
    rows = Appointment.objects.filter(target__in=[target.pk for target in targets], status__in=LIVE)
    planned = {row.target_id: row for row in rows.select_related("route__published_by", "employee")}
    return [
        _why_not_open(target, planned.get(target.pk))
        for target in targets
        if target.status != TargetStatus.OPEN or target.pk in planned
    ]


def _why_not_open(target: Target, appointment: Appointment | None) -> str:
    if appointment is None:
        state = TargetStatus(target.status).label
        return _("%(job)s is not open any more: %(state)s.") % {"job": target.external_id, "state": state}
    who = appointment.route.published_by
    when = naturaltime(appointment.route.published_at)
    values = {"job": target.external_id, "employee": appointment.employee, "who": who, "when": when}
    if who is None:
        return _("%(job)s was planned for %(employee)s %(when)s.") % values
    return _("%(job)s was planned for %(employee)s by %(who)s %(when)s.") % values


def _not_active(employees: Iterable[Employee]) -> list[str]:
    return [
        _("%(employee)s is not active any more.") % {"employee": employee}
        for employee in employees
        if not employee.is_active
    ]


def _write(
    suggestion: RouteSuggestion,
    stops: Sequence[SuggestedStop],
    targets: dict[int, Target],
    employees: Iterable[Employee],
    by: User,
    now: datetime,
) -> list[Route]:
    routes = _write_routes(suggestion, employees, by, now)
    appointments = _write_appointments(stops, {route.employee_id: route for route in routes}, now)
    shown = {row.target_id: shown_on_target(row) for row in appointments}
    show_appointments(
        shown,
        tenant_id=suggestion.tenant_id,
        status=TargetStatus.PLANNED,
        instead_of=[TargetStatus.OPEN],
        now=now,
    )
    for target in targets.values():
        target.status = TargetStatus.PLANNED
    _tell(suggestion, appointments, targets, now)
    return routes


def _write_routes(
    suggestion: RouteSuggestion, employees: Iterable[Employee], by: User, now: datetime
) -> list[Route]:
    return Route.objects.bulk_create(
        Route(
            tenant_id=suggestion.tenant_id,
            suggestion=suggestion,
            employee=employee,
            date=suggestion.date,
            published_at=now,
            published_by=by,
        )
        for employee in employees
    )


def _write_appointments(
    stops: Iterable[SuggestedStop], routes: dict[int, Route], now: datetime
) -> list[Appointment]:
    return Appointment.objects.bulk_create(
        Appointment(
            tenant_id=stop.tenant_id,
            route=routes[stop.employee_id],
            employee_id=stop.employee_id,
            target_id=stop.target_id,
            start_at=stop.start_at,
            end_at=stop.end_at,
            travel_seconds=stop.travel_seconds,
            travel_metres=stop.travel_metres,
            created_at=now,
            updated_at=now,
        )
        for stop in stops
    )


def _tell(
    suggestion: RouteSuggestion,
    appointments: Sequence[Appointment],
    targets: dict[int, Target],
    now: datetime,
) -> None:
    """The route of each employee, then each of its appointments and what that makes of the target."""
    facts = appointment_facts(appointments, targets=targets.values())
    told: list[tuple[str, Fact]] = []
    for _employee, each in groupby(appointments, key=lambda row: row.employee_id):
        rows = list(each)
        sources = {targets[row.target_id].source_system for row in rows}
        source = sources.pop() if len(sources) == 1 else ""
        told.append((source, Fact(ROUTE_PUBLISHED, {"route": route_facts(suggestion, rows, facts)})))
        for row in rows:
            own = targets[row.target_id].source_system
            told += [(own, Fact(type_, facts[row.pk])) for type_ in (APPOINTMENT_SCHEDULED, TARGET_SCHEDULED)]
    emit_by_source(told, tenant_id=suggestion.tenant_id, now=now)
