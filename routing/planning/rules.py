"""The hard rules of a plan, in words: the one place that says what a plan breaks.

1. A visit starts within its window, a fixed one at its start, none after its latest start (API contract, Route
   suggestions). A pinned start is kept to the second.
2. An employee leaves home or depot after the shift starts and is back before it ends, with visits, breaks and the
   way back in between.
3. Breaks are taken within their range, and nobody travels or works in them.
4. The employee works on the day, has every skill that the target requires, and the target lies in the working area.
5. A target is open and has coordinates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing.planning.exclusions import explained
from routing.planning.ground import Ground, Orders, is_within_area, missing_skills
from routing.planning.plan import Plan, Route, Stop, Violation
from routing.planning.problem import Employee, Job, Problem
from routing.planning.travel import Matrix
from routing.planning.wording import absence, day_text, minutes


@dataclass(frozen=True)
class Checked:
    """Routes of given orders with their times, and what they break."""

    routes: tuple[Route, ...]
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class Placement:
    """Where a target fits without breaking a rule: `position` counts from 1."""

    employee_id: int
    position: int
    extra_travel_seconds: int


def check(problem: Problem, *, matrix: Matrix, orders: Orders) -> Checked:
    """What a plan of these orders of stops is, and every hard rule that it breaks.

    A target without coordinates is in no route: it can only be named. Raises: KeyError for an id that the problem
    does not have, ValueError for a target that stands in it twice.
    """
    return checked(Ground(problem, matrix), orders)


def plan_by_hand(problem: Problem, *, matrix: Matrix, orders: Orders) -> Plan:
    """The same as a plan: with the reasons of what is in no route, and the value of what is. Raises: as `check`."""
    return planned(Ground(problem, matrix), orders)


def places_for(problem: Problem, *, matrix: Matrix, orders: Orders, target_id: int) -> list[Placement]:
    """Where a target that is in no route fits as the plan stands, the least travel first. Raises: KeyError."""
    ground = Ground(problem, matrix)
    found = [
        Placement(employee_id, position + 1, extra)
        for employee_id in ground.candidates(target_id)
        for position, extra in ground.tour(employee_id, orders.get(employee_id, ())).insertions(
            ground.visits[target_id]
        )
    ]
    return sorted(found, key=lambda place: (place.extra_travel_seconds, place.employee_id, place.position))


def cushion_seconds(problem: Problem, stop: Stop) -> int | None:
    """How much later a stop may start by its window and latest start; None where nothing bounds it."""
    job = problem.job[stop.target_id]
    if job.window is None and job.due_at is None:
        return None
    return job.start_range.end - stop.start


def checked(ground: Ground, orders: Orders) -> Checked:
    """As `check`."""
    _refuse_repeats(orders)
    routes = tuple(ground.route(employee_id, order) for employee_id, order in orders.items() if order)
    kept = tuple(route for route in routes if route.stops)
    found = [
        *(violation for route in kept for violation in _of_route(ground, route)),
        *_without_place(ground, orders),
    ]
    return Checked(kept, tuple(found))


def planned(ground: Ground, orders: Orders) -> Plan:
    """As `plan_by_hand`."""
    found = checked(ground, orders)
    stops = {route.employee_id: route.target_ids for route in found.routes}
    return Plan(
        routes=found.routes,
        excluded=explained(ground, stops),
        violations=found.violations,
        value=sum(ground.values[target_id] for order in stops.values() for target_id in order),
        note=ground.matrix.note,
    )


def _refuse_repeats(orders: Orders) -> None:
    target_ids = [target_id for order in orders.values() for target_id in order]
    if len(target_ids) != len(set(target_ids)):
        raise ValueError("a target stands in the plan twice")


def _without_place(ground: Ground, orders: Orders) -> Iterator[Violation]:
    for employee_id, order in orders.items():
        for target_id in order:
            if ground.problem.job[target_id].point is None:
                text = _("%(title)s has no coordinates.") % {"title": ground.problem.job[target_id].title}
                yield Violation("missing_coordinates", employee_id, target_id, text)


def _of_route(ground: Ground, route: Route) -> Iterator[Violation]:
    employee = ground.problem.employee[route.employee_id]
    if not employee.is_available:
        text = _("%(name)s %(absence)s.") % {"name": employee.name, "absence": absence(employee)}
        yield Violation("no_employee_available", employee.employee_id, None, text)
    for stop in route.stops:
        job = ground.problem.job[stop.target_id]
        yield from _of_pairing(employee, job)
        yield from _of_times(ground.problem, employee, job, stop)
    if employee.is_available:
        yield from _of_breaks(ground.problem, employee, route)
        yield from _of_day(ground.problem, employee, route)


def _of_pairing(employee: Employee, job: Job) -> Iterator[Violation]:
    """What has nothing to do with time."""
    who = employee.employee_id
    if not job.is_open:
        text = _("%(title)s is not open.") % {"title": job.title}
        yield Violation("not_open", who, job.target_id, text)
    if missing := missing_skills(employee, job):
        text = ngettext(
            "%(title)s needs the skill %(skills)s, which %(name)s does not have.",
            "%(title)s needs the skills %(skills)s, which %(name)s does not have.",
            len(missing),
        ) % {"title": job.title, "skills": ", ".join(missing), "name": employee.name}
        yield Violation("skill_missing", who, job.target_id, text)
    if not is_within_area(employee, job) and employee.area is not None:
        text = _("%(title)s lies outside of the working area of %(name)s (%(km)s km).") % {
            "title": job.title,
            "name": employee.name,
            "km": round(employee.area.radius_metres / 1000),
        }
        yield Violation("outside_working_area", who, job.target_id, text)


def _of_times(problem: Problem, employee: Employee, job: Job, stop: Stop) -> Iterator[Violation]:
    who = employee.employee_id
    pinned = job.pin.start if job.pin and job.pin.employee_id == who else None
    if pinned is not None and stop.start != pinned:
        values = {
            "title": job.title,
            "minutes": minutes(abs(stop.start - pinned)),
            "time": problem.clock(pinned),
        }
        text = _("%(title)s starts %(minutes)s min after the pinned start at %(time)s.") % values
        yield Violation("pinned_start_missed", who, job.target_id, text, abs(stop.start - pinned))
    earliest, latest = job.start_range
    if stop.start < earliest:
        yield _missed(problem, who, job, earliest - stop.start, _early(problem, job, stop))
    if stop.start > latest:
        yield _missed(problem, who, job, stop.start - latest, _late(problem, job, stop))


def _missed(problem: Problem, who: int, job: Job, seconds: int, text: str) -> Violation:
    earliest, latest = job.start_range
    if latest < problem.day.start or earliest > problem.day.end:
        text = _("%(title)s is meant for another day (%(day)s).") % {
            "title": job.title,
            "day": day_text(problem, latest if latest < problem.day.start else earliest),
        }
    return Violation("time_window_missed", who, job.target_id, text, seconds)


def _early(problem: Problem, job: Job, stop: Stop) -> str:
    earliest = job.start_range.start
    values = {"minutes": minutes(earliest - stop.start), "time": problem.clock(earliest), "title": job.title}
    return _("%(title)s starts %(minutes)s min before the window opens at %(time)s.") % values


def _late(problem: Problem, job: Job, stop: Stop) -> str:
    latest = job.start_range.end
    values = {"minutes": minutes(stop.start - latest), "time": problem.clock(latest), "title": job.title}
    if job.is_fixed and job.window and latest == job.window.start:
        return _("%(title)s starts %(minutes)s min after its fixed time at %(time)s.") % values
    if job.window and latest == job.window.end:
        return _("%(title)s starts %(minutes)s min after the window closes at %(time)s.") % values
    return _("%(title)s starts %(minutes)s min after its latest start at %(time)s.") % values


def _of_breaks(problem: Problem, employee: Employee, route: Route) -> Iterator[Violation]:
    for pause, taken in zip(employee.pauses, route.breaks, strict=True):
        if taken.start > pause.latest:
            text = _("%(name)s has a break %(minutes)s min too late: at %(time)s instead of %(latest)s.") % {
                "name": employee.name,
                "minutes": minutes(taken.start - pause.latest),
                "time": problem.clock(taken.start),
                "latest": problem.clock(pause.latest),
            }
            yield Violation("break_missed", employee.employee_id, None, text, taken.start - pause.latest)


def _of_day(problem: Problem, employee: Employee, route: Route) -> Iterator[Violation]:
    over = max([route.back, *(taken.end for taken in route.breaks)]) - employee.day.end
    if over > 0:
        text = _("%(name)s is back %(minutes)s min after the shift ends at %(time)s.") % {
            "name": employee.name,
            "minutes": minutes(over),
            "time": problem.clock(employee.day.end),
        }
        yield Violation("outside_working_hours", employee.employee_id, None, text, over)
