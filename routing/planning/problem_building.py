"""From the rows of a suggestion to the problem that the solver knows, in a number of statements that is a constant."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from imports.models import Target, TargetStatus
from routing.planning import problem as plain
from routing.planning.employees import WorkingDay, shifts_on, zone_of
from routing.planning.models import (
    Appointment,
    AppointmentStatus,
    Employee,
    ExcludedTarget,
    RouteSuggestion,
    SuggestedStop,
)
from routing.planning.problem import Area, Break, Job, Pin, Point, Problem, Span

# Appointments in these states take their employee's time, whatever a new plan would like.
OCCUPYING = (
    AppointmentStatus.SCHEDULED,
    AppointmentStatus.STARTED,
    AppointmentStatus.PROBLEM_REPORTED,
    AppointmentStatus.COMPLETED,
)


@dataclass(frozen=True)
class DayToPlan:
    """A suggestion as the solver and the rules see it.

    Args:
        problem: its jobs are the targets that may be planned, by target id, and the appointments that stand already,
            by `commitment_id`: pinned, and no stops of the suggestion.
        stops: as they are stored, in order, by employee.
        left_out: what staff took out; it is no job of the problem.
        targets: all that the suggestion was asked to plan, by id, as far as they are there.
    """

    problem: Problem
    stops: tuple[SuggestedStop, ...]
    left_out: tuple[ExcludedTarget, ...]
    targets: dict[int, Target]

    @cached_property
    def pinned(self) -> frozenset[int]:
        return frozenset(stop.target_id for stop in self.stops if stop.is_pinned)

    @property
    def orders(self) -> dict[int, list[int]]:
        """The stored plan with what stands already, as `rules.check` takes it: ids of jobs by employee, in order."""
        starts = {
            stop.target_id: (stop.employee_id, self.problem.seconds(stop.start_at)) for stop in self.stops
        }
        starts |= {
            job.target_id: (job.pin.employee_id, job.pin.start or 0)
            for job in self.problem.jobs
            if is_commitment(job.target_id) and job.pin
        }
        found: dict[int, list[int]] = {}
        for job_id, (employee_id, _start) in sorted(starts.items(), key=lambda entry: entry[1][1]):
            if employee_id in self.problem.employee and job_id in self.problem.job:
                found.setdefault(employee_id, []).append(job_id)
        return found


def commitment_id(appointment: Appointment) -> int:
    """The id of a job that stands for an appointment: no target has it, its own target may be asked for too."""
    return -appointment.pk


def is_commitment(job_id: int) -> bool:
    return job_id < 0


def build_problem(suggestion: RouteSuggestion) -> DayToPlan:
    """What a suggestion has to plan, as the database has it now: eight statements."""
    tenant = suggestion.tenant
    zone = zone_of(tenant)
    employees = list(_employees(suggestion))
    ids = {employee.pk for employee in employees}
    stops = tuple(suggestion.stops.order_by("start_at", "position"))
    left_out = tuple(suggestion.excluded.filter(is_left_out=True))
    targets = {target.pk: target for target in targets_of(suggestion)}
    pins = {stop.target_id: stop for stop in stops if stop.is_pinned and stop.employee_id in ids}
    origin = datetime.combine(suggestion.date, time(), zone)
    taken_out = {row.target_id for row in left_out}
    jobs = [
        _job(target, origin, pins.get(target.pk)) for target in targets.values() if target.pk not in taken_out
    ]
    commitments = [
        _commitment(row, origin) for row in commitments_on(suggestion.date, employee_ids=ids, zone=zone)
    ]
    days = shifts_on(employees, suggestion.date, zone=zone)
    plain_employees = [_employee(employee, days[employee.pk], origin) for employee in employees]
    problem = Problem(origin, tuple(jobs + commitments), tuple(plain_employees))
    return DayToPlan(problem, stops, left_out, targets)


def targets_of(suggestion: RouteSuggestion) -> Iterable[Target]:
    """The targets that a suggestion was asked to plan, in the order asked for."""
    rows = Target.objects.filter(tenant_id=suggestion.tenant_id, pk__in=suggestion.target_ids)
    found = {target.pk: target for target in rows.select_related("location", "tenant")}
    return [found[pk] for pk in suggestion.target_ids if pk in found]


def commitments_on(day: date, *, employee_ids: Collection[int], zone: ZoneInfo) -> Iterable[Appointment]:
    """Published appointments that take time of the employees on the day: one statement."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return (
        Appointment.objects.filter(
            employee__in=employee_ids, status__in=OCCUPYING, start_at__lt=end, start_at__gte=start
        )
        .select_related("target__location")
        .order_by("start_at", "pk")
    )


