"""An independent check of plans, written from the API contract's rules: it shares nothing with the planner but the
plain values that go in and come out."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from routing.planning.plan import Plan, Route, Stop
from routing.planning.problem import Employee, Job, Problem
from routing.planning.travel import Matrix

CODES = {
    *("missing_coordinates", "no_employee_available", "outside_working_area", "outside_working_hours"),
    *("time_window_unreachable", "skill_missing", "capacity_exceeded", "lower_priority", "not_open"),
}


def broken(problem: Problem, matrix: Matrix, plan: Plan) -> list[str]:
    """What a plan breaks, as "kind employee target"; nothing where it is a good plan."""
    return sorted({*_bookkeeping(problem, plan), *rules_broken(problem, matrix, plan)})


def rules_broken(problem: Problem, matrix: Matrix, plan: Plan) -> list[str]:
    return [fault for route in plan.routes for fault in _route(problem, matrix, route)]


def _bookkeeping(problem: Problem, plan: Plan) -> Iterator[str]:
    """Every target is in one route or excluded, with a code and a sentence."""
    planned = [stop.target_id for route in plan.routes for stop in route.stops]
    seen = Counter([*planned, *(excluded.target_id for excluded in plan.excluded)])
    for job in problem.jobs:
        if seen[job.target_id] != 1:
            yield f"counted {seen[job.target_id]} times: {job.target_id}"
    if set(seen) - {job.target_id for job in problem.jobs}:
        yield "unknown target"
    if len({route.employee_id for route in plan.routes}) != len(plan.routes):
        yield "two routes for one employee"
    for excluded in plan.excluded:
        if excluded.code not in CODES or not excluded.message.endswith("."):
            yield f"no reason: {excluded}"
    for route in plan.routes:
        if not route.stops:
            yield f"empty route {route.employee_id}"


def _route(problem: Problem, matrix: Matrix, route: Route) -> Iterator[str]:
    who = next(one for one in problem.employees if one.employee_id == route.employee_id)
    jobs = {job.target_id: job for job in problem.jobs}
    for stop in route.stops:
        yield from (
            f"{fault} {who.employee_id} {stop.target_id}" for fault in _stop(who, jobs[stop.target_id], stop)
        )
    if not who.shifts:
        yield f"away {who.employee_id}"
        return
    yield from (f"{fault} {who.employee_id}" for fault in _travel(matrix, who, jobs, route))
    yield from (f"{fault} {who.employee_id}" for fault in _day(who, route))


def _stop(who: Employee, job: Job, stop: Stop) -> Iterator[str]:
    if job.window:
        if stop.start < job.window.start:
            yield "early"
        if stop.start > (job.window.start if job.is_fixed else job.window.end):
            yield "late"
    if job.due_at is not None and stop.start > job.due_at:
        yield "late"
    if stop.end - stop.start != job.work_seconds:
        yield "work"
    if {skill.lower() for skill in job.required_skills} - {skill.lower() for skill in who.skills}:
        yield "skill"
    if who.area and job.point and _apart(who.area.centre, job.point) > who.area.radius_metres + 1:
        yield "area"
    if not job.is_open or job.point is None or job.is_left_out:
        yield "not plannable"
    if job.pin and job.pin.employee_id != who.employee_id:
        yield "pinned elsewhere"
    if job.pin and job.pin.start is not None and stop.start != job.pin.start:
        yield "pinned start"


def _travel(matrix: Matrix, who: Employee, jobs: dict[int, Job], route: Route) -> Iterator[str]:
    """Legs as the matrix has them, and time for each leg and break between what comes before and after."""
    places = [who.start, *(jobs[stop.target_id].point for stop in route.stops), who.end]
    numbers = [matrix.points.index(place) for place in places if place is not None]
    legs = [int(matrix.seconds[one, other]) for one, other in pairwise(numbers)]
    metres = [int(matrix.metres[one, other]) for one, other in pairwise(numbers)]
    if [*(stop.travel_seconds for stop in route.stops), route.return_seconds] != legs:
        yield "travel seconds"
    if [*(stop.travel_metres for stop in route.stops), route.return_metres] != metres:
        yield "travel metres"
    left = route.departure
    for stop, leg in zip(route.stops, legs, strict=False):
        on_the_way = _pause_seconds(route, left, stop.arrival)
        on_arrival = _pause_seconds(route, stop.arrival, stop.start)
        idle = stop.start - left - leg - on_the_way - on_arrival
        if stop.arrival < left + leg + on_the_way or stop.start < stop.arrival:
            yield "faster than possible"
        if stop.waiting_seconds != idle or idle < 0:
            yield "waiting"
        left = stop.end
    if route.back < left + legs[-1] + _pause_seconds(route, left, route.back):
        yield "faster than possible"


def _pause_seconds(route: Route, start: int, end: int) -> int:
    return sum(taken.end - taken.start for taken in route.breaks if start <= taken.start and taken.end <= end)


def _day(who: Employee, route: Route) -> Iterator[str]:
    first, last = who.shifts[0].start, who.shifts[-1].end
    if route.departure < first or any(taken.start < first for taken in route.breaks):
        yield "before the shift"
    if route.back > last or any(taken.end > last for taken in route.breaks):
        yield "after the shift"
    busy = sorted(
        [(stop.start, stop.end) for stop in route.stops] + [(one.start, one.end) for one in route.breaks]
    )
    if any(one[1] > other[0] for one, other in pairwise(busy)):
        yield "two things at once"
    for shift, following in pairwise(who.shifts):
        if any(start < following.start and end > shift.end for start, end in _working(route)):
            yield "works between shifts"
    yield from _breaks(who, route)


def _working(route: Route) -> list[tuple[int, int]]:
    return [(stop.start, stop.end) for stop in route.stops]


def _breaks(who: Employee, route: Route) -> Iterator[str]:
    """Each that fits into the shift is taken, in its range, for its length. Days in one piece only."""
    if len(who.shifts) > 1:
        return
    asked = sorted(_asked_for(who))
    if len(asked) != len(route.breaks):
        yield "break"
    for (earliest, latest, length), taken in zip(asked, route.breaks, strict=False):
        if not earliest <= taken.start <= latest or taken.end - taken.start != length:
            yield "break"


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres, by the spherical law of cosines."""
    first, second = math.radians(one[0]), math.radians(other[0])
    between = math.radians(other[1] - one[1])
    cosine = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(between)
    return 6_371_000 * math.acos(min(1.0, max(-1.0, cosine)))


