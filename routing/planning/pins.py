"""Room for what staff pinned: a pinned job is in the plan, whatever it breaks.

Where pinned jobs alone break a rule of time, that rule is eased for the search, just as far as they need: a window
ends later, or the day does. So the rest of the employee's day is planned around them; what the plan breaks is named
by the rules, which know nothing of this.
"""

from routing.planning.ground import Ground
from routing.planning.problem import NEVER_AFTER, Span
from routing.planning.timing import Tour, timed_route


def ease(ground: Ground) -> dict[int, Tour]:
    """Tours of the pinned jobs alone, each feasible; visits and shifts of the ground are changed where need be."""
    tours = {employee_id: ground.tour(employee_id, ()) for employee_id in ground.shifts}
    for target_id in _pinned(ground):
        employee_id = ground.candidates(target_id)[0]
        tours[employee_id] = _with(ground, tours[employee_id], target_id)
    return tours


def _pinned(ground: Ground) -> list[int]:
    """Those with a start first, in its order: others give way."""
    pinned = [job for job in ground.problem.jobs if job.pin is not None and ground.candidates(job.target_id)]
    pinned.sort(
        key=lambda job: (job.pin is None or job.pin.start is None, ground.visits[job.target_id].latest)
    )
    return [job.target_id for job in pinned]


def _with(ground: Ground, tour: Tour, target_id: int) -> Tour:
    if _inserted(ground, tour, target_id):
        return tour
    # Late, then: it starts when the employee gets there.
    visit = ground.visits[target_id]
    ground.visits[target_id] = visit._replace(latest=NEVER_AFTER)
    if _inserted(ground, tour, target_id):
        _tighten(ground, tour, target_id)
        return tour
    return _overtime(ground, tour, target_id)


def _inserted(ground: Ground, tour: Tour, target_id: int) -> bool:
    place = tour.best_insertion(ground.visits[target_id])
    if place is None:
        return False
    tour.insert(place[0], ground.visits[target_id])
    return True


def _overtime(ground: Ground, tour: Tour, target_id: int) -> Tour:
    """The day ends as late as it has to."""
    shift = tour.shift
    endless = Tour(shift._replace(day=Span(shift.day.start, NEVER_AFTER)), ground.travel, tour.visits)
    if not _inserted(ground, endless, target_id):
        # A window that has no start at all, or one before which no break ends: nothing is left but to put it last.
        endless.insert(len(endless.visits), ground.visits[target_id])
    route = timed_route(endless.shift, ground.matrix, endless.visits)
    end = max([route.back, shift.day.end, *(taken.end for taken in route.breaks)])
    ground.shifts[shift.employee_id] = shift._replace(day=Span(shift.day.start, end))
    eased = ground.tour(shift.employee_id, [visit.target_id for visit in endless.visits])
    _tighten(ground, eased, target_id)
    return eased


def _tighten(ground: Ground, tour: Tour, target_id: int) -> None:
    """Late, but not later than it has to be."""
    route = timed_route(tour.shift, ground.matrix, tour.visits)
    stop = next(stop for stop in route.stops if stop.target_id == target_id)
    visit = ground.visits[target_id]
    ground.visits[target_id] = visit._replace(latest=max(stop.start, visit.earliest))
    tour.replace([ground.visits[visit.target_id] for visit in tour.visits])
