"""The search: a problem as PyVRP sees it, and its answer as orders of stops.

PyVRP knows no breaks. So its clock stands still while a break is taken: one that may start from 12:00 to 13:00 and
lasts half an hour is a gap of half an hour at 12:30 that is cut out of the day. What that gets wrong, the exact steps
of insertion.py put right. Employees whose clocks stand still at other times see copies of the jobs, one copy a clock.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvrp
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    IteratedLocalSearchParams,
    Location,
    PenaltyParams,
    ProblemData,
    SolveParams,
    VehicleType,
)
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import NeighbourhoodParams
from pyvrp.stop import StoppingCriterion

from routing.planning.ground import Ground
from routing.planning.problem import Break
from routing.planning.timing import Visit

# What a point of value is worth in seconds of travel: the least target (100 points) stands for almost three hours
# of detour, so that travel decides between plans of one value and not what is planned.
SECONDS_A_POINT = 100
# A way that an employee may not take, in seconds: worse than what any target is worth; the largest possible overflows.
FORBIDDEN = 10_000_000
# A pinned job is not a question of value: it outweighs everything but what is forbidden.
PINNED_PRIZE = 5_000_000
# With values as large as these the penalties must be kept low, or nothing infeasible is ever tried on the way to
# something better: measured at 200 targets and 10 employees.
PENALTIES = PenaltyParams(max_penalty=100, solutions_between_updates=50)
# How many neighbours of a job are tried; with the default of 50, half as many iterations fit into the time. Over four
# days each at 200/10 and 500/20, 30 planned 0.2 and 0.3 % more value with 3 and 1 % less travel; 20 was better at 200
# and worse at 500, 12 and 8 were worse.
NEIGHBOURS = NeighbourhoodParams(num_neighbours=30)
# A plan may get worse again as long as it is better than the one of so many iterations ago. PyVRP's own 300 drift for
# half of 10 s at 500/20; 100 planned 1.4 % more value there (three days of 9 s), 50 the same, 20 less, and 0.2 % more
# at 200/10. Long searches can afford more.
HISTORY_A_SECOND = 10
LEAST_HISTORY, MOST_HISTORY = 50, 300
# More kinds of clocks than these would make too many copies; employees with others get the most frequent one.
CLOCKS = 3
# Cells of all tables of ways together, one table for each employee at most, 16 bytes each in the end: these are
# 100 MB, or 550 jobs for 20 employees. Jobs beyond are left to insertion, the least valuable first.
TABLE_CELLS = 6_000_000

Pauses = tuple[Break, ...]


@dataclass(frozen=True)
class Copy:
    """A job on one clock."""

    target_id: int
    pauses: Pauses
    visit: Visit


def search(
    ground: Ground, target_ids: Sequence[int], *, stop: StoppingCriterion, seconds: float, seed: int
) -> dict[int, list[int]]:
    """Orders of stops by employee id, good but not exact: breaks, and so the times after them, may not fit.

    Args:
        target_ids: jobs that somebody could do.
        stop: asked before each iteration with the cost so far.
        seconds: how long the search is about to take at most; `stop` ends it.
    """
    clocks = _clocks(ground)
    copies = _copies(ground, _affordable(ground, target_ids, clocks), clocks)
    data = _problem_data(ground, copies, clocks)
    with warnings.catch_warnings():
        # It says that the penalty is at its most: that is the intention.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = pyvrp.solve(
            data, stop, seed=seed, collect_stats=False, display=False, params=_parameters(seconds)
        )
    employee_ids = list(ground.shifts)
    orders: dict[int, list[int]] = {employee_id: [] for employee_id in employee_ids}
    for route in result.best.routes():
        stops = [copies[activity.idx].target_id for activity in route if activity.is_client()]
        orders[employee_ids[route.vehicle_type()]] = stops
    return orders


def _parameters(seconds: float) -> SolveParams:
    history = min(MOST_HISTORY, max(LEAST_HISTORY, round(HISTORY_A_SECOND * seconds)))
    return SolveParams(
        ils=IteratedLocalSearchParams(history_length=history), penalty=PENALTIES, neighbourhood=NEIGHBOURS
    )


def _clocks(ground: Ground) -> dict[int, Pauses]:
    """The breaks at which each employee's clock stands still."""
    frequent = [
        pauses for pauses, _ in Counter(shift.pauses for shift in ground.shifts.values()).most_common(CLOCKS)
    ]
    clocks = {}
    for employee_id, shift in ground.shifts.items():
        # Who is done before the break of others can share their clock.
        shared = [
            pauses
            for pauses in frequent
            if pauses and not shift.pauses and shift.day.end <= _middle(pauses[0])
        ]
        own = shift.pauses if shift.pauses in frequent else frequent[0]
        clocks[employee_id] = shared[0] if shared else own
    return clocks


