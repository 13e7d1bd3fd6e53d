"""Why a target is in no route, and what would have to change: each sentence is true."""

import pytest

from routing.planning.exclusions import explain
from routing.planning.plan import Exclusion
from routing.planning.problem import Area, Break, Employee, Job, Pin, Problem, Span
from tests.routing.planning.days import MINUTE, at, clock, day, employee, job, road

AWAY = employee(2, name="Jana", hours=None, skills=("Refrigeration",), absence="is away on 2 July")
ANNA = employee(1, name="Anna")


def reason(problem: Problem, orders: dict[int, list[int]] | None = None) -> Exclusion:
    """Of the one job that is in no route."""
    (exclusion,) = explain(problem, matrix=road(problem), orders=orders or {})
    return exclusion


@pytest.mark.parametrize(
    ("target", "employees", "code", "said"),
    [
        (job(1, None, is_open=False, status="Cancelled"), [ANNA], "not_open", "Its status is Cancelled"),
        (job(1, None), [ANNA], "missing_coordinates", "no coordinates"),
        (job(1), [AWAY], "no_employee_available", "Nobody works on 2 July 2026: Jana is away on 2 July."),
        (
            job(1, required_skills=("refrigeration",)),
            [ANNA, AWAY],
            "skill_missing",
            "Needs the skill refrigeration; Jana has it but is away on 2 July.",
        ),
        (
            job(1, required_skills=("Gas",)),
            [ANNA, AWAY],
            "skill_missing",
            "Needs the skill Gas, which nobody who works on this day has.",
        ),
        (
            job(1, required_skills=("Gas", "Electric")),
            [employee(1, name="Anna", skills=("gas",)), employee(2, name="Bernd", skills=("electric",))],
            "skill_missing",
            "Needs the skills Gas, Electric together: nobody who works on this day has all of them.",
        ),
        (
            job(1, 5),
            [employee(1, name="Anna", area=Area(at(0), 20_000))],
            "outside_working_area",
            "Anna works within 20 km",
        ),
        (
            job(1, window=Span(clock(19), clock(20))),
            [ANNA],
            "outside_working_hours",
            "between 19:00 and 20:00: Anna 08:00–16:00.",
        ),
        (
            job(1, window=Span(clock(15, 50), clock(16))),
            [ANNA],
            "outside_working_hours",
            "Anna 08:00–16:00",
        ),
        (
            job(1, 3, window=Span(clock(8), clock(8, 20))),
            [ANNA],
            "time_window_unreachable",
            "Anna is there first, at 08:30; it starts at 08:20 at the latest.",
        ),
        (
            job(1, window=Span(clock(33), clock(34))),
            [ANNA],
            "time_window_unreachable",
            "Its window lies on 3 July 2026",
        ),
        (
            job(1, due_at=clock(-6)),
            [ANNA],
            "time_window_unreachable",
            "It should have started by 1 July 2026, 18:00",
        ),
        (
            job(1, window=Span(clock(12, 10), clock(12, 10))),
            [employee(1, name="Anna", breaks=(Break(clock(12), clock(12, 10), 30 * MINUTE),))],
            "time_window_unreachable",
            "the break of Anna",
        ),
        (job(1, minutes=600), [ANNA], "capacity_exceeded", "It takes 600 min"),
        (
            job(1, required_skills=("Gas",), window=Span(clock(13), clock(14))),
            [ANNA, employee(2, name="Jana", hours=(8, 12), skills=("Gas",))],
            "outside_working_hours",
            "Jana 08:00–12:00.",
        ),
        (job(1, pin=Pin(2)), [ANNA, AWAY], "no_employee_available", "pinned to Jana, who is away on 2 July."),
        (job(1, is_left_out=True), [ANNA], "lower_priority", "Staff left it out"),
    ],
)
def test_nobody_could_do_it(target: Job, employees: list[Employee], code: str, said: str) -> None:
    exclusion = reason(day([target], employees))
    assert exclusion.code == code
    assert said in exclusion.message


def test_it_would_fit_in_place_of_what_is_worth_more() -> None:
    problem = day([job(1, minutes=400, priority="High"), job(2, minutes=400)], [ANNA])
    exclusion = reason(problem, {1: [1]})
    assert exclusion.code == "lower_priority"
    assert "Only Anna could do it and does what is worth more, such as Target 1" in exclusion.message


def test_nobody_has_time_left() -> None:
    problem = day([job(1, minutes=400), job(2, minutes=400)], [ANNA])
    exclusion = reason(problem, {1: [1]})
    assert exclusion.code == "capacity_exceeded"
    assert "Anna could do it but has no 400 min left" in exclusion.message


def test_one_that_was_left_out_by_hand_says_where_it_fits() -> None:
    exclusion = reason(day([job(1), job(2)], [ANNA]), {1: [1]})
    assert exclusion.message == "It was left out; it fits into the route of Anna."


def test_without_employees_there_is_somebody_to_add() -> None:
    problem = Problem(day([]).origin, (job(1),), ())
    assert reason(problem).message == "There is no employee to plan for: add one, or choose others."
