"""What holds of every plan, however the day looks: solved by the planner or moved by hand."""

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.planning.plan import Plan
from routing.planning.problem import Area, Break, Employee, Job, Pin, Point, Problem, Span
from routing.planning.rules import plan_by_hand
from routing.planning.solver import solve
from routing.planning.travel import GreatCircle, Matrix
from tests.routing.planning.instances import ORIGIN, instance
from tests.routing.planning.plan_checker import broken, fits_somewhere, rules_broken

QUARTER = 900
PLACES = [Point(51.40 + step * 0.02, 7.0 + step % 3 * 0.05) for step in range(8)]

# What the checker finds, as the planner names it.
NAMED = {
    "early": "time_window_missed",
    "late": "time_window_missed",
    "skill": "skill_missing",
    "area": "outside_working_area",
    "not plannable": "not_open",
    "away": "no_employee_available",
    "after the shift": "outside_working_hours",
    "break": "break_missed",
    "pinned start": "pinned_start_missed",
}


def _pause(start: int, range_: int, seconds: int) -> Break:
    return Break(start * QUARTER, (start + range_) * QUARTER, seconds)


@st.composite
def jobs(draw: st.DrawFn, number: int) -> Job:
    window = draw(st.none() | st.tuples(st.integers(24, 64), st.integers(0, 16)))
    return Job(
        target_id=number,
        external_id=f"T-{number}",
        title=f"Target {number}",
        point=draw(st.sampled_from([*PLACES, None]) if number % 5 == 0 else st.sampled_from(PLACES)),
        work_seconds=draw(st.sampled_from([900, 1800, 3600, 5400, 9000, 36_000])),
        window=Span(window[0] * QUARTER, (window[0] + max(1, window[1])) * QUARTER) if window else None,
        is_fixed=bool(window) and draw(st.integers(0, 4)) == 0,
        due_at=draw(st.none() | st.none() | st.integers(30, 60).map(lambda quarter: quarter * QUARTER)),
        priority=draw(st.sampled_from(["Low", "Normal", "High", "Urgent"])),
        required_skills=draw(st.sampled_from([(), (), (), ("Gas",), ("gas", "Refrigeration")])),
        is_open=draw(st.integers(0, 12)) != 0,
    )


@st.composite
def employees(draw: st.DrawFn, number: int) -> Employee:
    start = draw(st.integers(24, 40)) * QUARTER
    length = draw(st.sampled_from([16, 24, 34]))
    home = draw(st.sampled_from(PLACES))
    pauses = draw(
        st.lists(
            st.builds(_pause, st.integers(36, 54), st.integers(0, 6), st.sampled_from([900, 1800, 3600])),
            max_size=2,
        )
    )
    return Employee(
        employee_id=100 + number,
        name=f"Person {number}",
        start=home,
        end=draw(st.sampled_from([home, home, PLACES[0]])),
        shifts=() if draw(st.integers(0, 5)) == 0 else (Span(start, start + length * QUARTER),),
        skills=draw(st.sampled_from([(), ("GAS",), ("Gas", "refrigeration")])),
        breaks=tuple(pauses),
        area=draw(st.none() | st.none() | st.integers(3, 15).map(lambda km: Area(home, km * 1000))),
        absence="is on leave",
    )


@st.composite
def problems(draw: st.DrawFn, most_jobs: int = 12) -> Problem:
    return Problem(
        ORIGIN,
        tuple(draw(jobs(number)) for number in range(1, draw(st.integers(0, most_jobs)) + 1)),
        tuple(draw(employees(number)) for number in range(1, draw(st.integers(0, 3)) + 1)),
    )


def solved(problem: Problem, seconds: float = 0.45) -> tuple[Matrix, Plan]:
    matrix = GreatCircle().matrix(problem.points())
    return matrix, solve(problem, matrix=matrix, time_limit_seconds=seconds, seed=1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problem=problems())
def test_a_solved_plan_breaks_nothing_and_leaves_out_nothing_that_fits(problem: Problem) -> None:
    matrix, plan = solved(problem)
    assert broken(problem, matrix, plan) == []
    assert plan.violations == ()
    for excluded in plan.excluded:
        assert fits_somewhere(problem, matrix, plan, excluded.target_id) is None


@pytest.mark.parametrize("seed", range(3))
def test_so_does_the_plan_of_a_larger_day(seed: int) -> None:
    problem = instance(60, 5, seed=seed)
    matrix, plan = solved(problem, 1.5)
    assert broken(problem, matrix, plan) == []
    assert plan.violations == ()
    assert [one for one in plan.excluded if fits_somewhere(problem, matrix, plan, one.target_id)] == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problem=problems(), seed=st.integers(0, 1000))
def test_what_a_plan_made_by_hand_breaks_is_named(problem: Problem, seed: int) -> None:
    rng = random.Random(seed)
    orders: dict[int, list[int]] = {employee.employee_id: [] for employee in problem.employees}
    for job in rng.sample(problem.jobs, len(problem.jobs)):
        if orders and job.point is not None and rng.random() < 0.7:
            rng.choice(list(orders.values())).append(job.target_id)
    matrix = GreatCircle().matrix(problem.points())
    plan = plan_by_hand(problem, matrix=matrix, orders=orders)
    assert _found(problem, matrix, plan) == _named(plan)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problem=problems(), data=st.data())
def test_pinned_stops_stay_and_what_they_break_is_named(problem: Problem, data: st.DataObject) -> None:
    working = [employee.employee_id for employee in problem.employees if employee.shifts]
    if not working:
        return
    pins = st.none() | st.builds(
        Pin, st.sampled_from(working), st.none() | st.integers(20, 70).map(lambda quarter: quarter * QUARTER)
    )
    pinned = replace(problem, jobs=tuple(replace(job, pin=data.draw(pins)) for job in problem.jobs))
    matrix, plan = solved(pinned)
    assert _found(pinned, matrix, plan) == _named(plan)
    where = {stop.target_id: route.employee_id for route in plan.routes for stop in route.stops}
    for job in pinned.jobs:
        if job.pin and job.is_open and job.point:
            assert where[job.target_id] == job.pin.employee_id
        elif job.target_id in where:
            assert not {violation for violation in plan.violations if violation.target_id == job.target_id}


def _found(problem: Problem, matrix: Matrix, plan: Plan) -> set[tuple[str, str]]:
    """Code, and the ids that the checker saw it at."""
    found = set()
    for fault in rules_broken(problem, matrix, plan):
        kind, ids = fault.rstrip("0123456789 "), fault.removeprefix(fault.rstrip("0123456789 ")).strip()
        found.add((NAMED[kind], ids))
    return found


def _named(plan: Plan) -> set[tuple[str, str]]:
    return {
        (one.code, f"{one.employee_id} {one.target_id}" if one.target_id else str(one.employee_id))
        for one in plan.violations
    }
