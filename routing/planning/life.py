"""What planning knows of a target's life: suggested or left out, published, moved, begun, and how it ended."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from imports.life import Entry
from imports.models import Target
from routing.planning.events import APPOINTMENT_SCHEDULED
from routing.planning.marks import day_and_time
from routing.planning.models import Appointment, Employee, ExcludedTarget, RouteSuggestion, SuggestedStop
from routing.planning.problems import problem_label
from webhooks.events.models import Event

# Of each kind, the newest: nobody reads on.
MOST = 20


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
    schedules = _schedules(target)
    return [
        entry
        for row in rows
        for entry in _of_appointment(row, schedules.get(row.pk, []), _link_of(row) if is_linked else "")
    ]


def _link_of(row: Appointment) -> str:
    return reverse("admin:planning_appointment_change", args=[row.pk])


def _of_appointment(row: Appointment, schedules: Sequence[dict[str, Any]], link: str) -> Iterator[Entry]:
    yield _published(row, next((told for told in schedules if not told["is_move"]), None), link)
    for told in schedules:
        if told["is_move"]:
            yield _moved(told, link)
    employee = str(row.employee)
    if row.started_at:
        yield Entry(row.started_at, "play_arrow", _("Work began"), employee, link=link)
    if row.problem_at:
        text = _("Problem reported: %(problem)s") % {"problem": problem_label(row.problem_code)}
        yield Entry(row.problem_at, "report", text, employee, row.problem_text, link)
    if row.completed_at:
        yield Entry(row.completed_at, "task_alt", _("Work done"), employee, link=link)
    if row.cancelled_at:
        who = str(row.cancelled_by or "")
        yield Entry(row.cancelled_at, "event_busy", _("Appointment cancelled"), who, row.cancel_reason, link)


def _published(row: Appointment, told: dict[str, Any] | None, link: str) -> Entry:
    """As it was then: it may have been moved since."""
    text = _planned(told["employee"], told["start"], told["end"]) if told else ""
    text = text or _planned(str(row.employee), row.start_at, row.end_at)
    who = str(row.route.published_by or "")
    return Entry(row.route.published_at, "event", text, who, link=link)


def _planned(employee: str, start: datetime, end: datetime) -> str:
    return _("Planned for %(employee)s, %(time)s") % {"employee": employee, "time": day_and_time(start, end)}


def _moved(told: dict[str, Any], link: str) -> Entry:
    values = {"employee": told["employee"], "time": day_and_time(told["start"], told["end"])}
    text = _("Moved to %(employee)s, %(time)s") % values
    return Entry(told["at"], "event_repeat", text, told["who"], link=link)


def _schedules(target: Target) -> dict[int, list[dict[str, Any]]]:
    """When and for whom each appointment was promised, in order, as events told it: by appointment id."""
    rows = Event.objects.filter(
        tenant_id=target.tenant_id, facts__target__id=target.pk, type=APPOINTMENT_SCHEDULED
    ).order_by("pk")
    events = list(rows[: MOST * MOST])
    ids = {event.facts["appointment"]["employeeId"] for event in events}
    names = dict(Employee.objects.filter(tenant_id=target.tenant_id, pk__in=ids).values_list("pk", "name"))
    found: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        told = event.facts["appointment"]
        found.setdefault(told["id"], []).append(
            {
                "at": event.occurred_at,
                "employee": names.get(told["employeeId"], "–"),
                "start": datetime.fromisoformat(told["startAtUtc"]),
                "end": datetime.fromisoformat(told["endAtUtc"]),
                "is_move": "move" in event.facts,
                "who": event.facts.get("move", {}).get("by", {}).get("name", ""),
            }
        )
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
