"""One report for the office, as plain data: beside the target and the photos, with what approval will bill."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from imports.models import Target
from imports.pages.outcomes import BAD, GOOD, QUIET, WARN
from ordinavo_connect.clients.admin_lists import moment
from routing.planning.models import Appointment
from routing.planning.problems import problem_label
from routing.visits.bills import Bill, preview_of
from routing.visits.models import Attachment, AttachmentKind, ReportStatus, Result, VisitReport

TONES: dict[str, str] = {
    ReportStatus.DRAFT: QUIET,
    ReportStatus.SUBMITTED: WARN,
    ReportStatus.APPROVED: GOOD,
    ReportStatus.REJECTED: BAD,
    Result.SUCCESSFUL: GOOD,
    Result.PARTIAL: WARN,
    Result.NOT_POSSIBLE: BAD,
}


def story_of(report: VisitReport) -> dict[str, Any]:
    """Everything that the page and the printed report show."""
    appointment, target = report.appointment, report.target
    return {
        "title": report.title,
        "report": report,
        "state": shown(report.status, report.get_status_display()),
        "result": shown(report.result, report.get_result_display()) if report.result else "",
        "employee": str(report.employee),
        "submitted": moment(report.submitted_at),
        "decided": moment(report.decided_at, ""),
        "decided_by": _name(report.decided_by),
        "materials": report.materials,
        "pictures": _pictures(report, AttachmentKind.PHOTO),
        "signatures": _pictures(report, AttachmentKind.SIGNATURE),
        "follow_up": _target_link(report.follow_up_target),
        "appointment": _appointment(appointment),
        "target": _target(target),
        "problem": _problem(appointment),
        "bill": _bill(preview_of(report)) if report.status == ReportStatus.SUBMITTED else None,
        "billing_status": report.billing_status,
    }


def shown(value: str, label: str) -> SafeString:
    """A state: its name, in a colour that is never alone."""
    return format_html('<span class="oc-state {}">{}</span>', TONES.get(value, QUIET), label)


def waiting(reports: QuerySet[VisitReport]) -> QuerySet[VisitReport]:
    """What the office has to decide on, the oldest first."""
    return reports.filter(status=ReportStatus.SUBMITTED).order_by("submitted_at", "id")


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def _pictures(report: VisitReport, kind: AttachmentKind) -> list[dict[str, str]]:
    rows: QuerySet[Attachment] = report.attachments.filter(kind=kind, arrived_at__isnull=False)
    return [
        {
            "address": reverse("attachment", args=[row.pk]),
            "label": _("Photo %(n)d") % {"n": number}
            if kind == AttachmentKind.PHOTO
            else _("Signature of %(who)s") % {"who": report.signed_by or _("the customer")},
        }
        for number, row in enumerate(rows.defer("content").order_by("id"), start=1)
    ]


def _target_link(target: Target | None) -> dict[str, str] | None:
    if target is None:
        return None
    return {
        "link": reverse("admin:imports_target_change", args=[target.pk]),
        "external_id": target.external_id,
        "title": target.title,
    }


def _target(target: Target) -> dict[str, Any]:
    location = target.location
    return {
        **(_target_link(target) or {}),
        "description": target.description,
        "customer": str(target.customer or ""),
        "customer_link": reverse("admin:customers_customer_change", args=[target.customer_id])
        if target.customer_id
        else "",
        "location": str(location or ""),
        "contact": str(target.contact or ""),
        "template": target.template_key,
    }


def _appointment(appointment: Appointment) -> dict[str, str]:
    return {
        "planned": _span(appointment.start_at, appointment.end_at),
        "worked": _span(appointment.started_at, appointment.completed_at),
    }


def _problem(appointment: Appointment) -> dict[str, Any] | None:
    if appointment.problem_at is None:
        return None
    return {
        "label": problem_label(appointment.problem_code),
        "text": appointment.problem_text,
        "when": moment(appointment.problem_at),
    }


def _span(start: Any, end: Any) -> str:
    """`2 July 2026, 09:00–10:30`, in the zone of the tenant."""
    if start is None:
        return "–"
    local = timezone.localtime(start)
    day = date_format(local, "DATE_FORMAT")
    until = f"{timezone.localtime(end):%H:%M}" if end else "…"
    return f"{day}, {local:%H:%M}–{until}"


def _bill(bill: Bill | None) -> dict[str, Any] | None:
    if bill is None:
        return None
    return {
        "lines": bill.lines,
        "total": "" if bill.total is None else f"{bill.total:.2f} {bill.currency}",
        "currency": bill.currency,
        "waits_for": bill.waits_for,
    }
