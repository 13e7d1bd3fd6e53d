"""What planning knows of a target's life: suggested or left out, published, moved, begun, and how it ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from imports.life import Entry
from imports.models import Target
from routing.planning.events import (
    APPOINTMENT_PROBLEM_REPORTED,
    APPOINTMENT_SCHEDULED,
    APPOINTMENT_STARTED,
)
from routing.planning.marks import day_and_time
from routing.planning.models import Appointment, Employee, ExcludedTarget, RouteSuggestion, SuggestedStop
from routing.planning.problems import problem_label
from webhooks.events.models import Event

# Of each kind, the newest: nobody reads on.
MOST = 20

_STEPS = (APPOINTMENT_SCHEDULED, APPOINTMENT_STARTED, APPOINTMENT_PROBLEM_REPORTED)


@dataclass(frozen=True, slots=True)
class _Told:
    """What an event told of an appointment, as it was then.

    Args:
        who: moved it; '' where nobody did.
        problem: {"code", "summary"}, of one that was reported.
    """

    type: str
    at: datetime
    employee: str
    start: datetime
    end: datetime
    is_move: bool
    who: str
    problem: Mapping[str, Any]


def life_of(request: HttpRequest, target: Target) -> list[Entry]:
    """For the page of the target: six statements at most."""
    sees_plans = request.user.has_perm("planning.view_routesuggestion")
    sees_appointments = request.user.has_perm("planning.view_appointment")
    rows = (
        Appointment.objects.filter(target=target)
        .select_related("employee", "route__published_by", "cancelled_by")
        .order_by("-pk")[:MOST]
    )
    return [
        *_suggested(target, is_linked=sees_plans),
        *_left_out(target, is_linked=sees_plans),
        *appointment_entries(target, rows, is_linked=sees_appointments),
    ]


def appointment_entries(target: Target, rows: Iterable[Appointment], *, is_linked: bool) -> list[Entry]:
    """What happened to some appointments of a target. Their employees, routes and who acted should be loaded."""
    rows = list(rows)
    if not rows:
        return []
    told = _told(target)
    return [
        entry
        for row in rows
        for entry in _of_appointment(row, told.get(row.pk, []), _link_of(row) if is_linked else "")
    ]


def _link_of(row: Appointment) -> str:
    return reverse("admin:planning_appointment_change", args=[row.pk])


def _of_appointment(row: Appointment, told: Sequence[_Told], link: str) -> Iterator[Entry]:
    """A row keeps its last try only; the events keep every one."""
    schedules = [each for each in told if each.type == APPOINTMENT_SCHEDULED]
    yield _published(row, next((each for each in schedules if not each.is_move), None), link)
    yield from (_moved(each, link) for each in schedules if each.is_move)
    yield from _begun(row, told, link)
    yield from _problems(row, told, link)
    if row.completed_at:
        yield Entry(row.completed_at, "task_alt", _("Work done"), str(row.employee), link=link)
    if row.cancelled_at:
        who = str(row.cancelled_by or "")
        yield Entry(row.cancelled_at, "event_busy", _("Appointment cancelled"), who, row.cancel_reason, link)


def _begun(row: Appointment, told: Sequence[_Told], link: str) -> Iterator[Entry]:
    starts = [(each.at, each.employee) for each in told if each.type == APPOINTMENT_STARTED]
    if not starts and row.started_at:
        starts = [(row.started_at, str(row.employee))]
    for number, (at, employee) in enumerate(starts):
        text = _("Work went on") if number else _("Work began")
        yield Entry(at, "play_arrow", text, employee, link=link)


def _problems(row: Appointment, told: Sequence[_Told], link: str) -> Iterator[Entry]:
    problems = [
        (each.at, each.employee, each.problem.get("code", ""), each.problem.get("summary") or "")
        for each in told
        if each.type == APPOINTMENT_PROBLEM_REPORTED
    ]
    if not problems and row.problem_at:
        problems = [(row.problem_at, str(row.employee), row.problem_code, row.problem_text)]
    for at, employee, code, words in problems:
        text = _("Problem reported: %(problem)s") % {"problem": problem_label(code)}
        yield Entry(at, "report", text, employee, words, link)


def _published(row: Appointment, told: _Told | None, link: str) -> Entry:
    """As it was then: it may have been moved since."""
    text = _planned(told.employee, told.start, told.end) if told else ""
    text = text or _planned(str(row.employee), row.start_at, row.end_at)
    who = str(row.route.published_by or "")
    return Entry(row.route.published_at, "event", text, who, link=link)


def _planned(employee: str, start: datetime, end: datetime) -> str:
    return _("Planned for %(employee)s, %(time)s") % {"employee": employee, "time": day_and_time(start, end)}


def _moved(told: _Told, link: str) -> Entry:
    values = {"employee": told.employee, "time": day_and_time(told.start, told.end)}
    text = _("Moved to %(employee)s, %(time)s") % values
    return Entry(told.at, "event_repeat", text, told.who, link=link)


def _told(target: Target) -> dict[int, list[_Told]]:
    """What events told of each appointment, in order: by appointment id. Two statements."""
    rows = Event.objects.filter(tenant_id=target.tenant_id, facts__target__id=target.pk, type__in=_STEPS)
    events = list(rows.order_by("pk")[: MOST * MOST])
    ids = {event.facts["appointment"]["employeeId"] for event in events}
    names = dict(Employee.objects.filter(tenant_id=target.tenant_id, pk__in=ids).values_list("pk", "name"))
    found: dict[int, list[_Told]] = {}
    for event in events:
        appointment = event.facts["appointment"]
        told = _Told(
            type=event.type,
            at=event.occurred_at,
            employee=names.get(appointment["employeeId"], "–"),
            start=datetime.fromisoformat(appointment["startAtUtc"]),
            end=datetime.fromisoformat(appointment["endAtUtc"]),
            is_move="move" in event.facts,
            who=event.facts.get("move", {}).get("by", {}).get("name", ""),
            problem=event.facts.get("problem", {}),
        )
        found.setdefault(appointment["id"], []).append(told)
    return found


def _suggested(target: Target, *, is_linked: bool) -> Iterator[Entry]:
    rows = SuggestedStop.objects.filter(target=target).select_related(
        "suggestion__requested_by", "suggestion__client", "employee"
    )
    for stop in rows.order_by("-pk")[:MOST]:
        values = {"employee": stop.employee, "time": day_and_time(stop.start_at, stop.end_at)}
        text = _("Suggested for %(employee)s, %(time)s") % values
        yield _suggestion_entry(stop.suggestion, "route", text, "", is_linked=is_linked)


def _left_out(target: Target, *, is_linked: bool) -> Iterator[Entry]:
    rows = ExcludedTarget.objects.filter(target=target).select_related(
        "suggestion__requested_by", "suggestion__client"
    )
    for row in rows.order_by("-pk")[:MOST]:
        text = _("Left out of a suggestion: %(why)s") % {"why": row.get_code_display()}
        yield _suggestion_entry(row.suggestion, "wrong_location", text, row.message, is_linked=is_linked)


def _suggestion_entry(
    suggestion: RouteSuggestion, icon: str, text: str, detail: str, *, is_linked: bool
) -> Entry:
    who = str(suggestion.requested_by or suggestion.client or "")
    at = suggestion.solved_at or suggestion.created_at
    return Entry(at, icon, text, who, detail, _plan_link(suggestion) if is_linked else "")


def _plan_link(suggestion: RouteSuggestion) -> str:
    try:
        page = reverse("admin:planning_day")
    except NoReverseMatch:
        return ""
    return f"{page}?date={suggestion.date.isoformat()}&suggestion={suggestion.pk}"
