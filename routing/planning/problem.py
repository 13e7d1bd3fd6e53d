"""A day to plan, as plain values: targets (here: jobs), employees, and the rules that both bring along.

Times are whole seconds since `Problem.origin`, the planned day's midnight in the tenant's time zone, so that a day
with a change of clocks is nothing special. Lengths are seconds and metres.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

PRIORITIES = ("Low", "Normal", "High", "Urgent")


class Point(NamedTuple):
    """A place on earth, in degrees."""

    latitude: float
    longitude: float


class Span(NamedTuple):
    """From `start` to `end`, both included, in seconds since the day's origin."""

    start: int
    end: int


@dataclass(frozen=True)
class Pin:
    """What staff decided: this employee does the job, and where `start` is given, from then on, to the second.

    A pinned job is in the plan, whatever it breaks; what it breaks is named.
    """

    employee_id: int
    start: int | None = None


@dataclass(frozen=True)
class Job:
    """A target that is to be planned.

    Args:
        point: None where the target has no coordinates.
        window: the visit starts within it; with `is_fixed`, exactly at its start.
        due_at: the latest start; hard, as the window is (API contract, Route suggestions).
        overdue_days: days since the due date; they raise the value and exclude nothing.
        expected_revenue: in the tenant's currency.
        close_probability: 0 to 100.
        required_skills: compared without regard to case.
        is_left_out: staff decided that it is not planned on this day.
        is_open: False for what is cancelled, completed or planned already; `status` says which, for the sentence.
    """

    target_id: int
    external_id: str
    title: str
    point: Point | None
    work_seconds: int
    window: Span | None = None
    is_fixed: bool = False
    due_at: int | None = None
    overdue_days: int = 0
    priority: str = "Normal"
    expected_revenue: float | None = None
    customer_tier: str = ""
    close_probability: float | None = None
    required_skills: tuple[str, ...] = ()
    is_open: bool = True
    status: str = ""
    pin: Pin | None = None
    is_left_out: bool = False

    @cached_property
    def start_range(self) -> Span:
        """When the visit may start: window, fixed time and latest start together. Empty where its end is first."""
        earliest, latest = self.window or Span(NEVER_BEFORE, NEVER_AFTER)
        if self.is_fixed and self.window:
            latest = earliest
        if self.due_at is not None:
            latest = min(latest, self.due_at)
        return Span(earliest, latest)

    @cached_property
    def skill_keys(self) -> frozenset[str]:
        return frozenset(skill_key(skill) for skill in self.required_skills)


# Bounds of a start that nothing bounds: four weeks either side reach beyond any shift of the day.
NEVER_BEFORE = -28 * 86_400
NEVER_AFTER = 28 * 86_400


@dataclass(frozen=True)
class Break:
    """A pause that starts between `earliest` and `latest` and lasts `seconds`; nobody travels or works in it."""

    earliest: int
    latest: int
    seconds: int


@dataclass(frozen=True)
class Area:
    """Where somebody works: as the crow flies, `radius_metres` around a point."""

    centre: Point
    radius_metres: int


@dataclass(frozen=True)
class Employee:
    """Somebody who does visits.

    Args:
        start, end: home or depot, where the day's route starts and ends; None where the address has no coordinates.
        shifts: of the planned day, in order; none for who is on leave. Between two of them nobody works: the time
            counts as a break.
        breaks: as agreed; one that the working day has no room for falls away, see `pauses`.
        area: None works everywhere.
        absence: ends a sentence about who does not work: "is on leave on 2 July".
    """

    employee_id: int
    name: str
    start: Point | None
    end: Point | None
    shifts: tuple[Span, ...]
    skills: tuple[str, ...] = ()
    breaks: tuple[Break, ...] = ()
    area: Area | None = None
    absence: str = ""

    @property
    def is_available(self) -> bool:
        return bool(self.shifts) and self.start is not None and self.end is not None

    @cached_property
    def day(self) -> Span:
        """From the start of the first shift to the end of the last. Raises: IndexError where there is none."""
        return Span(self.shifts[0].start, self.shifts[-1].end)

    @cached_property
    def pauses(self) -> tuple[Break, ...]:
        """The breaks that a route has to keep, in order: those that fit into the day, and the time between shifts.

        What of a break's range lies outside of the day does not count: who works until noon has no break at one.
        """
        if not self.shifts:
            return ()
        agreed = [
            Break(
                max(pause.earliest, self.day.start),
                min(pause.latest, self.day.end - pause.seconds),
                pause.seconds,
            )
            for pause in self.breaks
        ]
        pairs = zip(self.shifts, self.shifts[1:], strict=False)
        between = [Break(one.end, one.end, other.start - one.end) for one, other in pairs]
        kept = [
            pause
            for pause in agreed
            if pause.earliest <= pause.latest and not any(_covers(gap, pause) for gap in between)
        ]
        return tuple(sorted((*kept, *between), key=lambda pause: (pause.earliest, pause.latest)))

    @cached_property
    def skill_keys(self) -> frozenset[str]:
        return frozenset(skill_key(skill) for skill in self.skills)


@dataclass(frozen=True)
class Problem:
    """All that a plan of one day depends on, apart from travel.

    Args:
        origin: midnight at which the day starts, aware, in the tenant's zone (a `zoneinfo.ZoneInfo`).
    """

    origin: datetime
    jobs: tuple[Job, ...]
    employees: tuple[Employee, ...]

    @cached_property
    def job(self) -> dict[int, Job]:
        """By target id."""
        return {job.target_id: job for job in self.jobs}

    @cached_property
    def employee(self) -> dict[int, Employee]:
        """By employee id."""
        return {employee.employee_id: employee for employee in self.employees}

    @cached_property
    def day(self) -> Span:
        """The calendar day: 23 to 25 hours."""
        following = (self.origin + timedelta(days=1)).replace(fold=0)
        return Span(0, int(following.timestamp() - self.origin.timestamp()))

    def points(self) -> list[Point]:
        """Every place between which somebody may travel, once each, in a stable order."""
        ends = [point for employee in self.employees for point in (employee.start, employee.end)]
        places = [*ends, *(job.point for job in self.jobs)]
        return list(dict.fromkeys(place for place in places if place is not None))

    def seconds(self, moment: datetime) -> int:
        """An aware moment as seconds since the origin."""
        return int(moment.timestamp() - self.origin.timestamp())

    def moment(self, seconds: int) -> datetime:
        """Seconds since the origin as an aware moment in the tenant's zone."""
        zone = self.origin.tzinfo
        return datetime.fromtimestamp(self.origin.timestamp() + seconds, zone)

    def clock(self, seconds: int) -> str:
        """What a clock on the wall shows: "10:05"."""
        return self.moment(seconds).strftime("%H:%M")


def skill_key(skill: str) -> str:
    """A skill as it is compared: "Refrigeration" is "REFRIGERATION"."""
    return " ".join(skill.split()).casefold()


def _covers(gap: Break, pause: Break) -> bool:
    """Whether a pause can be taken in the time between two shifts, which then needs no other."""
    start = max(gap.earliest, pause.earliest)
    return start <= pause.latest and start + pause.seconds <= gap.earliest + gap.seconds
