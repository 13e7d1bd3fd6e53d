"""When things happen on a route of a given order."""

import pytest

from routing.planning.plan import Route
from routing.planning.problem import Break, Employee, Job, Span
from routing.planning.rules import check, places_for
from tests.routing.planning.days import MINUTE, clock, day, employee, job, road

LUNCH = Break(clock(12), clock(13), 30 * MINUTE)


def route_of(jobs: list[Job], who: Employee) -> Route:
    problem = day(jobs, [who])
    orders = {who.employee_id: [one.target_id for one in jobs]}
    return check(problem, matrix=road(problem), orders=orders).routes[0]


def test_legs_visits_and_the_way_back_follow_each_other() -> None:
    route = route_of([job(1, 1), job(2, 3, minutes=60)], employee())
    first, second = route.stops
    assert (route.departure, first.arrival, first.start, first.end) == (
        clock(8),
        clock(8, 10),
        clock(8, 10),
        clock(8, 40),
    )
    assert (second.arrival, second.end, route.back) == (clock(9), clock(10), clock(10, 30))
    assert (route.travel_seconds, route.travel_metres) == (60 * MINUTE, 60_000)
    assert (route.work_seconds, route.waiting_seconds) == (90 * MINUTE, 0)


def test_who_would_wait_at_the_first_stop_leaves_later() -> None:
    route = route_of([job(1, 1, window=Span(clock(10), clock(11)))], employee())
    assert (route.departure, route.stops[0].arrival, route.waiting_seconds) == (clock(9, 50), clock(10), 0)


def test_a_later_stop_is_waited_for() -> None:
    jobs = [job(1, 1), job(2, 1, window=Span(clock(9), clock(10)))]
    assert route_of(jobs, employee()).stops[1].waiting_seconds == 20 * MINUTE


def test_a_break_is_taken_where_one_waits_anyway_and_is_no_waiting() -> None:
    jobs = [job(1, 1, minutes=210), job(2, 1, window=Span(clock(13), clock(14)))]
    route = route_of(jobs, employee(breaks=(LUNCH,)))
    assert route.breaks == (Span(clock(12), clock(12, 30)),)
    assert route.stops[1].waiting_seconds == 50 * MINUTE  # From 11:40 to 13:00 without the break.


def test_a_break_moves_a_visit_that_would_run_into_its_end() -> None:
    route = route_of([job(1, 1, minutes=200), job(2, 1, minutes=120)], employee(breaks=(LUNCH,)))
    # The second visit from 11:30 to 13:30 leaves no room for a break until 13:00.
    assert route.breaks == (Span(clock(12), clock(12, 30)),)
    assert route.stops[1].start == clock(12, 30)


def test_a_break_lies_outside_of_a_short_route() -> None:
    route = route_of([job(1, 1)], employee(breaks=(LUNCH,)))
    assert (route.back, route.breaks) == (clock(8, 50), (Span(clock(12), clock(12, 30)),))


@pytest.mark.parametrize(
    ("hours", "pause", "kept"),
    [
        ((8, 16), LUNCH, LUNCH),
        ((8, 12), LUNCH, None),
        ((13, 17), LUNCH, Break(clock(13), clock(13), 30 * MINUTE)),
        ((14, 17), LUNCH, None),
        ((8, 13), LUNCH, Break(clock(12), clock(12, 30), 30 * MINUTE)),
    ],
)
def test_of_a_break_counts_what_lies_in_the_working_day(
    hours: tuple[float, float], pause: Break, kept: Break | None
) -> None:
    assert employee(hours=hours, breaks=(pause,)).pauses == ((kept,) if kept else ())


def test_nobody_works_between_two_shifts() -> None:
    who = employee(shifts=(Span(clock(8), clock(12)), Span(clock(14), clock(18))), breaks=(LUNCH,))
    route = route_of([job(1, 1, minutes=210), job(2, 1, minutes=60)], who)
    assert route.breaks == (Span(clock(12), clock(14)),)
    assert route.stops[1].start == clock(14)


def test_places_are_those_where_nothing_breaks_the_nearest_first() -> None:
    jobs = [job(1, 1, is_fixed=True, window=Span(clock(8, 30), clock(10))), job(2, 3), job(3, 2)]
    problem = day(jobs)
    found = places_for(problem, matrix=road(problem), orders={1: [1, 2]}, target_id=3)
    assert [(one.position, one.extra_travel_seconds) for one in found] == [(2, 0), (3, 0)]
