"""From a problem to a plan: search, then exact steps, then the reasons of what is left out.

Collected value comes first, travel second: no target is dropped to save a detour. The plan keeps every hard rule,
except where a pinned job leaves no choice; that is named in `Plan.violations`.
"""

import time
from collections.abc import Callable

from routing.planning.ground import Ground
from routing.planning.insertion import Deadline, Tours, feasible_part, improve
from routing.planning.pins import ease
from routing.planning.plan import Plan
from routing.planning.problem import Problem
from routing.planning.rules import planned
from routing.planning.search import search
from routing.planning.timing import Tour
from routing.planning.travel import Matrix

# The search may run a third of a second past its end, and exact steps take time too: this share of the limit is theirs.
SHARE_OF_EXACT_STEPS = 0.1
SECONDS_OF_EXACT_STEPS = 0.4
# Reasons are found after the time for steps is over: a pair of a job and an employee takes about so long.
SECONDS_A_PAIR = 0.00005
# The search ends early when this many iterations, and so many for each job, brought nothing: seconds at 30 jobs,
# more than a minute at 200.
ITERATIONS = 2_000
ITERATIONS_A_JOB = 400
# How often a listener hears of progress, and how often it is asked whether to stop, in seconds.
SECONDS_BETWEEN_REPORTS = 0.25

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]


def solve(
    problem: Problem,
    *,
    matrix: Matrix,
    time_limit_seconds: float,
    seed: int = 0,
    progress: Progress = lambda _share: None,
    cancelled: Cancelled = lambda: False,
) -> Plan:
    """A plan within the limit; sooner where nothing better is found for long.

    Args:
        matrix: of `problem.points()` at least.
        progress: called with the share of the work that is done, 0 to 1, about four times a second.
        cancelled: asked as often; True ends the search, and the plan is what was found by then.
    """
    watch = _Watch(time_limit_seconds, progress, cancelled)
    ground = Ground(problem, matrix)
    pinned = ease(ground)
    possible = [job.target_id for job in problem.jobs if ground.candidates(job.target_id)]
    tours = _searched(ground, possible, pinned, watch, seed)
    planned = {visit.target_id for tour in tours.values() for visit in tour.visits}
    improve(ground, tours, set(possible) - planned, watch.deadline())
    plan = _plan(problem, matrix, tours)
    progress(1.0)
    return plan


def _plan(problem: Problem, matrix: Matrix, tours: Tours) -> Plan:
    orders = {
        employee_id: [visit.target_id for visit in tour.visits]
        for employee_id, tour in tours.items()
        if tour.visits
    }
    # As the problem has it: what was eased for pinned jobs is not eased for the rules.
    return planned(Ground(problem, matrix), orders)


def _searched(ground: Ground, possible: list[int], pinned: Tours, watch: "_Watch", seed: int) -> Tours:
    """Feasible tours with all pinned jobs."""
    if not possible:
        return pinned
    watch.expect(jobs=len(possible), employees=len(ground.shifts))
    orders = search(ground, possible, stop=watch, seconds=watch.limit, seed=seed)
    return {
        employee_id: _with_pinned(ground, tour, orders[employee_id]) for employee_id, tour in pinned.items()
    }


def _with_pinned(ground: Ground, pinned: Tour, order: list[int]) -> Tour:
    """What of an order holds, with all pinned jobs of the employee; of an order that drops one, those alone."""
    tour, _rejected = feasible_part(ground, pinned.shift.employee_id, order)
    kept = {visit.target_id for visit in tour.visits}
    return tour if all(visit.target_id in kept for visit in pinned.visits) else pinned


class _Watch:
    """Ends the search: at its time, when asked to, or when nothing better was found for long. Tells how far it is."""

    def __init__(self, limit: float, progress: Progress, cancelled: Cancelled) -> None:
        self._start = time.monotonic()
        self.limit = limit
        self._search = self._steps_end = limit
        self._progress, self._cancelled = progress, cancelled
        self._next_report = self._start
        self._patience = self._idle = 0
        self._best: int | None = None

    def expect(self, *, jobs: int, employees: int) -> None:
        """Lay out the time: the search, exact steps, reasons; the limit holds all of them."""
        self._patience = ITERATIONS + ITERATIONS_A_JOB * jobs
        self._steps_end = self.limit - min(self.limit / 4, SECONDS_A_PAIR * jobs * employees)
        self._search = self._steps_end - max(SHARE_OF_EXACT_STEPS * self.limit, SECONDS_OF_EXACT_STEPS)

    def __call__(self, best_cost: int) -> bool:
        if self._best is None or best_cost < self._best:
            self._best, self._idle = best_cost, 0
        self._idle += 1
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + SECONDS_BETWEEN_REPORTS
            self._progress(min(0.99, (now - self._start) / self.limit))
            if self._cancelled():
                return True
        return now - self._start >= self._search or self._idle > self._patience

    def deadline(self) -> Deadline:
        return Deadline(self._start + self._steps_end - time.monotonic())
