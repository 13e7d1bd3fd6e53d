"""When things happen on a route of a given order, exactly: travel, windows, breaks, the end of the shift.

A break is taken at the start, on arrival before a visit starts, after a visit before leaving, or at the end. How many
breaks lie behind at a moment is the only choice, so times are kept for each number of them: `times[b]` is the
earliest moment with `b` breaks behind (forward), or the latest from which the rest still fits (backward). To be
earlier is never worse, so both are exact, and whether a visit fits between two others is known without simulating
the rest.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from routing.planning.plan import Route, Stop
from routing.planning.problem import NEVER_AFTER, NEVER_BEFORE, Break, Employee, Job, Span
from routing.planning.travel import Matrix

# Beyond all times of a problem, either side.
NEVER = 4 * NEVER_AFTER
PAST = 4 * NEVER_BEFORE
# How often the least bad places of several breaks are looked for again, one break at a time.
ROUNDS = 3

Times = list[int]


class Visit(NamedTuple):
    """A job as time sees it: where (a place of the matrix), how long, and between which starts."""

    target_id: int
    place: int
    work: int
    earliest: int
    latest: int


class Shift(NamedTuple):
    """An employee as time sees it."""

    employee_id: int
    home: int
    end_place: int
    day: Span
    pauses: tuple[Break, ...]


def visit_of(job: Job, matrix: Matrix) -> Visit:
    """A pinned start stands in for the window. Raises: KeyError where the job has no place in the matrix."""
    starts = job.start_range
    if job.pin and job.pin.start is not None:
        starts = Span(job.pin.start, job.pin.start)
    if job.point is None:
        raise KeyError(job.target_id)
    return Visit(job.target_id, matrix.index[job.point], job.work_seconds, starts.start, starts.end)


def shift_of(employee: Employee, matrix: Matrix) -> Shift:
    """Raises: KeyError where the employee is not available."""
    if not employee.is_available or employee.start is None or employee.end is None:
        raise KeyError(employee.employee_id)
    home, end = matrix.index[employee.start], matrix.index[employee.end]
    return Shift(employee.employee_id, home, end, employee.day, employee.pauses)


class Tour:
    """A route that keeps its times, to be asked what fits where. It may be infeasible; then nothing fits."""

    def __init__(self, shift: Shift, travel: list[list[int]], visits: Sequence[Visit] = ()) -> None:
        self.shift = shift
        self.travel = travel
        self.visits: list[Visit] = []
        self.replace(visits)

    def replace(self, visits: Sequence[Visit]) -> None:
        self.visits = list(visits)
        self._places = [self.shift.home, *(visit.place for visit in visits), self.shift.end_place]
        self._leave = list(_leaving(self.shift, self.travel, self.visits))
        self._arrive = _arriving(self.shift, self.travel, self.visits)

    @property
    def is_feasible(self) -> bool:
        step = self.travel[self._places[0]][self._places[1]]
        return any(at + step <= until for at, until in zip(self._leave[0], self._arrive[0], strict=True))

    @property
    def travel_seconds(self) -> int:
        return sum(
            self.travel[one][other] for one, other in zip(self._places, self._places[1:], strict=False)
        )

    def insertions(self, visit: Visit) -> Iterator[tuple[int, int]]:
        """Positions (from 0) at which the visit fits, each with the travel it adds in seconds."""
        to, travel, pauses = self.travel[visit.place], self.travel, self.shift.pauses
        for position, times in enumerate(self._leave):
            before, after = self._places[position], self._places[position + 1]
            there = travel[before][visit.place]
            if min(times) > visit.latest:
                # Moments of leaving only grow from here on.
                return
            served = _served(times, there, visit, pauses)
            on = to[after]
            if any(at + on <= until for at, until in zip(served, self._arrive[position], strict=True)):
                yield position, there + on - travel[before][after]

    def best_insertion(self, visit: Visit) -> tuple[int, int] | None:
        """The position that adds the least travel, with that travel; None where the visit fits nowhere."""
        return min(self.insertions(visit), key=lambda found: (found[1], found[0]), default=None)

    def insert(self, position: int, visit: Visit) -> None:
        self.replace([*self.visits[:position], visit, *self.visits[position:]])

    def without(self, position: int) -> "Tour":
        return Tour(self.shift, self.travel, [*self.visits[:position], *self.visits[position + 1 :]])


def timed_route(shift: Shift, matrix: Matrix, visits: Sequence[Visit]) -> Route:
    """The route with its times; where it breaks rules, with its breaks where they break them least."""
    travel = matrix.seconds_rows
    slots = _feasible_slots(shift, travel, visits) or _least_bad_slots(shift, travel, visits)
    return _walk(shift, matrix, visits, slots)


def _pause(times: Times, pauses: Sequence[Break]) -> Times:
    """Forward, in place: breaks are taken here where that is possible."""
    for number, pause in enumerate(pauses):
        start = times[number] if times[number] > pause.earliest else pause.earliest
        if start <= pause.latest and start + pause.seconds < times[number + 1]:
            times[number + 1] = start + pause.seconds
    return times


def _pause_backward(times: Times, pauses: Sequence[Break]) -> Times:
    """Backward, in place: the latest moments here, where breaks may still be taken first."""
    for number in range(len(pauses) - 1, -1, -1):
        pause = pauses[number]
        start = min(pause.latest, times[number + 1] - pause.seconds)
        if start >= pause.earliest and start > times[number]:
            times[number] = start
    return times


def _served(times: Times, way: int, visit: Visit, pauses: Sequence[Break]) -> Times:
    """Earliest moments of leaving a visit, from those of leaving the place before."""
    arrived = _pause([at + way for at in times], pauses)
    earliest, latest, work = visit.earliest, visit.latest, visit.work
    done = [(at if at > earliest else earliest) + work if at <= latest else NEVER for at in arrived]
    if earliest > latest:
        return [NEVER] * len(done)
    return _pause(done, pauses)


def _leaving(shift: Shift, travel: list[list[int]], visits: Sequence[Visit]) -> Iterator[Times]:
    """Earliest moments of leaving home and each visit."""
    times = _pause([shift.day.start] + [NEVER] * len(shift.pauses), shift.pauses)
    yield times
    place = shift.home
    for visit in visits:
        times = _served(times, travel[place][visit.place], visit, shift.pauses)
        place = visit.place
        yield times


def _arriving(shift: Shift, travel: list[list[int]], visits: Sequence[Visit]) -> list[Times]:
    """Latest moments of arriving at each visit and at the end from which the rest still fits."""
    pauses = shift.pauses
    times = _pause_backward([PAST] * len(pauses) + [shift.day.end], pauses)
    arrivals = [times]
    place = shift.end_place
    for visit in reversed(visits):
        way = travel[visit.place][place]
        left = _pause_backward([at - way for at in times], pauses)
        starts = [min(visit.latest, at - visit.work) for at in left]
        times = _pause_backward([at if at >= visit.earliest else PAST for at in starts], pauses)
        place = visit.place
        arrivals.append(times)
    arrivals.reverse()
    return arrivals


# Where breaks are taken, as numbers: 0 at the start, 2k - 1 on arrival at visit k (from 1), 2k after it, and
# 2n + 1 at the end of a route of n visits.
Slots = list[int]


def _feasible_slots(shift: Shift, travel: list[list[int]], visits: Sequence[Visit]) -> Slots | None:
    """Where breaks are taken so that every rule is kept and the day ends early; None where it cannot be."""
    if not shift.pauses:
        return [] if Tour(shift, travel, visits).is_feasible else None
    # Of each number of breaks behind: the earliest moment, and the slots that led to it.
    states: list[tuple[int, Slots] | None] = [(shift.day.start, []), *[None for _ in shift.pauses]]
    place = shift.home
    _pause_states(states, shift.pauses, slot=0)
    for number, visit in enumerate(visits):
        way = travel[place][visit.place]
        states = [state and (state[0] + way, state[1]) for state in states]
        _pause_states(states, shift.pauses, slot=2 * number + 1)
        states = [_serve_state(state, visit) for state in states]
        _pause_states(states, shift.pauses, slot=2 * number + 2)
        place = visit.place
    states = [state and (state[0] + travel[place][shift.end_place], state[1]) for state in states]
    _pause_states(states, shift.pauses, slot=2 * len(visits) + 1)
    last = states[-1]
    return last[1] if last and last[0] <= shift.day.end else None


def _pause_states(states: list[tuple[int, Slots] | None], pauses: Sequence[Break], *, slot: int) -> None:
    """Take breaks here, in place, where that is earlier than what is known: of equals the first stays."""
    for number, pause in enumerate(pauses):
        state, known = states[number], states[number + 1]
        if state is None:
            continue
        start = max(state[0], pause.earliest)
        if start <= pause.latest and (known is None or start + pause.seconds < known[0]):
            states[number + 1] = (start + pause.seconds, [*state[1], slot])


def _serve_state(state: tuple[int, Slots] | None, visit: Visit) -> tuple[int, Slots] | None:
    if state is None or max(state[0], visit.earliest) > visit.latest:
        return None
    return max(state[0], visit.earliest) + visit.work, state[1]


def _least_bad_slots(shift: Shift, travel: list[list[int]], visits: Sequence[Visit]) -> Slots:
    """Where breaks are taken so that little is late, for routes that cannot keep every rule; one break at a time."""
    last = 2 * len(visits) + 1
    slots = [last] * len(shift.pauses)
    for _round in range(ROUNDS if len(slots) > 1 else 1):
        for number in range(len(slots)):
            low = slots[number - 1] if number else 0
            high = slots[number + 1] if number + 1 < len(slots) else last
            slots[number] = min(
                range(low, high + 1),
                key=lambda slot: _badness(
                    shift,
                    travel,
                    visits,
                    [*slots[:number], slot, *slots[number + 1 :]],  # noqa: B023
                ),
            )
    return slots


def _badness(shift: Shift, travel: list[list[int]], visits: Sequence[Visit], slots: Slots) -> tuple[int, int]:
    """How late things are in all, in seconds, and when the day ends."""
    late = 0
    for step in _steps(shift, travel, visits, slots):
        late += step.late
    return late + max(0, step.end - shift.day.end), step.end


class Step(NamedTuple):
    """A visit, a break, or the arrival at the end (`kind`). Of visits and breaks `number` counts from 0."""

    kind: str
    number: int
    arrival: int
    start: int
    end: int
    late: int


def _steps(shift: Shift, travel: list[list[int]], visits: Sequence[Visit], slots: Slots) -> Iterator[Step]:
    """What happens, in order; what comes too late happens late."""
    now, place = shift.day.start, shift.home
    now = yield from _taken(shift, slots, 0, now)
    for number, visit in enumerate(visits):
        arrival = now + travel[place][visit.place]
        now = yield from _taken(shift, slots, 2 * number + 1, arrival)
        start = max(now, visit.earliest)
        now, place = start + visit.work, visit.place
        yield Step("visit", number, arrival, start, now, max(0, start - visit.latest))
        now = yield from _taken(shift, slots, 2 * number + 2, now)
    now += travel[place][shift.end_place]
    yield Step("end", 0, now, now, now, 0)
    yield from _taken(shift, slots, 2 * len(visits) + 1, now)


def _taken(shift: Shift, slots: Slots, slot: int, now: int) -> Generator[Step, None, int]:
    """The breaks of one slot; gives the moment after them."""
    for number, pause in enumerate(shift.pauses):
        if slots[number] == slot:
            arrival, start = now, max(now, pause.earliest)
            now = start + pause.seconds
            yield Step("break", number, arrival, start, now, max(0, start - pause.latest))
    return now


def _walk(shift: Shift, matrix: Matrix, visits: Sequence[Visit], slots: Slots) -> Route:
    """The route as it is shown. Who would wait at the first visit leaves later instead."""
    steps = list(_steps(shift, matrix.seconds_rows, visits, slots))
    breaks = [Span(step.start, step.end) for step in steps if step.kind == "break"]
    end = next(step for step in steps if step.kind == "end")
    places = [shift.home, *(visit.place for visit in visits), shift.end_place]
    stops: list[Stop] = []
    departure = left = max(
        [shift.day.start, *(taken.end for taken, slot in zip(breaks, slots, strict=True) if slot == 0)]
    )
    for step in steps:
        if step.kind != "visit":
            continue
        one, other = places[step.number : step.number + 2]
        way = matrix.seconds_rows[one][other]
        arrival, paused = step.arrival, _paused(breaks, left, step.start)
        if not stops:
            idle = _first_event(breaks, arrival, step.start) - arrival
            departure, left, arrival = departure + idle, left + idle, arrival + idle
        stops.append(
            Stop(
                target_id=visits[step.number].target_id,
                arrival=arrival,
                start=step.start,
                end=step.end,
                travel_seconds=way,
                travel_metres=int(matrix.metres[one, other]),
                waiting_seconds=step.start - left - way - paused,
            )
        )
        left = step.end
    return Route(
        employee_id=shift.employee_id,
        departure=departure,
        stops=tuple(stops),
        breaks=tuple(breaks),
        back=end.arrival,
        return_seconds=matrix.seconds_rows[places[-2]][shift.end_place],
        return_metres=int(matrix.metres[places[-2], shift.end_place]),
    )


def _paused(breaks: Sequence[Span], start: int, end: int) -> int:
    """Seconds of break between two moments at which none is under way."""
    return sum(taken.end - taken.start for taken in breaks if start <= taken.start and taken.end <= end)


def _first_event(breaks: Sequence[Span], arrival: int, start: int) -> int:
    """When something first happens at the first visit: a break on arrival, or the visit."""
    return min([start, *(taken.start for taken in breaks if arrival <= taken.start < start)])
