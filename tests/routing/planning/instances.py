"""Days to plan, made by a seeded generator: an area of some 40 km, as a service company of the Ruhr has it."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

from routing.planning.problem import PRIORITIES, Area, Break, Employee, Job, Point, Problem, Span

ORIGIN = datetime(2026, 7, 2, tzinfo=ZoneInfo("Europe/Berlin"))
SKILLS = ("Refrigeration", "Gas", "Electric", "Medical")
HOUR = 3600


def hour(value: float) -> int:
    return round(value * HOUR)


def point(rng: random.Random) -> Point:
    """Two in three lie in one of four towns."""
    towns = ((51.455, 7.012), (51.481, 7.216), (51.514, 7.465), (51.432, 6.762))
    if rng.random() < 2 / 3:
        latitude, longitude = rng.choice(towns)
        return Point(round(latitude + rng.gauss(0, 0.03), 5), round(longitude + rng.gauss(0, 0.04), 5))
    return Point(round(rng.uniform(51.36, 51.58), 5), round(rng.uniform(6.7, 7.55), 5))


def job(number: int, rng: random.Random) -> Job:
    """Most have a window of two to four hours, some a fixed time; a third needs a skill."""
    window, is_fixed = None, False
    if rng.random() < 0.6:
        start = rng.choice(range(8, 15)) * HOUR
        window = Span(start, start + rng.choice((2, 3, 4)) * HOUR)
        is_fixed = rng.random() < 0.1
    return Job(
        target_id=number,
        external_id=f"T-{number}",
        title=f"Target {number}",
        point=point(rng),
        work_seconds=rng.choice((15, 30, 30, 45, 45, 60, 60, 90, 120)) * 60,
        window=window,
        is_fixed=is_fixed,
        due_at=rng.choice((16, 18)) * HOUR if rng.random() < 0.1 else None,
        overdue_days=rng.randrange(1, 20) if rng.random() < 0.1 else 0,
        priority=rng.choices(PRIORITIES, weights=(2, 5, 2, 1))[0],
        expected_revenue=rng.choice((None, None, 80.0, 250.0, 1_200.0, 9_000.0)),
        close_probability=rng.choice((None, 20.0, 80.0)),
        customer_tier=rng.choice(("", "", "Gold", "B")),
        required_skills=tuple(rng.sample(SKILLS, rng.choice((1, 1, 2)))) if rng.random() < 0.33 else (),
    )


def employee(number: int, rng: random.Random, *, with_breaks: bool) -> Employee:
    home = point(rng)
    start = rng.choice((7, 8, 8, 9)) * HOUR
    breaks = (Break(12 * HOUR, 13 * HOUR, 1800),) if with_breaks else ()
    return Employee(
        employee_id=1_000_000 + number,
        name=f"Employee {number}",
        start=home,
        end=home,
        shifts=(Span(start, start + hour(8.5)),),
        skills=tuple(skill.lower() for skill in SKILLS if rng.random() < 0.5),
        breaks=breaks,
        area=Area(home, 25_000) if rng.random() < 0.3 else None,
    )


def instance(jobs: int, employees: int, *, seed: int, with_breaks: bool = True) -> Problem:
    rng = random.Random(seed)
    return Problem(
        ORIGIN,
        tuple(job(number, rng) for number in range(1, jobs + 1)),
        tuple(employee(number, rng, with_breaks=with_breaks) for number in range(1, employees + 1)),
    )
