"""Rows for tests of routing, each valid by itself; what a test is about, it names.

The day is Thursday, 2 July 2026; the places lie in Essen and Bochum, so that a leg takes minutes.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from imports.models import Target, TargetStatus
from ordinavo_connect.clients.models import IntegrationClient, Role, Tenant, User
from routing.planning.models import (
    Appointment,
    AppointmentStatus,
    Employee,
    Route,
    RouteSuggestion,
    SuggestedRoute,
    SuggestedStop,
    SuggestionStatus,
    WorkingHours,
)
from tests.factories import make_client, make_user

ZONE = ZoneInfo("Europe/Berlin")
DAY = date(2026, 7, 2)
# Before anybody sets out, on that day.
NOW = datetime(2026, 7, 2, 6, tzinfo=ZONE)
DEPOT = (51.4556, 7.0116)  # Essen, main station
ESSEN = (51.4582, 7.0158)
BOCHUM = (51.4818, 7.2162)

# Numbers of what a test does not name; far from those that it names.
_numbers = count(1001)


def at(hour: int, minute: int = 0, *, day: date = DAY) -> datetime:
    """A moment of the day on the clock of the tenant."""
    return datetime.combine(day, time(hour, minute), ZONE)


def make_employee(
    tenant: Tenant,
    name: str = "",
    *,
    place: tuple[float, float] = DEPOT,
    user: User | None = None,
    weekdays: Sequence[int] = range(5),
    hours: tuple[time, time] = (time(8), time(16, 30)),
    **fields: Any,
) -> Employee:
    """Somebody who works from Monday to Friday, 8:00 to 16:30, without a break, everywhere."""
    latitude, longitude = place
    person = Employee.objects.create(
        tenant=tenant,
        name=name or f"Employee {next(_numbers)}",
        user=user,
        latitude=latitude,
        longitude=longitude,
        **fields,
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(tenant=tenant, employee=person, weekday=weekday, starts_at=hours[0], ends_at=hours[1])
        for weekday in weekdays
    )
    return person


def make_employee_user(name: str, tenant: Tenant, **fields: Any) -> tuple[User, Employee]:
    """A person with the role Employee and a log-in, and the employee that it is."""
    user = make_user(name, tenant, Role.EMPLOYEE)
    return user, make_employee(tenant, fields.pop("full_name", name.title()), user=user, **fields)


def make_target(
    client: IntegrationClient | Tenant,
    external_id: str = "",
    *,
    place: tuple[float, float] | None = ESSEN,
    minutes: int = 60,
    **fields: Any,
) -> Target:
    """An open target with coordinates, of a client (or of a new client of a tenant); no customer is linked."""
    if isinstance(client, Tenant):
        client = make_client(client, name=f"Client {next(_numbers)}")
    latitude, longitude = place or (None, None)
    external_id = external_id or f"JOB-{next(_numbers)}"
    defaults = {
        "title": f"Maintenance {external_id}",
        "priority": "Normal",
        "created_at": NOW - timedelta(days=1),
        "updated_at": NOW - timedelta(days=1),
        "content_hash": "0" * 64,
    }
    return Target.objects.create(
        tenant=client.tenant,
        client=client,
        source_system=client.source_system,
        external_id=external_id,
        latitude=latitude,
        longitude=longitude,
        work_minutes=minutes,
        **defaults | fields,
    )


def make_suggestion(
    tenant: Tenant,
    plan: dict[Employee, Sequence[Target]] | None = None,
    *,
    day: date = DAY,
    status: str = SuggestionStatus.DRAFT,
    first_start: time = time(9),
    **fields: Any,
) -> RouteSuggestion:
    """A draft whose stops start at 9:00 and follow each other after half an hour of travel, in the order given."""
    plan = plan or {}
    suggestion = RouteSuggestion.objects.create(
        tenant=tenant,
        status=status,
        date=day,
        target_ids=[target.pk for targets in plan.values() for target in targets],
        created_at=NOW - timedelta(hours=1),
        **{"solved_at": NOW - timedelta(minutes=50)} | fields,
    )
    for employee, targets in plan.items():
        _suggest_route(suggestion, employee, targets, datetime.combine(day, first_start, ZONE))
    return suggestion


def _suggest_route(
    suggestion: RouteSuggestion, employee: Employee, targets: Sequence[Target], start: datetime
) -> None:
    leg = timedelta(minutes=30)
    departure = start - leg
    for position, target in enumerate(targets, start=1):
        end = start + timedelta(minutes=target.work_minutes or 60)
        SuggestedStop.objects.create(
            tenant=suggestion.tenant,
            suggestion=suggestion,
            employee=employee,
            target=target,
            position=position,
            arrival_at=start,
            start_at=start,
            end_at=end,
            travel_seconds=1800,
            travel_metres=12_000,
        )
        start = end + leg
    SuggestedRoute.objects.create(
        tenant=suggestion.tenant,
        suggestion=suggestion,
        employee=employee,
        starts_at=departure,
        ends_at=start,
        travel_seconds=1800 * (len(targets) + 1),
        travel_metres=12_000 * (len(targets) + 1),
        work_seconds=sum(60 * (target.work_minutes or 60) for target in targets),
    )


def make_appointment(
    employee: Employee,
    target: Target,
    *,
    start: datetime | None = None,
    minutes: int = 60,
    status: str = AppointmentStatus.SCHEDULED,
    **fields: Any,
) -> Appointment:
    """A published appointment at 9:00, as the target shows it too."""
    start = start or at(9)
    day = start.astimezone(ZONE).date()
    tenant = employee.tenant
    suggestion = RouteSuggestion.objects.create(
        tenant=tenant,
        status=SuggestionStatus.PUBLISHED,
        date=day,
        target_ids=[target.pk],
        created_at=NOW - timedelta(hours=1),
        published_at=NOW,
    )
    route = Route.objects.create(
        tenant=tenant, suggestion=suggestion, employee=employee, date=day, published_at=NOW
    )
    appointment = Appointment.objects.create(
        tenant=tenant,
        route=route,
        employee=employee,
        target=target,
        status=status,
        start_at=start,
        end_at=start + timedelta(minutes=minutes),
        **_moments(status, start) | {"created_at": NOW, "updated_at": NOW} | fields,
    )
    _show(appointment)
    return appointment


def _moments(status: str, start: datetime) -> dict[str, datetime | str]:
    """What an appointment of that status has behind it."""
    moments: dict[str, datetime | str] = {}
    if status in ("Started", "Completed"):
        moments["started_at"] = start
    if status == "Completed":
        moments["completed_at"] = start + timedelta(hours=1)
    if status == "ProblemReported":
        moments |= {"problem_code": "no_access", "problem_text": "Nobody opens.", "problem_at": start}
    if status == "Cancelled":
        moments |= {"cancelled_at": start, "cancel_reason": "The customer called."}
    return moments


_TARGET_OF = {
    "Scheduled": TargetStatus.PLANNED,
    "Started": TargetStatus.IN_PROGRESS,
    "ProblemReported": TargetStatus.PLANNED,
    "Completed": TargetStatus.COMPLETED,
    "Cancelled": TargetStatus.OPEN,
}


def _show(appointment: Appointment) -> None:
    target = appointment.target
    target.status = _TARGET_OF[appointment.status]
    target.appointment = {
        "appointmentId": appointment.pk,
        "status": appointment.status,
        "employeeId": appointment.employee_id,
        "startAtUtc": appointment.start_at.astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z"),
        "endAtUtc": appointment.end_at.astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z"),
    }
    target.save(update_fields=["status", "appointment"])
