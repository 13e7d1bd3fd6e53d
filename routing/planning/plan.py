"""A plan, as plain values: routes with their stops, what was left out and why, what it breaks.

Times are seconds since the problem's origin, lengths seconds and metres. Travel and work come in whole minutes
(see travel.py), so most times are whole minutes; who shows them rounds.
"""

from dataclasses import dataclass, field

from routing.planning.problem import Span


@dataclass(frozen=True)
class Stop:
    """One visit.

    Args:
        travel_seconds, travel_metres: of the leg that leads to it, the first from the employee's start.
        waiting_seconds: between arrival and start, breaks not counted.
    """

    target_id: int
    arrival: int
    start: int
    end: int
    travel_seconds: int
    travel_metres: int
    waiting_seconds: int


@dataclass(frozen=True)
class Route:
    """What an employee does on the day, from `departure` at the start to `back` at the end; breaks may lie outside.

    Args:
        return_seconds, return_metres: of the way back.
    """

    employee_id: int
    departure: int
    stops: tuple[Stop, ...]
    breaks: tuple[Span, ...]
    back: int
    return_seconds: int
    return_metres: int

    @property
    def travel_seconds(self) -> int:
        """The way back included."""
        return sum(stop.travel_seconds for stop in self.stops) + self.return_seconds

    @property
    def travel_metres(self) -> int:
        return sum(stop.travel_metres for stop in self.stops) + self.return_metres

    @property
    def work_seconds(self) -> int:
        return sum(stop.end - stop.start for stop in self.stops)

    @property
    def waiting_seconds(self) -> int:
        return sum(stop.waiting_seconds for stop in self.stops)

    @property
    def target_ids(self) -> list[int]:
        return [stop.target_id for stop in self.stops]


@dataclass(frozen=True)
class Exclusion:
    """Why a target is in no route: a code of the API contract, and what would have to change."""

    target_id: int
    code: str
    message: str


@dataclass(frozen=True)
class Violation:
    """A hard rule that a route breaks, in words.

    Args:
        target_id: None where the route as a whole breaks it.
        seconds: by how much, where it has a length; else 0.
    """

    code: str
    employee_id: int
    target_id: int | None
    message: str
    seconds: int = 0


@dataclass(frozen=True)
class Plan:
    """Every job of the problem is in one route or excluded. Employees without a stop have no route.

    Args:
        value: the sum of the planned jobs' prizes (value.py).
        violations: of pinned stops only, where the solver made the plan.
        note: what somebody should know of how it came about ("" for nothing).
    """

    routes: tuple[Route, ...]
    excluded: tuple[Exclusion, ...] = ()
    violations: tuple[Violation, ...] = ()
    value: int = 0
    note: str = field(default="")

    @property
    def travel_seconds(self) -> int:
        return sum(route.travel_seconds for route in self.routes)

    @property
    def orders(self) -> dict[int, list[int]]:
        """Target ids in the order of their stops, by employee id: what `rules.check` takes."""
        return {route.employee_id: route.target_ids for route in self.routes}
