"""Lanes of the planning page: an employee's day each, as plain data."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing.planning.draft import Draft, Judged
from routing.planning.durations import duration, kilometres
from routing.planning.models import Appointment, Employee
from routing.planning.plan import Route, Stop, Violation
from routing.planning.problem import Employee as Worker
from routing.planning.problem_building import commitment_id, is_commitment

# As many as the page's style has.
COLOURS = 8


def own_stops(route: Route) -> list[Stop]:
    """Without the appointments that are published already."""
    return [stop for stop in route.stops if not is_commitment(stop.target_id)]


def marked(name: str, number: int) -> dict[str, Any]:
    """How somebody is told from others on map and lanes: by a colour, beyond eight people by a kind of line too."""
    turn, colour = divmod(number, COLOURS)
    return {"name": name, "initials": initials(name), "colour": colour, "turn": turn}


def initials(name: str) -> str:
    """ "JW" of "Jana Weber"."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def sums_of(busy: Iterable[tuple[Route, list[Stop]]]) -> list[str]:
    travel = metres = work = waiting = 0
    for route, stops in busy:
        travel += route.return_seconds + sum(stop.travel_seconds for stop in stops)
        metres += route.return_metres + sum(stop.travel_metres for stop in stops)
        work += sum(stop.end - stop.start for stop in stops)
        waiting += sum(stop.waiting_seconds for stop in stops)
    texts = [
        _("%(time)s travel, %(km)s km") % {"time": duration(travel), "km": kilometres(metres)},
        _("%(time)s work") % {"time": duration(work)},
    ]
    return [*texts, _("%(time)s waiting") % {"time": duration(waiting)}] if waiting else texts


class Lanes:
    """One for each employee, those with something to do first, in the order of their names."""

    def __init__(self, draft: Draft, judged: Judged, *, may_open: bool) -> None:
        self.draft, self.judged, self.may_open = draft, judged, may_open
        self.problem = judged.ground.problem
        self.routes = {route.employee_id: route for route in judged.routes}
        self.broken: dict[int, list[Violation]] = {}
        for violation in judged.violations:
            self.broken.setdefault(violation.employee_id, []).append(violation)
        self.bases = self._bases()
        self.visits = self._visits()

    def all(self) -> list[dict[str, Any]]:
        numbered = list(enumerate(self.problem.employees))
        busy = [pair for pair in numbered if pair[1].employee_id in self.routes]
        idle = [pair for pair in numbered if pair[1].employee_id not in self.routes]
        return [self._lane(number, employee) for number, employee in [*busy, *idle]]

    def _lane(self, number: int, employee: Worker) -> dict[str, Any]:
        route = self.routes.get(employee.employee_id)
        broken = self.broken.get(employee.employee_id, [])
        return {
            "employee": employee.employee_id,
            **marked(employee.name, number),
            "base": self.bases.get(employee.employee_id),
            "hours": self._hours(employee),
            "absence": "" if employee.is_available else f"{employee.name} {employee.absence}.",
            "shifts": [list(shift) for shift in employee.shifts],
            "legs": self._legs(route) if route else [],
            "stops": self._stops(route, broken) if route else [],
            # Where a target may stand: after each of these, and first.
            "places": len(route.stops) if route else 0,
            "committed": self._committed(route) if route else [],
            "figures": self._figures(route) if route else "",
            "broken": [each.message for each in broken if each.target_id is None],
        }

    def _bases(self) -> dict[int, dict[str, Any]]:
        ids = [employee.employee_id for employee in self.problem.employees]
        rows = Employee.objects.filter(tenant_id=self.draft.suggestion.tenant_id, pk__in=ids)
        return {
            row.pk: {"latitude": row.latitude, "longitude": row.longitude, "name": row.start_name}
            for row in rows
        }

    def _visits(self) -> dict[int, Appointment]:
        """Published appointments by the ids of their jobs."""
        ids = [-job.target_id for job in self.problem.jobs if is_commitment(job.target_id)]
        rows = Appointment.objects.filter(tenant_id=self.draft.suggestion.tenant_id, pk__in=ids)
        return {commitment_id(row): row for row in rows.select_related("target")}

    def _hours(self, employee: Worker) -> str:
        clock = self.problem.clock
        return ", ".join(f"{clock(shift.start)}–{clock(shift.end)}" for shift in employee.shifts)

    def _legs(self, route: Route) -> list[dict[str, Any]]:
        legs = [leg for stop in route.stops for leg in self._legs_to(stop)]
        legs.append(self._leg("travel", route.back - route.return_seconds, route.back, _("travel back")))
        return [
            *legs,
            *(self._leg("break", taken.start, taken.end, _("break")) for taken in route.breaks),
        ]

    def _legs_to(self, stop: Stop) -> list[dict[str, Any]]:
        travel = self._leg("travel", stop.arrival - stop.travel_seconds, stop.arrival, _("travel"))
        if not stop.waiting_seconds or stop.start <= stop.arrival:
            return [travel]
        return [travel, self._leg("wait", stop.arrival, stop.start, _("waiting"))]

    def _leg(self, kind: str, start: int, end: int, what: str) -> dict[str, Any]:
        return {"kind": kind, "start": start, "end": end, "text": f"{what} {self._span(start, end)}"}

    def _span(self, start: int, end: int) -> str:
        return f"{self.problem.clock(start)}–{self.problem.clock(end)}"

    def _stops(self, route: Route, broken: list[Violation]) -> list[dict[str, Any]]:
        own = own_stops(route)
        positions = {stop.target_id: position for position, stop in enumerate(route.stops, start=1)}
        return [
            {
                "target": stop.target_id,
                "number": number,
                "position": positions[stop.target_id],
                "start": stop.start,
                "end": stop.end,
                "clock": self._span(stop.start, stop.end),
                "travel": _("%(time)s, %(km)s km")
                % {"time": duration(stop.travel_seconds), "km": kilometres(stop.travel_metres)},
                "waiting": duration(stop.waiting_seconds) if stop.waiting_seconds else "",
                "way": self._way(stop),
                "isPinned": stop.target_id in self.judged.arrangement.pins,
                "broken": [each.message for each in broken if each.target_id == stop.target_id],
            }
            for number, stop in enumerate(own, start=1)
        ]

    def _way(self, stop: Stop) -> str:
        way = _("%(time)s travel") % {"time": duration(stop.travel_seconds)}
        if not stop.waiting_seconds:
            return way
        return f"{way} · " + _("%(time)s waiting") % {"time": duration(stop.waiting_seconds)}

    def _committed(self, route: Route) -> list[dict[str, Any]]:
        return [
            {
                "start": stop.start,
                "end": stop.end,
                "title": self.visits[stop.target_id].target.title,
                "clock": self._span(stop.start, stop.end),
                "link": reverse("admin:planning_appointment_change", args=[-stop.target_id])
                if self.may_open
                else "",
            }
            for stop in route.stops
            if stop.target_id in self.visits
        ]

    def _figures(self, route: Route) -> str:
        stops = own_stops(route)
        count = ngettext("%(n)d stop", "%(n)d stops", len(stops)) % {"n": len(stops)}
        return " · ".join([count, *sums_of([(route, stops)])])
