"""A plan is found: what counts more comes first, pinned stops stay, and who waits hears how far it is."""

import pytest
from pyvrp.stop import MaxIterations

from routing.planning.ground import Ground
from routing.planning.plan import Plan
from routing.planning.problem import Break, Employee, Job, Pin, Problem, Span
from routing.planning.search import search
from routing.planning.solver import solve
from routing.planning.travel import GreatCircle
from tests.routing.planning.days import MINUTE, clock, day, employee, job, road
from tests.routing.planning.instances import instance
from tests.routing.planning.plan_checker import broken


def planned(problem: Problem, seconds: float = 1.0) -> Plan:
    return solve(problem, matrix=road(problem), time_limit_seconds=seconds, seed=1)


def by(plan: Plan) -> dict[int, int]:
    """Who does each target."""
    return {stop.target_id: route.employee_id for route in plan.routes for stop in route.stops}


@pytest.mark.parametrize("problem", [day([]), Problem(day([]).origin, (job(1),), ()), day([job(1, None)])])
def test_where_there_is_nothing_to_plan_the_answer_is_there_at_once(problem: Problem) -> None:
    plan = planned(problem, 60)
    assert plan.routes == ()
    assert len(plan.excluded) == len(problem.jobs)


def test_a_far_target_of_low_priority_is_not_dropped_to_save_the_way() -> None:
    plan = planned(day([job(1, 1, priority="Urgent"), job(2, 22, minutes=5, priority="Low")]))
    assert set(by(plan)) == {1, 2}


def test_what_is_worth_more_is_planned_where_only_one_fits() -> None:
    plan = planned(day([job(1, 0, minutes=300, priority="Low"), job(2, 20, minutes=60)]))
    assert set(by(plan)) == {2}


def test_several_outweigh_one_where_they_fit_into_its_time() -> None:
    hours = [job(number, 0, minutes=100) for number in range(2, 6)]
    plan = planned(day([job(1, 0, minutes=400, priority="High"), *hours]))
    assert set(by(plan)) == {2, 3, 4, 5}


def test_of_plans_of_one_value_the_one_with_less_travel_is_taken() -> None:
    plan = planned(day([job(1, 3), job(2, 1), job(3, 4), job(4, 2)]))
    assert plan.travel_seconds == 80 * MINUTE


def test_a_skill_decides_who_comes() -> None:
    team = [employee(1, name="Anna"), employee(2, name="Jana", skills=("Refrigeration",))]
    assert by(planned(day([job(1, required_skills=("REFRIGERATION",))], team))) == {1: 2}


def test_employees_whose_breaks_differ_are_planned_together() -> None:
    def pause(hour: int) -> tuple[Break, ...]:
        return (Break(clock(hour), clock(hour + 1), 30 * MINUTE),)

    team = [
        employee(1, breaks=pause(10)),
        employee(2, breaks=pause(11)),
        employee(3, breaks=pause(12)),
        employee(4, breaks=pause(13)),
        employee(5),
        employee(6, hours=(8, 10)),
    ]
    problem = day([job(number, number % 4, minutes=55) for number in range(1, 41)], team)
    plan = planned(problem, 2)
    assert broken(problem, road(problem), plan) == []
    # Five days of 440 minutes hold seven or eight visits each.
    assert len(by(plan)) >= 36


def test_a_fixed_time_while_others_have_their_break_is_kept() -> None:
    who = employee(breaks=(Break(clock(12), clock(13), 60 * MINUTE),))
    fixed = job(1, 0, is_fixed=True, window=Span(clock(12, 45), clock(13)), minutes=10)
    assert by(planned(day([fixed, job(2, 0, minutes=200)], [who]))) == {1: 1, 2: 1}


def pinned_day(*jobs: Job, who: tuple[Employee, ...] = (employee(1), employee(2, name="Anna"))) -> Plan:
    problem = day(jobs, who)
    return planned(problem)


def test_a_pinned_stop_stays_where_it_is_and_others_are_planned_around_it() -> None:
    plan = pinned_day(job(1, 1, pin=Pin(2, clock(11))), job(2, 1, priority="Urgent", minutes=60))
    assert by(plan)[1] == 2
    assert [stop.start for route in plan.routes for stop in route.stops if stop.target_id == 1] == [clock(11)]
    assert plan.violations == ()


