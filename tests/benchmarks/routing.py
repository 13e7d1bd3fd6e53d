"""Plans of a day in 10 s against what VROOM, OR-Tools and we find in 10 s and in 60 s, every plan checked.

The value collected comes first, so it is the figure; travel stands beside it. All see the same ways in whole minutes,
the same windows, shifts, skills and values. ROUTING_SECONDS scales the 60 s down for a quick look.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ordinavo_connect.running.steps import say
from routing.planning.ground import Ground
from routing.planning.plan import Plan
from routing.planning.rules import check, plan_by_hand
from routing.planning.solver import solve
from routing.planning.travel import GreatCircle
from tests.benchmarks.figures import Figure
from tests.benchmarks.routing_peers import Orders, by_ortools, by_vroom
from tests.benchmarks.server import BenchmarkFailed
from tests.routing.planning.instances import instance
from tests.routing.planning.plan_checker import broken

SECONDS = 10.0
LONG_SECONDS = 60.0
GOAL = 0.99
GOAL_CHECK_MILLISECONDS = 50
CHECKS = 50
SEED = 20260702


class Size(NamedTuple):
    jobs: int
    employees: int
    with_breaks: bool = False

    @property
    def name(self) -> str:
        return f"routing.{self.jobs}_{self.employees}" + ("_breaks" if self.with_breaks else "")


SIZES = (Size(30, 3), Size(100, 6), Size(200, 10), Size(500, 20), Size(200, 10, with_breaks=True))


@dataclass(frozen=True)
class Outcome:
    """What one planner reached in one time."""

    value: int
    travel_minutes: int
    planned: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.value:,} points, {self.travel_minutes} min travel"


def run(_work: object = None) -> list[Figure]:
    figures = [_figure(size) for size in SIZES]
    return [*figures, _check_figure()]


def _figure(size: Size) -> Figure:
    ground = _ground(size)
    long = float(os.environ.get("ROUTING_SECONDS") or LONG_SECONDS)
    planners = {"ours": _ours, "VROOM": by_vroom, "OR-Tools": by_ortools}
    outcomes = {
        (name, seconds): _outcome(size, name, planner, ground, seconds)
        for name, planner in planners.items()
        for seconds in (SECONDS, long)
    }
    ours = outcomes["ours", SECONDS]
    best = max(outcomes, key=lambda key: (outcomes[key].value, -outcomes[key].travel_minutes))
    return Figure(
        *(size.name, ours.value / outcomes[best].value, "× the best", GOAL),
        compared=(
            f"ours in {SECONDS:.0f} s: {ours}; best: {best[0]} in {best[1]:.0f} s: {outcomes[best]}; "
            + "; ".join(
                f"{name} in {of:.0f} s: {outcomes[name, of]}" for name, of in outcomes if name != "ours"
            )
        ),
        parts={
            f"{name}In{of:.0f}s": {
                "value": outcome.value,
                "travelMinutes": outcome.travel_minutes,
                "planned": outcome.planned,
                "seconds": round(outcome.seconds, 2),
            }
            for (name, of), outcome in outcomes.items()
        },
    )


def _ground(size: Size) -> Ground:
    problem = instance(size.jobs, size.employees, seed=SEED, with_breaks=size.with_breaks)
    return Ground(problem, GreatCircle().matrix(problem.points()))


def _ours(ground: Ground, seconds: float) -> Orders:
    return solve(ground.problem, matrix=ground.matrix, time_limit_seconds=seconds, seed=1).orders


def _outcome(
    size: Size, name: str, planner: Callable[[Ground, float], Orders], ground: Ground, seconds: float
) -> Outcome:
    say(f"{size.name}: {name} in {seconds:.0f} s …")
    start = time.monotonic()
    orders = planner(ground, seconds)
    took = time.monotonic() - start
    plan = plan_by_hand(ground.problem, matrix=ground.matrix, orders=orders)
    if faults := broken(ground.problem, ground.matrix, plan):
        raise BenchmarkFailed(f"{size.name}: the plan of {name} breaks rules: {faults[:5]}")
    say(f"{size.name}: {name} in {took:.1f} s: {plan.value:,} points, {plan.travel_seconds // 60} min travel")
    return Outcome(
        plan.value, plan.travel_seconds // 60, sum(len(route.stops) for route in plan.routes), took
    )


def _check_figure() -> Figure:
    """A stop moved by hand, checked against every rule, in a plan of 10 routes with breaks."""
    size = Size(200, 10, with_breaks=True)
    ground = _ground(size)
    plan = solve(ground.problem, matrix=ground.matrix, time_limit_seconds=2, seed=1)
    took = sorted(_moved(ground, plan, number) for number in range(CHECKS))
    slowest = took[-1] * 1000
    return Figure(
        *("routing.check", slowest, "ms", GOAL_CHECK_MILLISECONDS),
        at_most=True,
        compared=f"the slowest of {CHECKS} moves in a plan of {len(plan.routes)} routes; "
        f"typically {took[len(took) // 2] * 1000:.1f} ms",
    )


def _moved(ground: Ground, plan: Plan, number: int) -> float:
    orders = {employee_id: list(order) for employee_id, order in plan.orders.items()}
    one, other = list(orders)[number % len(orders)], list(orders)[(number + 1) % len(orders)]
    orders[other].insert(number % (len(orders[other]) + 1), orders[one].pop(number % len(orders[one])))
    start = time.monotonic()
    check(ground.problem, matrix=ground.matrix, orders=orders)
    return time.monotonic() - start
