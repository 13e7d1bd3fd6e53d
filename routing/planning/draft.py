"""A draft laid out to be changed by hand: what may be planned, the ways between, and how it is arranged now."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from time import monotonic

from imports.models import Target
from routing.planning.arranging import Arrangement
from routing.planning.exclusions import explained
from routing.planning.ground import Ground
from routing.planning.models import RouteSuggestion, SuggestedStop
from routing.planning.plan import Exclusion, Route, Violation
from routing.planning.problem import Job, Pin, Point, Problem
from routing.planning.problem_building import build_problem, is_commitment
from routing.planning.rules import checked
from routing.planning.solving import matrix_for
from routing.planning.travel import Matrix

# Days whose ways a process remembers, so that a change by hand asks no map service. 500 places take about 10 MB.
DAYS_REMEMBERED = 4
# Ways that were only estimated, since the map service gave none, are asked for again after that many seconds.
SECONDS_OF_ESTIMATES = 60


@dataclass(frozen=True)
class Judged:
    """An arrangement with its times and what it breaks; the reasons of what is in no route when they are asked for.

    Args:
        routes: with the published appointments among their stops.
        violations: without those that the published appointments break by themselves.
    """

    arrangement: Arrangement
    ground: Ground
    routes: tuple[Route, ...]
    violations: tuple[Violation, ...]

    @property
    def travel_seconds(self) -> int:
        return sum(route.travel_seconds for route in self.routes)

    @cached_property
    def excluded(self) -> tuple[Exclusion, ...]:
        """Of every job that is in no route: far more work than the check of the routes."""
        return explained(self.ground, {route.employee_id: route.target_ids for route in self.routes})


@dataclass(frozen=True)
class Draft:
    """What the rules need to judge a change.

    Args:
        problem: without pins and without what staff left out: both stand in the arrangement.
        targets: all that the suggestion was asked for, as far as they are there, by id.
        stored: the stops as they were saved.
        arrangement: as it was saved, with the published appointments at their places.
    """

    suggestion: RouteSuggestion
    problem: Problem
    targets: dict[int, Target]
    stored: tuple[SuggestedStop, ...]
    arrangement: Arrangement
    matrix: Matrix

    @cached_property
    def now(self) -> Judged:
        """The arrangement that was saved, judged by what is true now."""
        return self.judged(self.arrangement)

    def judged(self, arrangement: Arrangement) -> Judged:
        """Raises: KeyError for a target or employee that is not part of the day."""
        ground = self.ground(arrangement)
        found = checked(ground, arrangement.orders)
        return Judged(arrangement, ground, found.routes, self.faults(found.violations))

    def ground(self, arrangement: Arrangement) -> Ground:
        """The problem with the pins of an arrangement, and without what it leaves out."""
        jobs = tuple(_arranged(job, arrangement) for job in self.problem.jobs)
        return Ground(replace(self.problem, jobs=jobs), self.matrix)

    def faults(self, violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
        """Those that are more than what published appointments break by themselves."""
        return tuple(
            violation
            for violation in violations
            if violation.seconds > self._known.get(key_of(violation), -1)
        )

    @cached_property
    def _known(self) -> dict[tuple[str, int, int | None], int]:
        alone = {
            employee_id: [job_id for job_id in order if is_commitment(job_id)]
            for employee_id, order in self.arrangement.orders.items()
        }
        found = checked(Ground(self.problem, self.matrix), {who: ids for who, ids in alone.items() if ids})
        return {key_of(violation): violation.seconds for violation in found.violations}

    @property
    def is_out_of_date(self) -> bool:
        """Whether the times that were saved are not those that follow from the arrangement today."""
        problem = self.problem
        saved = {
            (stop.target_id, stop.employee_id, problem.seconds(stop.start_at), problem.seconds(stop.end_at))
            for stop in self.stored
        }
        follows = {
            (stop.target_id, route.employee_id, stop.start, stop.end)
            for route in self.now.routes
            for stop in route.stops
            if not is_commitment(stop.target_id)
        }
        return saved != follows


def key_of(violation: Violation) -> tuple[str, int, int | None]:
    """What makes two violations the same, apart from how bad they are."""
    return violation.code, violation.employee_id, violation.target_id


def lay_out(suggestion: RouteSuggestion) -> Draft:
    """A suggestion as the database has it now, in a constant number of statements.

    No transaction should be open: a map service may be asked.
    """
    # Pins and what is left out are asked for apart from the problem, which so has a job for every target.
    asked = RouteSuggestion(
        pk=0,
        tenant=suggestion.tenant,
        date=suggestion.date,
        target_ids=suggestion.target_ids,
        employee_ids=suggestion.employee_ids,
    )
    day = build_problem(asked)
    stored = tuple(suggestion.stops.order_by("employee_id", "position"))
    left_out = suggestion.excluded.filter(is_left_out=True).values_list("target_id", flat=True)
    return Draft(
        suggestion=suggestion,
        problem=day.problem,
        targets=day.targets,
        stored=stored,
        arrangement=_arrangement(day.problem, stored, frozenset(left_out)),
        matrix=_ways(day.problem),
    )


def _arranged(job: Job, arrangement: Arrangement) -> Job:
    if is_commitment(job.target_id):
        return job
    if job.target_id in arrangement.left_out:
        return replace(job, is_left_out=True)
    if job.target_id in arrangement.pins and (place := arrangement.place_of(job.target_id)):
        return replace(job, pin=Pin(place.employee_id, arrangement.pins[job.target_id]))
    return job


def _arrangement(
    problem: Problem, stored: tuple[SuggestedStop, ...], left_out: frozenset[int]
) -> Arrangement:
    """Stops in their order; a published appointment stands before the first stop that starts after it."""
    orders: dict[int, list[tuple[int, int]]] = {}
    for stop in stored:
        if stop.employee_id in problem.employee and stop.target_id in problem.job:
            orders.setdefault(stop.employee_id, []).append((problem.seconds(stop.start_at), stop.target_id))
    for job in problem.jobs:
        if is_commitment(job.target_id) and job.pin and job.pin.employee_id in problem.employee:
            order = orders.setdefault(job.pin.employee_id, [])
            start = job.pin.start or 0
            place = next((at for at, (other, _id) in enumerate(order) if other > start), len(order))
            order.insert(place, (start, job.target_id))
    return Arrangement(
        orders={who: tuple(job_id for _start, job_id in order) for who, order in orders.items()},
        pins={stop.target_id: problem.seconds(stop.start_at) for stop in stored if stop.is_pinned},
        left_out=left_out,
    )


_remembered: OrderedDict[tuple[Point, ...], tuple[float, Matrix]] = OrderedDict()
_lock = Lock()


def _ways(problem: Problem) -> Matrix:
    """The ways between a day's places, remembered for the next change of it."""
    points = tuple(problem.points())
    with _lock:
        asked_at, matrix = _remembered.get(points, (0.0, None))
    if matrix is not None and (not matrix.note or monotonic() - asked_at < SECONDS_OF_ESTIMATES):
        return matrix
    matrix = matrix_for(problem)
    with _lock:
        _remembered[points] = (monotonic(), matrix)
        _remembered.move_to_end(points)
        while len(_remembered) > DAYS_REMEMBERED:
            _remembered.popitem(last=False)
    return matrix