def _affordable(ground: Ground, target_ids: Sequence[int], clocks: dict[int, Pauses]) -> list[int]:
    """All of them, or as many as there is memory for: pinned ones, then the most valuable."""
    most = int((TABLE_CELLS / len(ground.shifts)) ** 0.5) // len(set(clocks.values()))
    job, values = ground.problem.job, ground.values
    ranked = sorted(target_ids, key=lambda target_id: (job[target_id].pin is None, -values[target_id]))
    return sorted(ranked[:most])


def _copies(ground: Ground, target_ids: Sequence[int], clocks: dict[int, Pauses]) -> list[Copy]:
    copies = []
    for target_id in target_ids:
        for pauses in dict.fromkeys(clocks[employee_id] for employee_id in ground.candidates(target_id)):
            copies.append(Copy(target_id, pauses, _on_clock(ground.visits[target_id], pauses)))
    return copies


def _middle(pause: Break) -> int:
    return (pause.earliest + pause.latest) // 2


def _clock_time(moment: int, pauses: Pauses) -> int:
    for pause in reversed(pauses):
        if moment > _middle(pause):
            moment = max(_middle(pause), moment - pause.seconds)
    return moment


def _on_clock(visit: Visit, pauses: Pauses) -> Visit:
    """A visit that can only start while the clock stands still starts before, and takes as much longer."""
    earliest, latest = _clock_time(visit.earliest, pauses), _clock_time(visit.latest, pauses)
    longer = 0
    for pause in pauses:
        middle = _middle(pause)
        if middle < visit.earliest <= visit.latest < middle + pause.seconds:
            longer = visit.earliest - middle
    return visit._replace(earliest=earliest, latest=latest, work=visit.work + longer)


def _problem_data(ground: Ground, copies: list[Copy], clocks: dict[int, Pauses]) -> ProblemData:
    shifts = list(ground.shifts.values())
    ends = list(dict.fromkeys(place for shift in shifts for place in (shift.home, shift.end_place)))
    places = [*ends, *(copy.visit.place for copy in copies)]
    allowed = [_allowed(ground, copies, clocks, shift.employee_id) for shift in shifts]
    profiles = list(dict.fromkeys(allowed))
    tables = [_table(ground, places, len(ends), copies, profile) for profile in profiles]
    groups = _groups(copies)
    return ProblemData(
        locations=[Location(0, 0) for _ in places],
        clients=[_client(ground, copy, len(ends) + number, groups) for number, copy in enumerate(copies)],
        depots=[Depot(location=number) for number in range(len(ends))],
        vehicle_types=[
            VehicleType(
                start_depot=ends.index(shift.home),
                end_depot=ends.index(shift.end_place),
                tw_early=_clock_time(shift.day.start, clocks[shift.employee_id]),
                tw_late=_clock_time(shift.day.end, clocks[shift.employee_id]),
                profile=profiles.index(may),
            )
            for shift, may in zip(shifts, allowed, strict=True)
        ],
        distance_matrices=tables,
        duration_matrices=tables,
        groups=[ClientGroup(numbers, required=False) for numbers in groups.values()],
    )


def _allowed(
    ground: Ground, copies: list[Copy], clocks: dict[int, Pauses], employee_id: int
) -> frozenset[int]:
    """Numbers of the copies that an employee may visit."""
    return frozenset(
        number
        for number, copy in enumerate(copies)
        if copy.pauses == clocks[employee_id] and employee_id in ground.candidates(copy.target_id)
    )


def _table(ground: Ground, places: list[int], ends: int, copies: list[Copy], allowed: frozenset[int]) -> Any:
    table = ground.matrix.seconds[np.ix_(places, places)].copy()
    forbidden = [ends + number for number in range(len(copies)) if number not in allowed]
    table[forbidden, :] = FORBIDDEN
    table[:, forbidden] = FORBIDDEN
    np.fill_diagonal(table, 0)
    return table


def _groups(copies: list[Copy]) -> dict[int, list[int]]:
    """Numbers of the copies of each job that has several, of which one may be visited."""
    numbers: dict[int, list[int]] = {}
    for number, copy in enumerate(copies):
        numbers.setdefault(copy.target_id, []).append(number)
    return {target_id: of_one for target_id, of_one in numbers.items() if len(of_one) > 1}


def _client(ground: Ground, copy: Copy, location: int, groups: dict[int, list[int]]) -> Client:
    is_pinned = ground.problem.job[copy.target_id].pin is not None
    group = list(groups).index(copy.target_id) if copy.target_id in groups else None
    return Client(
        location=location,
        service_duration=copy.visit.work,
        tw_early=max(0, copy.visit.earliest),
        tw_late=max(0, copy.visit.latest),
        prize=PINNED_PRIZE if is_pinned else ground.values[copy.target_id] * SECONDS_A_POINT,
        required=False,
        group=group,
    )
