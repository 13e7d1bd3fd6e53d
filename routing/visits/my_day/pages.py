"""The pages of My Day that show something."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from routing.planning.models import Appointment, Employee
from routing.planning.problems import PROBLEMS
from routing.visits.attachments import MAX_PHOTOS
from routing.visits.models import AttachmentKind, Result, VisitReport
from routing.visits.my_day.access import for_employee
from routing.visits.my_day.forms import ReportForm, initial_of
from routing.visits.my_day.script_texts import script_texts
from routing.visits.my_day.stops import appointments_of, day_of, stop_of

# A start that lies further back says nothing of how long the work took.
LONGEST_WORK_MINUTES = 12 * 60

RESULT_ICONS = {Result.SUCCESSFUL: "✓", Result.PARTIAL: "◐", Result.NOT_POSSIBLE: "✕"}


@require_GET
@for_employee
def day(request: HttpRequest, employee: Employee) -> HttpResponse:
    """Today: the next stop fills the screen, the rest is a list."""
    now = timezone.now()
    context = {"day": day_of(employee, now=now), "now": timezone.localtime(now), "problems": PROBLEMS.items()}
    return render(request, "my_day/day.html", _page(employee) | context)


@require_GET
@for_employee
def stop(request: HttpRequest, employee: Employee, appointment_id: int) -> HttpResponse:
    """One stop, as the next one is shown."""
    row = own_appointment(employee, appointment_id)
    return render(
        request, "my_day/stop.html", _page(employee) | {"stop": stop_of(row), "problems": PROBLEMS.items()}
    )


@require_GET
@for_employee
def report(request: HttpRequest, employee: Employee, appointment_id: int) -> HttpResponse:
    """The report of a visit: to be written, or as it was sent."""
    row = own_appointment(employee, appointment_id)
    written: VisitReport | None = getattr(row, "report", None)
    if written is not None and stop_of(row).is_sent:
        return render(request, "my_day/report_sent.html", _page(employee) | _sent(row, written))
    initial = initial_of(written, minutes=_minutes_since_start(row, timezone.now()))
    return report_form(request, employee, row, ReportForm(initial=initial))


def report_form(
    request: HttpRequest, employee: Employee, appointment: Appointment, form: ReportForm
) -> HttpResponse:
    """The form, empty, from a draft, or with what is wrong with it."""
    written: VisitReport | None = getattr(appointment, "report", None)
    context = {
        "stop": stop_of(appointment),
        "form": form,
        "results": [(value, label, RESULT_ICONS[Result(value)]) for value, label in Result.choices],
        "attachments": _attachments(written),
        "max_photos": MAX_PHOTOS,
        "is_again": written is not None and written.times_submitted > 0,
    }
    return render(request, "my_day/report.html", _page(employee) | context)


def own_appointment(employee: Employee, appointment_id: int) -> Appointment:
    """Raises: Http404: it is not there, or somebody else's: both alike."""
    row: Appointment | None = appointments_of(employee).filter(pk=appointment_id).first()
    if row is None:
        raise Http404(_("There is no such appointment."))
    return row


def _page(employee: Employee) -> dict[str, Any]:
    return {
        "employee_name": employee.name,
        "employee_id": employee.pk,
        "tenant_name": employee.tenant.name,
        "script_texts": script_texts(),
    }


def _sent(appointment: Appointment, report: VisitReport) -> dict[str, Any]:
    return {
        "stop": stop_of(appointment),
        "report": {
            "result": report.get_result_display(),
            "icon": RESULT_ICONS[Result(report.result)],
            "status": report.status,
            "text": report.text,
            "minutes": report.work_minutes,
            "materials": report.materials,
            "is_billable": report.is_billable,
            "follow_up_required": report.follow_up_required,
            "follow_up_date": report.follow_up_date,
            "follow_up_text": report.follow_up_text,
            "signed_by": report.signed_by,
            "submitted_at": report.submitted_at,
        },
        "attachments": _attachments(report),
    }


def _attachments(report: VisitReport | None) -> list[dict[str, Any]]:
    if report is None:
        return []
    rows = report.attachments.defer("content")
    return [
        {
            "id": each.pk,
            "sha": each.sent_sha256,
            "has_arrived": each.arrived_at is not None,
            "is_signature": each.kind == AttachmentKind.SIGNATURE,
        }
        for each in rows
    ]


def _minutes_since_start(appointment: Appointment, now: datetime) -> int | None:
    """Whole minutes of work until it ended, or until now; None where it did not start, or long ago."""
    if appointment.started_at is None:
        return None
    minutes = int(((appointment.completed_at or now) - appointment.started_at).total_seconds() // 60)
    return max(minutes, 1) if minutes <= LONGEST_WORK_MINUTES else None
