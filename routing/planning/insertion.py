"""Routes made better by exact steps: what fits is put in, what is worth more takes the place of what is worth less.

It ends what the search began, which knows breaks only roughly, and sees to it that no target is left out that fits.
"""

import time
from collections.abc import Iterable

from routing.planning.ground import Ground
from routing.planning.timing import Tour, Visit

# How many neighbours on a route may give way to one job together.
GIVES_WAY = 3

Tours = dict[int, Tour]


class Deadline:
    """A moment at which improving ends. Putting in what fits does not ask for it."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.at


def best_place(ground: Ground, tours: Tours, target_id: int) -> tuple[int, int, int] | None:
    """Where a job fits with the least travel: that travel, the employee, the position; None where it does not."""
    visit = ground.visits[target_id]
    found = (
        (place[1], employee_id, place[0])
        for employee_id in ground.candidates(target_id)
        if (place := tours[employee_id].best_insertion(visit)) is not None
    )
    return min(found, default=None)


def fill(ground: Ground, tours: Tours, left_out: set[int]) -> bool:
    """Put in what fits, the most valuable first, until nothing fits; both arguments are changed. Says if any did."""
    changed = False
    while placed := [
        target_id for target_id in _by_value(ground, left_out) if _placed(ground, tours, target_id)
    ]:
        left_out.difference_update(placed)
        changed = True
    return changed


def improve(ground: Ground, tours: Tours, left_out: set[int], deadline: Deadline) -> None:
    """Raise the value, then shorten the ways, until nothing changes or time is over."""
    fill(ground, tours, left_out)
    while not deadline.is_over:
        gained = _make_room_for_all(ground, tours, left_out, deadline)
        shorter = _shorten(ground, tours, deadline)
        filled = fill(ground, tours, left_out)
        if not (gained or shorter or filled):
            return


def feasible_part(ground: Ground, employee_id: int, target_ids: list[int]) -> tuple[Tour, list[int]]:
    """A tour of these jobs, in this order as far as it holds; and those that it has no room for."""
    tour = ground.tour(employee_id, target_ids)
    if tour.is_feasible:
        return tour, []
    for position in sorted(range(len(target_ids)), key=lambda at: ground.values[target_ids[at]]):
        if not _is_pinned(ground, target_ids[position]) and (shorter := tour.without(position)).is_feasible:
            return shorter, [target_ids[position]]
    tour = ground.tour(employee_id, ())
    rejected = []
    for target_id in _pinned_first(ground, target_ids):
        place = tour.best_insertion(ground.visits[target_id])
        if place is None:
            rejected.append(target_id)
        else:
            tour.insert(place[0], ground.visits[target_id])
    return tour, rejected


def _placed(ground: Ground, tours: Tours, target_id: int) -> bool:
    place = best_place(ground, tours, target_id)
    if place is None:
        return False
    tours[place[1]].insert(place[2], ground.visits[target_id])
    return True


def _make_room_for_all(ground: Ground, tours: Tours, left_out: set[int], deadline: Deadline) -> bool:
    gained = False
    for target_id in _by_value(ground, left_out):
        # What was put in for another one may have brought this one in, too.
        if target_id in left_out:
            gained |= _make_room(ground, tours, left_out, target_id, deadline)
    return gained


def _make_room(ground: Ground, tours: Tours, left_out: set[int], target_id: int, deadline: Deadline) -> bool:
    """Take out neighbours of a route for a job where that gains value: they are worth less, or fit elsewhere."""
    visit = ground.visits[target_id]
    for employee_id in ground.candidates(target_id):
        for start, end in _segments(len(tours[employee_id].visits)):
            if deadline.is_over:
                return False
            if _exchange(ground, tours, left_out, employee_id, (start, end), visit):
                return True
    return False


def _segments(length: int) -> Iterable[tuple[int, int]]:
    for size in range(1, min(GIVES_WAY, length) + 1):
        for start in range(length - size + 1):
            yield start, start + size


def _exchange(
    ground: Ground, tours: Tours, left_out: set[int], employee_id: int, segment: tuple[int, int], visit: Visit
) -> bool:
    tour = tours[employee_id]
    taken = tour.visits[segment[0] : segment[1]]
    if any(_is_pinned(ground, one.target_id) for one in taken):
        return False
    worth = ground.values[visit.target_id]
    cheaper = sum(ground.values[one.target_id] for one in taken) < worth
    # More than one that fits elsewhere is seldom and costs much to find.
    if not cheaper and len(taken) > 1:
        return False
    rest = Tour(tour.shift, tour.travel, [*tour.visits[: segment[0]], *tour.visits[segment[1] :]])
    place = rest.best_insertion(visit)
    if place is None:
        return False
    rest.insert(place[0], visit)
    others = tours | {employee_id: rest}
    if not cheaper and best_place(ground, others, taken[0].target_id) is None:
        return False
    tours[employee_id] = rest
    left_out.discard(visit.target_id)
    left_out.update(one.target_id for one in taken)
    fill(ground, tours, left_out)
    return True


def _shorten(ground: Ground, tours: Tours, deadline: Deadline) -> bool:
    """Move single jobs to where they cost less travel. Says whether any moved."""
    moved = False
    for employee_id in list(tours):
        for target_id in [visit.target_id for visit in tours[employee_id].visits]:
            if deadline.is_over:
                return moved
            moved |= _moved(ground, tours, employee_id, target_id)
    return moved


def _moved(ground: Ground, tours: Tours, employee_id: int, target_id: int) -> bool:
    tour = tours[employee_id]
    position = next(at for at, visit in enumerate(tour.visits) if visit.target_id == target_id)
    rest = tour.without(position)
    # Without a way straight through (a map service's ways need not know one), a shorter route may not be feasible.
    if not rest.is_feasible:
        return False
    place = best_place(ground, tours | {employee_id: rest}, target_id)
    if place is None or place[0] >= tour.travel_seconds - rest.travel_seconds:
        return False
    tours[employee_id] = rest
    tours[place[1]].insert(place[2], ground.visits[target_id])
    return True


def _is_pinned(ground: Ground, target_id: int) -> bool:
    return ground.problem.job[target_id].pin is not None


def _by_value(ground: Ground, target_ids: Iterable[int]) -> list[int]:
    return sorted(target_ids, key=lambda target_id: (-ground.values[target_id], target_id))


def _pinned_first(ground: Ground, target_ids: Iterable[int]) -> list[int]:
    return sorted(_by_value(ground, target_ids), key=lambda target_id: not _is_pinned(ground, target_id))
