"""What is published of a day, in the shape of a plan that cannot be changed."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordinavo_connect.clients.models import Tenant
from routing.planning.day_page.lane_shape import marked
from routing.planning.day_page.target_shape import target_shapes
from routing.planning.durations import duration, kilometres
from routing.planning.employees import zone_of
from routing.planning.models import Appointment, AppointmentStatus
from routing.planning.problem import Problem

HOUR = 3600


def published_on(tenant: Tenant, day: date) -> list[Appointment]:
    """The appointments of a day, of everybody, in order; cancelled ones are not there. One statement."""
    zone = zone_of(tenant)
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    rows = Appointment.objects.filter(tenant=tenant, start_at__gte=start, start_at__lt=end)
    rows = rows.exclude(status=AppointmentStatus.CANCELLED)
    return list(
        rows.select_related("employee", "target__location", "target__tenant").order_by("start_at", "pk")
    )


def published_shape(
    tenant: Tenant, day: date, appointments: Iterable[Appointment], *, may_open: bool
) -> dict[str, Any]:
    """One statement."""
    rows = list(appointments)
    problem = Problem(datetime.combine(day, time(), zone_of(tenant)), (), ())
    lanes = _lanes(problem, rows)
    targets = target_shapes((row.target for row in rows), problem=None, values={}, may_open=may_open)
    for row in rows:
        # What it is about here is the visit.
        if may_open:
            targets[row.target_id]["link"] = _page_of(row)
    return {
        "version": 0,
        "isEditable": False,
        "isStale": False,
        "axis": _axis(problem, rows),
        "lanes": lanes,
        "targets": targets,
        "excluded": [],
        "broken": [],
        "summary": _summary(rows, len(lanes)),
        "notes": [],
        "undo": "",
        "publish": {"isPossible": False, "says": ""},
    }


def _page_of(row: Appointment) -> str:
    return reverse("admin:planning_appointment_change", args=[row.pk])


def _axis(problem: Problem, rows: list[Appointment]) -> dict[str, Any]:
    starts = [problem.seconds(row.start_at) - row.travel_seconds for row in rows] or [8 * HOUR]
    ends = [problem.seconds(row.end_at) for row in rows] or [17 * HOUR]
    first, last = min(8 * HOUR, *starts) // HOUR, -(-max(17 * HOUR, *ends) // HOUR)
    ticks = [{"at": hour * HOUR, "text": problem.clock(hour * HOUR)} for hour in range(first, last + 1)]
    return {"start": first * HOUR, "end": last * HOUR, "ticks": ticks}


def _lanes(problem: Problem, rows: list[Appointment]) -> list[dict[str, Any]]:
    by_employee: dict[int, list[Appointment]] = {}
    for row in rows:
        by_employee.setdefault(row.employee_id, []).append(row)
    ordered = sorted(by_employee.values(), key=lambda own: (own[0].employee.name, own[0].employee_id))
    return [_lane(problem, number, own) for number, own in enumerate(ordered)]


def _lane(problem: Problem, number: int, rows: list[Appointment]) -> dict[str, Any]:
    employee = rows[0].employee
    return {
        "employee": employee.pk,
        **marked(employee.name, number),
        "base": {"latitude": employee.latitude, "longitude": employee.longitude, "name": employee.start_name},
        "hours": "",
        "absence": "",
        "shifts": [],
        "legs": [_leg(problem, row) for row in rows if row.travel_seconds],
        "stops": [_stop(problem, row, position) for position, row in enumerate(rows, start=1)],
        "places": len(rows),
        "committed": [],
        "figures": _figures(rows),
        "broken": [],
    }


def _leg(problem: Problem, row: Appointment) -> dict[str, Any]:
    start = problem.seconds(row.start_at)
    return {"kind": "travel", "start": start - row.travel_seconds, "end": start, "text": _("travel")}


def _stop(problem: Problem, row: Appointment, position: int) -> dict[str, Any]:
    start, end = problem.seconds(row.start_at), problem.seconds(row.end_at)
    state = AppointmentStatus(row.status).label
    clock = f"{problem.clock(start)}–{problem.clock(end)}"
    return {
        "target": row.target_id,
        "number": position,
        "position": position,
        "start": start,
        "end": end,
        "clock": f"{clock} · {state}",
        "travel": f"{duration(row.travel_seconds)}, {kilometres(row.travel_metres)} km",
        "waiting": "",
        "way": _("%(time)s travel") % {"time": duration(row.travel_seconds)},
        "isPinned": False,
        "broken": [row.problem_text or str(state)]
        if row.status == AppointmentStatus.PROBLEM_REPORTED
        else [],
    }


def _figures(rows: list[Appointment]) -> str:
    count = ngettext("%(n)d appointment", "%(n)d appointments", len(rows)) % {"n": len(rows)}
    travel = sum(row.travel_seconds for row in rows)
    return f"{count} · " + _("%(time)s travel") % {"time": duration(travel)}


def _summary(rows: list[Appointment], people: int) -> str:
    made = ngettext("%(n)d appointment", "%(n)d appointments", len(rows)) % {"n": len(rows)}
    return f"{made} " + ngettext("for %(n)d person", "for %(n)d people", people) % {"n": people}