def _employees(suggestion: RouteSuggestion) -> Iterable[Employee]:
    employees = Employee.objects.filter(tenant_id=suggestion.tenant_id, is_active=True).order_by("name", "pk")
    if suggestion.employee_ids is not None:
        employees = employees.filter(pk__in=suggestion.employee_ids)
    return employees


def _employee(employee: Employee, day: WorkingDay, origin: datetime) -> plain.Employee:
    place = Point(employee.latitude, employee.longitude)
    shift = day.shift
    pause = shift.pause if shift else None
    return plain.Employee(
        employee_id=employee.pk,
        name=employee.name,
        start=place,
        end=place,
        shifts=(Span(_seconds(shift.starts_at, origin), _seconds(shift.ends_at, origin)),) if shift else (),
        skills=tuple(employee.skills),
        breaks=(Break(_seconds(pause.earliest, origin), _seconds(pause.latest, origin), pause.seconds),)
        if pause
        else (),
        area=Area(place, employee.area_km * 1000) if employee.area_km else None,
        absence=day.absence,
    )


def _job(target: Target, origin: datetime, pinned: SuggestedStop | None) -> Job:
    is_open = target.status == TargetStatus.OPEN
    return Job(
        target_id=target.pk,
        external_id=target.external_id,
        title=target.title,
        point=place_of(target),
        work_seconds=target.effective_work_minutes * 60,
        window=_window(target, origin),
        is_fixed=target.fixed_time and target.window_start is not None,
        due_at=_seconds(target.due_at, origin) if target.due_at else None,
        overdue_days=max(0, (origin.date() - target.due_date).days) if target.due_date else 0,
        priority=target.effective_priority,
        expected_revenue=target.expected_revenue,
        customer_tier=target.customer_tier,
        close_probability=target.close_probability,
        required_skills=tuple(target.required_skills),
        is_open=is_open,
        status=target.status,
        pin=Pin(pinned.employee_id, _seconds(pinned.start_at, origin)) if pinned and is_open else None,
    )


def place_of(target: Target) -> Point | None:
    """Where a target is visited: coordinates of the payload count whether or not a location was linked."""
    if target.latitude is not None and target.longitude is not None:
        return Point(target.latitude, target.longitude)
    location = target.location
    if location is not None and location.latitude is not None and location.longitude is not None:
        return Point(location.latitude, location.longitude)
    return None


def _window(target: Target, origin: datetime) -> Span | None:
    """When the visit may start; open on the side that was not given."""
    if target.window_start is None and target.window_end is None:
        return None
    start = _seconds(target.window_start, origin) if target.window_start else plain.NEVER_BEFORE
    end = _seconds(target.window_end, origin) if target.window_end else plain.NEVER_AFTER
    return Span(start, end)


def _commitment(appointment: Appointment, origin: datetime) -> Job:
    """An appointment as a job that stays where it is. It may be another source system's: its names stay out.

    Its title begins sentences of the rules, so it says which appointment it is.
    """
    start, end = _seconds(appointment.start_at, origin), _seconds(appointment.end_at, origin)
    return Job(
        target_id=commitment_id(appointment),
        external_id="",
        title=_("The published appointment at %(time)s")
        % {"time": f"{appointment.start_at.astimezone(origin.tzinfo):%H:%M}"},
        point=place_of(appointment.target),
        work_seconds=end - start,
        pin=Pin(appointment.employee_id, start),
    )


def _seconds(moment: datetime, origin: datetime) -> int:
    return int(moment.timestamp() - origin.timestamp())