def fits_somewhere(problem: Problem, matrix: Matrix, plan: Plan, target_id: int) -> str | None:
    """Tries every place of every route by hand: where an excluded target would break nothing; None where it would."""
    job = next(job for job in problem.jobs if job.target_id == target_id)
    if not job.is_open or job.point is None or job.is_left_out:
        return None
    jobs = {job.target_id: job for job in problem.jobs}
    routes = {route.employee_id: [stop.target_id for stop in route.stops] for route in plan.routes}
    for who in problem.employees:
        if not who.shifts or any(_stop(who, job, _exact(job))):
            continue
        order = routes.get(who.employee_id, [])
        for position in range(len(order) + 1):
            trial = [jobs[one] for one in [*order[:position], target_id, *order[position:]]]
            if _is_possible(matrix, who, trial):
                return f"{target_id} as stop {position + 1} of {who.employee_id}"
    return None


def _exact(job: Job) -> Stop:
    """A stop of this job that is on time: what remains to be wrong with it is not a matter of time."""
    start = job.pin.start if job.pin and job.pin.start is not None else job.window.start if job.window else 0
    return Stop(job.target_id, start, start, start + job.work_seconds, 0, 0, 0)


def _is_possible(matrix: Matrix, who: Employee, jobs: list[Job]) -> bool:
    """By trying every way to lay the breaks, one minute's worth of thought: a search over moments and breaks taken."""
    pauses = sorted(_asked_for(who))
    moments = {(who.shifts[0].start, 0)}
    place = matrix.points.index(who.start) if who.start else 0
    moments = _with_pauses(moments, pauses)
    for job in jobs:
        there = matrix.points.index(job.point) if job.point else 0
        way = int(matrix.seconds[place, there])
        moments = _with_pauses({(now + way, taken) for now, taken in moments}, pauses)
        moments = {
            (start + job.work_seconds, taken)
            for now, taken in moments
            if (start := _start(job, now)) is not None
        }
        moments = _with_pauses(moments, pauses)
        place = there
    way = int(matrix.seconds[place, matrix.points.index(who.end)]) if who.end else 0
    moments = _with_pauses({(now + way, taken) for now, taken in moments}, pauses)
    return any(now <= who.shifts[-1].end and taken == len(pauses) for now, taken in moments)


def _asked_for(who: Employee) -> Iterator[tuple[int, int, int]]:
    for pause in who.breaks:
        earliest = max(pause.earliest, who.shifts[0].start)
        latest = min(pause.latest, who.shifts[-1].end - pause.seconds)
        if earliest <= latest:
            yield earliest, latest, pause.seconds


def _with_pauses(moments: set[tuple[int, int]], pauses: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
    found = set(moments)
    for number, (earliest, latest, length) in enumerate(pauses):
        found |= {
            (max(now, earliest) + length, number + 1)
            for now, taken in found
            if taken == number and max(now, earliest) <= latest
        }
    return found


def _start(job: Job, now: int) -> int | None:
    start = max(now, job.window.start) if job.window else now
    latest = math.inf if job.window is None else job.window.start if job.is_fixed else job.window.end
    if job.due_at is not None:
        latest = min(latest, job.due_at)
    if job.pin and job.pin.start is not None:
        return job.pin.start if now <= job.pin.start else None
    return start if start <= latest else None
