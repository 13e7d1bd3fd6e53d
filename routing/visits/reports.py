"""What the employee does with a report: write it, hand it in, correct what was sent back.

A report is written as long as it is a draft or was sent back; once it is handed in, only the office decides.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.appointments import locked_targets
from imports.models import Target
from routing.planning.appointments import complete_appointment, start_appointment
from routing.planning.models import Appointment, AppointmentStatus, Employee
from routing.planning.refusals import Refused
from routing.visits.content import ReportContent
from routing.visits.events import (
    FOLLOW_UP_REQUIRED,
    PROBLEM_REPORTED,
    REPORT_CREATED,
    REPORT_SUBMITTED,
    tell,
)
from routing.visits.facts import problem_facts
from routing.visits.models import ReportStatus, VisitReport

OPEN_TO_EMPLOYEE = (ReportStatus.DRAFT, ReportStatus.REJECTED)


class PhotosMissing(Refused):
    """A report names photos that have not arrived.

    Args:
        hashes: SHA-256 of each, in hex, as the phone named it.
    """

    def __init__(self, hashes: Sequence[str]) -> None:
        message = ngettext(
            "%(count)d photo has not arrived yet. Send it again, or remove it.",
            "%(count)d photos have not arrived yet. Send them again, or remove them.",
            len(hashes),
        )
        super().__init__("photos_missing", message % {"count": len(hashes)})
        self.hashes = tuple(hashes)


def save_draft(
    appointment: Appointment, *, employee: Employee, content: ReportContent, now: datetime
) -> VisitReport:
    """Keep what an employee wrote of a visit; the first time makes the report, with `visit_report.created`.

    Of one that was sent back, result and minutes that are blank stay as they were.

    Raises:
        Refused: report_sent, appointment_cancelled.
    """
    with transaction.atomic():
        _refuse_cancelled(appointment)
        report, is_new = VisitReport.objects.get_or_create(
            appointment=appointment,
            defaults=_beginning(appointment, employee, now) | _columns(content) | {"updated_at": now},
        )
        if is_new:
            tell(report, [REPORT_CREATED], now=now)
        else:
            _write(report, employee, content, now)
    return report


def _beginning(appointment: Appointment, employee: Employee, now: datetime) -> dict[str, Any]:
    target = Target.objects.select_related("location").get(pk=appointment.target_id)
    return {
        "tenant_id": appointment.tenant_id,
        "employee": employee,
        "target": target,
        "source_system": target.source_system,
        "title": _title(target),
        "created_at": now,
    }


def _title(target: Target) -> str:
    """`Maintenance visit - Essen Center`."""
    place = target.location.name or target.location.city if target.location else ""
    return f"{target.title} - {place}" if place else target.title


def _columns(content: ReportContent) -> dict[str, Any]:
    return {
        "result": content.result,
        "text": content.text,
        "work_minutes": content.work_minutes,
        "materials": list(content.materials),
        "is_billable": content.is_billable,
        "billing_status": "NotReady" if content.is_billable else "NotBillable",
        "follow_up_required": content.follow_up_required,
        "follow_up_date": content.follow_up_date,
        "follow_up_text": content.follow_up_text,
        "signed_by": content.signed_by,
    }


def _write(report: VisitReport, employee: Employee, content: ReportContent, now: datetime) -> None:
    columns = _columns(content) | {"employee": employee, "updated_at": now}
    if report.status == ReportStatus.REJECTED:
        columns["result"] = content.result or report.result
        if content.work_minutes is None:
            columns["work_minutes"] = report.work_minutes
    # As it was read: one that changed its state meanwhile may not be written, or not with these columns.
    rows = VisitReport.objects.filter(pk=report.pk, status=report.status)
    if report.status not in OPEN_TO_EMPLOYEE or not rows.update(**columns):
        raise _already_sent()
    report.refresh_from_db()


def submit_report(report: VisitReport, *, now: datetime) -> VisitReport:
    """Hand a report in. It ends its visit: an appointment that still stands is started and completed.

    Events, in this order: those of the appointment, `visit_report.submitted`, `visit_report.follow_up_required` and
    `visit_report.problem_reported` where the report says so.

    Raises:
        PhotosMissing: it names photos that have not arrived; nothing was changed.
        Refused: incomplete, report_sent, appointment_cancelled.
    """
    with transaction.atomic():
        # In the order in which everybody locks: target, then what stands on it.
        locked_targets([report.target_id], tenant_id=report.tenant_id)
        report = VisitReport.objects.select_for_update().get(tenant_id=report.tenant_id, pk=report.pk)
        _refuse_unready(report)
        appointment = _ended(Appointment.objects.get(pk=report.appointment_id), now)
        updated = VisitReport.objects.filter(pk=report.pk, status__in=OPEN_TO_EMPLOYEE).update(
            status=ReportStatus.SUBMITTED,
            submitted_at=now,
            times_submitted=F("times_submitted") + 1,
            decided_at=None,
            decided_by=None,
            updated_at=now,
        )
        if not updated:
            raise _already_sent()
        report.refresh_from_db()
        _tell_submitted(report, appointment, now)
    return report


def _refuse_unready(report: VisitReport) -> None:
    if report.status not in OPEN_TO_EMPLOYEE:
        raise _already_sent()
    if not report.result or report.work_minutes is None:
        raise Refused("incomplete", _("Say what the result is and how many minutes the work took."))
    waiting = report.attachments.filter(arrived_at__isnull=True)
    if hashes := list(waiting.values_list("sent_sha256", flat=True)):
        raise PhotosMissing(hashes)


def _ended(appointment: Appointment, now: datetime) -> Appointment:
    _refuse_cancelled(appointment)
    if appointment.status in (AppointmentStatus.SCHEDULED, AppointmentStatus.PROBLEM_REPORTED):
        start_appointment(appointment, now=now)
        appointment.refresh_from_db()
    if appointment.status == AppointmentStatus.STARTED:
        complete_appointment(appointment, now=now)
        appointment.refresh_from_db()
    return appointment


def _tell_submitted(report: VisitReport, appointment: Appointment, now: datetime) -> None:
    problem = problem_facts(report, appointment)
    types = [REPORT_SUBMITTED]
    if report.follow_up_required:
        types.append(FOLLOW_UP_REQUIRED)
    if problem:
        types.append(PROBLEM_REPORTED)
    tell(report, types, now=now, visit_report_problem_reported={"problem": problem} if problem else {})


def _refuse_cancelled(appointment: Appointment) -> None:
    if appointment.status == AppointmentStatus.CANCELLED:
        raise Refused(
            "appointment_cancelled",
            _("This appointment was cancelled, so no report of it can be sent. Ask the office."),
        )


def _already_sent() -> Refused:
    return Refused("report_sent", _("This report was sent already; only the office can send it back."))
