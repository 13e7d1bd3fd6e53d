"""What happens to a published appointment: moved, cancelled, started, completed, a problem.

Each is one transaction, a conditional update with its events. Locks are taken in one order everywhere: targets,
employees, appointments.

    Scheduled → Started → Completed
    Scheduled | Started → ProblemReported → Started | moved: Scheduled | Cancelled
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db import transaction
from django.utils.translation import gettext as _

from imports.appointments import locked_targets, show_appointment
from imports.models import Target, TargetStatus
from ordinavo_connect.clients.models import User
from routing.planning.day_check import Check, check_move, commitments_of
from routing.planning.employees import zone_of
from routing.planning.events import (
    APPOINTMENT_CANCELLED,
    APPOINTMENT_COMPLETED,
    APPOINTMENT_PROBLEM_REPORTED,
    APPOINTMENT_SCHEDULED,
    APPOINTMENT_STARTED,
    TARGET_COMPLETED,
    TARGET_SCHEDULED,
)
from routing.planning.facts import appointment_facts, problem_facts, shown_on_target
from routing.planning.models import Appointment, AppointmentStatus, Employee, RouteSuggestion
from routing.planning.refusals import Refused
from webhooks.events.outbox import Fact, emit

# How often a move is checked anew where others keep changing the employee's day.
TRIES = 3
_WAITING = (AppointmentStatus.SCHEDULED, AppointmentStatus.PROBLEM_REPORTED)
# A target in these states is still to be visited.
_TO_VISIT = (TargetStatus.PLANNED, TargetStatus.IN_PROGRESS)
# Of an appointment that is moved: the try before it is no part of the new one; its events tell of it.
_NOTHING_HAPPENED = {"started_at": None, "problem_at": None, "problem_code": "", "problem_text": ""}
# A visit that has begun goes on, also where the source system cancelled the target, or opened it again.
_ANY = tuple(TargetStatus)


def start_appointment(appointment: Appointment, *, now: datetime) -> None:
    """The employee begins; again, where a problem had been reported.

    Raises:
        Refused: `already_started`, `completed`, `cancelled`, `target_cancelled`.
    """
    with transaction.atomic():
        target = _locked_target(appointment)
        if target.status not in _TO_VISIT:
            raise Refused("target_cancelled", _("The job was cancelled: there is nothing to do there."))
        _change(
            appointment,
            {"status": AppointmentStatus.STARTED, "started_at": now},
            instead_of=_WAITING,
            now=now,
        )
        _show(appointment, target, TargetStatus.IN_PROGRESS, instead_of=_TO_VISIT, now=now)
        _tell(appointment, target, [APPOINTMENT_STARTED], now=now)


def complete_appointment(appointment: Appointment, *, now: datetime) -> None:
    """The employee is done. The target is completed, unless its source system cancelled it meanwhile.

    Raises:
        Refused: `not_started`, `completed`, `cancelled`.
    """
    with transaction.atomic():
        target = _locked_target(appointment)
        changes = {"status": AppointmentStatus.COMPLETED, "completed_at": now}
        instead_of = (AppointmentStatus.STARTED,)
        _change(appointment, changes, instead_of=instead_of, now=now, otherwise=_not_started())
        is_cancelled = target.status == TargetStatus.CANCELLED
        becomes = TargetStatus.CANCELLED if is_cancelled else TargetStatus.COMPLETED
        _show(appointment, target, becomes, instead_of=_ANY, now=now)
        told = [APPOINTMENT_COMPLETED] if is_cancelled else [APPOINTMENT_COMPLETED, TARGET_COMPLETED]
        _tell(appointment, target, told, now=now)


def report_problem(appointment: Appointment, *, code: str, text: str, now: datetime) -> None:
    """The employee cannot do it as planned: the office decides what becomes of the appointment.

    Args:
        code: "no_access"; text: in the employee's words, up to 2,000 characters.

    Raises:
        Refused: `already_reported`, `completed`, `cancelled`.
    """
    with transaction.atomic():
        target = _locked_target(appointment)
        changes = {
            "status": AppointmentStatus.PROBLEM_REPORTED,
            "problem_code": code,
            "problem_text": text,
            "problem_at": now,
        }
        instead_of = (AppointmentStatus.SCHEDULED, AppointmentStatus.STARTED)
        _change(appointment, changes, instead_of=instead_of, now=now, otherwise=_already_reported())
        _show(appointment, target, TargetStatus(target.status), instead_of=_ANY, now=now)
        more = {"problem": problem_facts(appointment)}
        _tell(appointment, target, [APPOINTMENT_PROBLEM_REPORTED], now=now, more=more)


def cancel_appointment(appointment: Appointment, *, reason: str, by: User | None, now: datetime) -> None:
    """It will not take place; the target is open again and can be planned anew.

    Args:
        by: None: the source system did.

    Raises:
        Refused: `already_started` (the employee is there), `completed`, `cancelled`.
    """
    with transaction.atomic():
        target = _locked_target(appointment)
        changes = {
            "status": AppointmentStatus.CANCELLED,
            "cancelled_at": now,
            "cancelled_by": by,
            "cancel_reason": reason,
        }
        _change(appointment, changes, instead_of=_WAITING, now=now)
        is_cancelled = target.status == TargetStatus.CANCELLED
        becomes = TargetStatus.CANCELLED if is_cancelled else TargetStatus.OPEN
        instead_of = (*_TO_VISIT, TargetStatus.OPEN, TargetStatus.CANCELLED)
        _show(appointment, target, becomes, instead_of=instead_of, now=now, is_gone=True)
        _tell(appointment, target, [APPOINTMENT_CANCELLED], now=now)


def move_appointment(
    appointment: Appointment, *, employee: Employee, start_at: datetime, by: User, now: datetime
) -> None:
    """Another person or time; as long as before. Nothing that breaks a hard rule is written.

    The appointment is changed only where it still is as the caller read it.

    Raises:
        Refused: `unchanged`, `in_the_past`, `rules_broken` (with the sentences in `details`), `changed_meanwhile`,
            `already_started`, `completed`, `cancelled`, `target_cancelled`.
    """
    if (appointment.employee_id, appointment.start_at) == (employee.pk, start_at):
        raise Refused("unchanged", _("It is planned exactly so already. Choose another person or time."))
    if start_at < now:
        raise Refused("in_the_past", _("That time has passed. Choose a later one."))
    for _try in range(TRIES):
        check = check_move(appointment, employee=employee, start_at=start_at)
        if check.broken:
            raise Refused("rules_broken", " ".join(check.broken), details=check.broken)
        with transaction.atomic():
            if _move(appointment, check, employee, start_at, by, now):
                return
    raise Refused("changed_meanwhile", _("Others plan the same person right now. Try again in a moment."))


def _move(
    appointment: Appointment, check: Check, employee: Employee, start_at: datetime, by: User, now: datetime
) -> bool:
    """False where what was checked has changed; nothing is written then."""
    target = _locked_target(appointment)
    if target.status not in _TO_VISIT:
        raise Refused("target_cancelled", _("The job was cancelled by its source system."))
    locked = list(
        Employee.objects.filter(pk=employee.pk, is_active=True).select_for_update(of=("self",), no_key=True)
    )
    if not check.still_holds([target], _others(appointment, locked, start_at)):
        return False
    before = {
        "employeeId": appointment.employee_id,
        "startAtUtc": shown_on_target(appointment)["startAtUtc"],
        "by": {"id": by.pk, "name": str(by)},
    }
    travel_seconds, travel_metres = check.legs[target.pk]
    changes = {
        "status": AppointmentStatus.SCHEDULED,
        "employee": employee,
        "start_at": start_at,
        "end_at": start_at + (appointment.end_at - appointment.start_at),
        "travel_seconds": travel_seconds,
        "travel_metres": travel_metres,
        **_NOTHING_HAPPENED,
    }
    _change(appointment, changes, instead_of=_WAITING, now=now, unless_changed_since=appointment.updated_at)
    _show(appointment, target, TargetStatus.PLANNED, instead_of=_TO_VISIT, now=now)
    # `move` stays inside: it tells the target's page who moved it, and from where.
    _tell(appointment, target, [APPOINTMENT_SCHEDULED, TARGET_SCHEDULED], now=now, more={"move": before})
    return True


def _others(
    appointment: Appointment, employees: Iterable[Employee], start_at: datetime
) -> Sequence[Appointment]:
    asked = RouteSuggestion(
        tenant=appointment.tenant, date=start_at.astimezone(zone_of(appointment.tenant)).date()
    )
    return [row for row in commitments_of(asked, employees) if row.pk != appointment.pk]


def _locked_target(appointment: Appointment) -> Target:
    return locked_targets([appointment.target_id], tenant_id=appointment.tenant_id)[0]


def _change(
    appointment: Appointment,
    changes: dict[str, Any],
    *,
    instead_of: Iterable[AppointmentStatus],
    now: datetime,
    unless_changed_since: datetime | None = None,
    otherwise: Refused | None = None,
) -> None:
    """Change the row where it is in one of the states, and the object with it.

    One that was moved since it was read is not changed: what its events and its target tell would be of the time and
    person before.

    Raises:
        Refused: it is in none of them, or was moved; the message says so.
    """
    rows = Appointment.objects.filter(
        pk=appointment.pk,
        status__in=list(instead_of),
        employee=appointment.employee_id,
        start_at=appointment.start_at,
    )
    if unless_changed_since is not None:
        rows = rows.filter(updated_at=unless_changed_since)
    if rows.update(**changes, updated_at=now) != 1:
        row = Appointment.objects.select_related("employee", "cancelled_by").get(pk=appointment.pk)
        is_moved = (row.employee_id, row.start_at) != (appointment.employee_id, appointment.start_at)
        raise _refusal(row, _changed_meanwhile() if is_moved or otherwise is None else otherwise)
    for name, value in (changes | {"updated_at": now}).items():
        setattr(appointment, name, value)


def _refusal(row: Appointment, otherwise: Refused) -> Refused:
    """Why an appointment in its present state cannot be changed so; `otherwise`, where the state is not the reason."""
    if row.status == AppointmentStatus.STARTED:
        return Refused(
            "already_started",
            _("%(employee)s began %(when)s.") % {"employee": row.employee, "when": _ago(row.started_at)},
        )
    if row.status == AppointmentStatus.COMPLETED:
        return Refused("completed", _("It was completed %(when)s.") % {"when": _ago(row.completed_at)})
    if row.status == AppointmentStatus.CANCELLED:
        who = row.cancelled_by or _("the source system")
        return Refused(
            "cancelled",
            _("It was cancelled by %(who)s %(when)s.") % {"who": who, "when": _ago(row.cancelled_at)},
        )
    return otherwise


def _ago(moment: datetime | None) -> str:
    return naturaltime(moment) if moment else ""


def _not_started() -> Refused:
    return Refused("not_started", _("It has not begun. Start it first."))


def _already_reported() -> Refused:
    return Refused("already_reported", _("A problem was reported already; the office knows."))


def _changed_meanwhile() -> Refused:
    return Refused(
        "changed_meanwhile", _("Somebody changed the appointment since you opened it. Look again.")
    )


def _show(
    appointment: Appointment,
    target: Target,
    status: TargetStatus,
    *,
    instead_of: Iterable[TargetStatus],
    now: datetime,
    is_gone: bool = False,
) -> None:
    """What the target shows of it; the object follows."""
    shown = None if is_gone else shown_on_target(appointment)
    show_appointment(
        target.pk,
        tenant_id=target.tenant_id,
        status=status,
        appointment=shown,
        instead_of=instead_of,
        now=now,
    )
    target.status, target.appointment = status, shown


def _tell(
    appointment: Appointment,
    target: Target,
    types: Iterable[str],
    *,
    now: datetime,
    more: dict[str, Any] | None = None,
) -> None:
    facts = appointment_facts([appointment], targets=[target])[appointment.pk] | (more or {})
    emit(
        [Fact(type_, facts) for type_ in types],
        tenant_id=appointment.tenant_id,
        source_system=target.source_system,
        occurred_at=now,
    )


__all__ = [
    "appointment_facts",
    "cancel_appointment",
    "complete_appointment",
    "move_appointment",
    "report_problem",
    "start_appointment",
]
