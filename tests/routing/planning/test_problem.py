"""A day's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from routing.planning.problem import Problem
from tests.routing.planning.days import clock, employee, job

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("date", "hours", "eight"),
    [((2026, 7, 2), 24, 8), ((2026, 3, 29), 23, 7), ((2026, 10, 25), 25, 9)],
)
def test_a_day_with_a_change_of_clocks_is_nothing_special(
    date: tuple[int, int, int], hours: int, eight: int
) -> None:
    problem = Problem(datetime(*date, tzinfo=BERLIN), (), ())
    assert problem.day.end == hours * 3600
    assert problem.seconds(datetime(*date, 8, tzinfo=BERLIN)) == clock(eight)
    assert problem.clock(clock(eight)) == "08:00"
    assert problem.moment(0).astimezone(UTC) == problem.origin


def test_places_are_listed_once() -> None:
    problem = Problem(
        datetime(2026, 7, 2, tzinfo=BERLIN), (job(1, 1), job(2, 1), job(3, None)), (employee(),)
    )
    assert len(problem.points()) == 2
