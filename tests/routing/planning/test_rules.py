"""What a plan made by hand breaks, in words."""

import pytest

from routing.planning.plan import Violation
from routing.planning.problem import Area, Break, Employee, Job, Pin, Span
from routing.planning.rules import check, cushion_seconds, plan_by_hand
from tests.routing.planning.days import MINUTE, at, clock, day, employee, job, road

MORNING = Span(clock(9), clock(10))


def broken(*jobs: Job, who: Employee | None = None) -> list[Violation]:
    """By one employee who does all of it in this order."""
    problem = day(jobs, [who or employee()])
    orders = {1: [one.target_id for one in jobs]}
    return list(check(problem, matrix=road(problem), orders=orders).violations)


@pytest.mark.parametrize(
    ("second", "code", "said"),
    [
        (
            job(2, 1, window=MORNING),
            "time_window_missed",
            "Target 2 starts 12 min after the window closes at 10:00.",
        ),
        (
            job(2, 1, window=MORNING, is_fixed=True),
            "time_window_missed",
            "Target 2 starts 72 min after its fixed time at 09:00.",
        ),
        (
            job(2, 1, window=MORNING, due_at=clock(9, 30)),
            "time_window_missed",
            "Target 2 starts 42 min after its latest start at 09:30.",
        ),
        (
            job(2, 1, pin=Pin(1, clock(10, 7))),
            "pinned_start_missed",
            "Target 2 starts 5 min after the pinned start at 10:07.",
        ),
        (
            job(2, 1, due_at=clock(-12)),
            "time_window_missed",
            "Target 2 is meant for another day (1 July 2026).",
        ),
    ],
)
def test_a_stop_that_comes_too_late(second: Job, code: str, said: str) -> None:
    (violation,) = broken(job(1, 1, minutes=122), second)
    assert (violation.code, violation.target_id, violation.message) == (code, 2, said)


def test_a_pinned_start_before_the_window() -> None:
    (violation,) = broken(job(1, 1, window=MORNING, pin=Pin(1, clock(8, 40))))
    assert violation.message == "Target 1 starts 20 min before the window opens at 09:00."


def test_a_skill_that_somebody_lacks() -> None:
    (violation,) = broken(job(1, required_skills=("Refrigeration", "Gas")), who=employee(skills=("GAS",)))
    assert violation.code == "skill_missing"
    assert violation.message == "Target 1 needs the skill Refrigeration, which Jana does not have."


def test_a_place_outside_of_the_working_area() -> None:
    (violation,) = broken(job(1, 3), who=employee(area=Area(at(0), 20_000)))
    assert violation.code == "outside_working_area"
    assert violation.message == "Target 1 lies outside of the working area of Jana (20 km)."


def test_a_day_that_ends_after_the_shift() -> None:
    (violation,) = broken(job(1, 1, minutes=485))
    assert (violation.code, violation.target_id) == ("outside_working_hours", None)
    assert violation.message == "Jana is back 25 min after the shift ends at 16:00."


def test_a_break_that_comes_too_late() -> None:
    who = employee(breaks=(Break(clock(12), clock(12, 30), 30 * MINUTE),))
    (violation,) = broken(job(1, 1, window=Span(clock(11), clock(11)), minutes=120), who=who)
    assert violation.code == "break_missed"
    assert violation.message == "Jana has a break 30 min too late: at 13:00 instead of 12:30."


def test_somebody_who_is_away() -> None:
    (violation,) = broken(job(1), who=employee(hours=None, absence="is on leave on 2 July"))
    assert (violation.code, violation.message) == ("no_employee_available", "Jana is on leave on 2 July.")


def test_a_target_that_is_not_open() -> None:
    (violation,) = broken(job(1, is_open=False))
    assert (violation.code, violation.message) == ("not_open", "Target 1 is not open.")


def test_a_target_without_coordinates_is_named_and_in_no_route() -> None:
    problem = day([job(1, None), job(2)])
    plan = plan_by_hand(problem, matrix=road(problem), orders={1: [1, 2]})
    assert [violation.code for violation in plan.violations] == ["missing_coordinates"]
    assert plan.orders == {1: [2]}
    assert [(one.target_id, one.code) for one in plan.excluded] == [(1, "missing_coordinates")]


def test_a_target_cannot_stand_in_a_plan_twice() -> None:
    problem = day([job(1)])
    with pytest.raises(ValueError, match="twice"):
        check(problem, matrix=road(problem), orders={1: [1, 1]})


def test_how_much_later_a_stop_may_start() -> None:
    problem = day([job(1, 1, window=Span(clock(8), clock(8, 30))), job(2)])
    (route,) = check(problem, matrix=road(problem), orders={1: [1, 2]}).routes
    assert [cushion_seconds(problem, stop) for stop in route.stops] == [20 * MINUTE, None]