def test_a_pinned_stop_is_not_given_up_for_more_value() -> None:
    urgent = [job(number, 0, minutes=240, priority="Urgent") for number in (2, 3)]
    plan = pinned_day(job(1, 0, minutes=240, priority="Low", pin=Pin(1)), *urgent, who=(employee(),))
    assert 1 in by(plan)


def test_what_a_pinned_stop_breaks_is_named_and_the_rest_of_the_day_is_planned() -> None:
    late = job(1, 3, window=Span(clock(8), clock(8, 10)), pin=Pin(1))
    plan = pinned_day(late, job(2, 1), who=(employee(),))
    assert set(by(plan)) == {1, 2}
    assert [(one.code, one.target_id) for one in plan.violations] == [("time_window_missed", 1)]


def test_a_pinned_stop_may_take_longer_than_the_day() -> None:
    plan = pinned_day(job(1, 0, minutes=600, pin=Pin(1)), job(2, 1, minutes=30), who=(employee(),))
    assert set(by(plan)) == {1}
    assert [one.code for one in plan.violations] == ["outside_working_hours"]


def test_who_waits_hears_how_far_it_is() -> None:
    problem = instance(30, 3, seed=1)
    heard: list[float] = []
    matrix = GreatCircle().matrix(problem.points())
    solve(problem, matrix=matrix, time_limit_seconds=1.5, seed=1, progress=heard.append)
    assert heard == sorted(heard)
    assert len(heard) > 2
    assert heard[-1] == 1.0


def test_a_plan_that_is_cancelled_is_what_was_found_by_then() -> None:
    problem = instance(60, 5, seed=1)
    matrix = GreatCircle().matrix(problem.points())
    heard: list[float] = []
    plan = solve(
        problem,
        matrix=matrix,
        time_limit_seconds=600,
        seed=1,
        progress=heard.append,
        cancelled=lambda: True,
    )
    # Of what it reports while it searches: it ended as soon as it was asked to.
    assert len(heard) == 2
    assert heard[-1] == 1.0
    assert broken(problem, matrix, plan) == []
    assert plan.routes


def test_a_plan_says_that_its_ways_are_estimates() -> None:
    problem = day([job(1)])
    matrix = road(problem)
    object.__setattr__(matrix, "note", "Travel times are estimated.")
    assert solve(problem, matrix=matrix, time_limit_seconds=1).note == "Travel times are estimated."


def test_a_pinned_stop_that_comes_late_comes_as_soon_as_it_can() -> None:
    late = job(1, 3, window=Span(clock(8), clock(8, 10)), pin=Pin(1))
    plan = pinned_day(late, job(2, 1, pin=Pin(1, clock(14))), who=(employee(),))
    assert [(one.target_id, one.seconds) for one in plan.violations] == [(1, 20 * MINUTE)]


def test_pinned_stops_stay_even_where_the_search_drops_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.planning.solver.search", lambda *_arguments, **_named: {1: [2, 3]})
    urgent = [job(number, 0, minutes=240, priority="Urgent") for number in (2, 3)]
    plan = pinned_day(job(1, 0, minutes=240, priority="Low", pin=Pin(1)), *urgent, who=(employee(),))
    assert 1 in by(plan)
    assert plan.violations == ()


def test_the_search_knows_how_long_a_fixed_time_in_a_break_holds_somebody_up() -> None:
    who = employee(breaks=(Break(clock(12), clock(13), 60 * MINUTE),))
    fixed = job(1, 0, is_fixed=True, window=Span(clock(12, 45), clock(13)), minutes=10)
    # The break follows until 13:55, so there is no time for both.
    other = job(2, 0, window=Span(clock(13), clock(13, 50)), minutes=10)
    problem = day([fixed, other], [who])
    orders = search(Ground(problem, road(problem)), [1, 2], stop=MaxIterations(100), seconds=1, seed=1)
    assert len(orders[1]) == 1
