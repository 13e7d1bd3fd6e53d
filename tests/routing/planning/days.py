"""Short ways to write down a day: a straight road where a step takes ten minutes, 10 km long."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from routing.planning.problem import Employee, Job, Point, Problem, Span
from routing.planning.travel import Matrix
from tests.routing.planning.instances import HOUR, ORIGIN

MINUTE = 60
STEP_SECONDS = 10 * MINUTE
STEP_METRES = 10_000


def at(step: float) -> Point:
    """A place on the road: the way from 0 to 3 takes half an hour."""
    return Point(51.0 + step / 10, 7.0)


def job(number: int, step: float | None = 1, *, minutes: int = 30, **values: Any) -> Job:
    return Job(
        target_id=number,
        external_id=f"T-{number}",
        title=f"Target {number}",
        point=None if step is None else at(step),
        work_seconds=minutes * MINUTE,
        **values,
    )


def employee(
    number: int = 1, *, name: str = "Jana", hours: tuple[float, float] | None = (8, 16), **values: Any
) -> Employee:
    values.setdefault("start", at(0))
    values.setdefault("end", values["start"])
    shifts = () if hours is None else (Span(round(hours[0] * HOUR), round(hours[1] * HOUR)),)
    return Employee(employee_id=number, name=name, shifts=values.pop("shifts", shifts), **values)


def day(jobs: Sequence[Job], employees: Sequence[Employee] = ()) -> Problem:
    return Problem(ORIGIN, tuple(jobs), tuple(employees or [employee()]))


def road(problem: Problem) -> Matrix:
    """The ways of a day on the road."""
    points = problem.points()
    steps = np.array([(point.latitude - 51.0) * 10 for point in points])
    apart = np.round(np.abs(steps[:, None] - steps[None, :]), 6)
    return Matrix(
        tuple(points),
        np.round(apart * STEP_SECONDS).astype(np.int64),
        np.round(apart * STEP_METRES).astype(np.int64),
    )


def clock(hour: int, minute: int = 0) -> int:
    return hour * HOUR + minute * MINUTE
