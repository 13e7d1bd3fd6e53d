"""An employee's day as plain data: what stands on the phone of each appointment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from imports.models import Target
from routing.planning.models import Appointment, AppointmentStatus, Employee
from routing.visits.models import ReportStatus, VisitReport
from routing.visits.my_day.places import Place, place_of_target

# What lies before today and is not done is shown until it is, this far back.
LOOKS_BACK = timedelta(days=31)

# The problem that only tells the office: the visit takes place all the same.
LATE = "late"

_SENT = (ReportStatus.SUBMITTED, ReportStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class Stop:
    """One appointment. Times are in the zone that is active."""

    id: int
    title: str
    description: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    status: str
    status_label: str
    report_status: str
    report_label: str
    rejection_reason: str
    problem_text: str
    problem_code: str = ""

    @property
    def can_start(self) -> bool:
        return self.status in ("Scheduled", "ProblemReported") and not self.is_sent

    @property
    def is_started(self) -> bool:
        return self.status == "Started" and not self.is_sent

    @property
    def is_sent(self) -> bool:
        return self.report_status in _SENT

    @property
    def is_sent_back(self) -> bool:
        return self.report_status == ReportStatus.REJECTED

    @property
    def is_cancelled(self) -> bool:
        return self.status == AppointmentStatus.CANCELLED

    @property
    def waits_for_report(self) -> bool:
        return self.status == AppointmentStatus.COMPLETED and not self.is_sent

    @property
    def needs_employee(self) -> bool:
        """Whether the employee has something left to do; a problem is the office's turn, being late is none."""
        goes_on = self.status in ("Scheduled", "Started") or self.is_only_late
        return goes_on and not self.is_sent or self.waits_for_report

    @property
    def is_only_late(self) -> bool:
        return self.status == AppointmentStatus.PROBLEM_REPORTED and self.problem_code == LATE


@dataclass(frozen=True, slots=True)
class Day:
    """What an employee sees first. `later`: the rest of today, in order; `next` stands above it."""

    next: Stop | None = None
    today: list[Stop] = field(default_factory=list)
    tomorrow: list[Stop] = field(default_factory=list)
    earlier: list[Stop] = field(default_factory=list)
    sent_back: list[Stop] = field(default_factory=list)


def day_of(employee: Employee, *, now: datetime) -> Day:
    """Today's and tomorrow's stops in order, and what is left of the days before. One statement."""
    midnight = _midnight(now)
    tomorrow, after = _midnight(now, days=1), _midnight(now, days=2)
    left_over = Q(start_at__gte=now - LOOKS_BACK) & (
        Q(status=AppointmentStatus.STARTED)
        | Q(report__status=ReportStatus.REJECTED)
        | Q(status=AppointmentStatus.COMPLETED) & (Q(report__isnull=True) | Q(report__status="Draft"))
    )
    rows = appointments_of(employee).filter(Q(start_at__gte=midnight) | left_over, start_at__lt=after)
    stops = [stop_of(row) for row in rows.order_by("start_at", "pk")]
    today = [stop for stop in stops if midnight <= stop.starts_at < tomorrow]
    earlier = [stop for stop in stops if stop.starts_at < midnight and not stop.is_sent_back]
    return Day(
        next=_next([*earlier, *today]),
        today=today,
        tomorrow=[stop for stop in stops if stop.starts_at >= tomorrow],
        earlier=earlier,
        sent_back=[stop for stop in stops if stop.is_sent_back],
    )


def appointments_of(employee: Employee) -> Any:
    """The employee's own appointments with all that a stop shows; nobody else's are there at all."""
    return Appointment.objects.filter(tenant_id=employee.tenant_id, employee=employee).select_related(
        "target__customer", "target__location", "target__contact", "report"
    )


def stop_of(appointment: Appointment) -> Stop:
    target: Target = appointment.target
    report: VisitReport | None = getattr(appointment, "report", None)
    return Stop(
        id=appointment.pk,
        title=target.title,
        description=target.description,
        place=place_of_target(target),
        starts_at=timezone.localtime(appointment.start_at),
        ends_at=timezone.localtime(appointment.end_at),
        status=appointment.status,
        status_label=appointment.get_status_display(),
        report_status=report.status if report else "",
        report_label=str(report.get_status_display()) if report else "",
        rejection_reason=report.rejection_reason if report else "",
        problem_text=appointment.problem_text,
        problem_code=appointment.problem_code,
    )


def _next(stops: Iterable[Stop]) -> Stop | None:
    """What the employee is at; else the first that is left."""
    left = [stop for stop in stops if stop.needs_employee and not stop.is_sent_back]
    started = next((stop for stop in left if stop.is_started), None)
    return started or (left[0] if left else None)


def _midnight(now: datetime, *, days: int = 0) -> datetime:
    """The beginning of the local day that many days from today, also where the clocks change."""
    day = timezone.localtime(now).date() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time()))
