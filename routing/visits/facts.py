"""What the events of a report tell of it, of its target and of whom it was done for."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from imports.appointments import facts_of_targets
from imports.models import Target
from imports.presentation import moment
from routing.planning.models import Appointment
from routing.visits.models import Attachment, Result, VisitReport

# The code of a problem that nobody reported before: the report itself says that it was not possible.
NOT_POSSIBLE = "not_possible"


def report_facts(report: VisitReport) -> dict[str, Any]:
    """`customer`, `location`, `contact` (where they are known), `target` and `visitReport`, as they are now."""
    return facts_of_reports([report])[report.pk]


def facts_of_reports(reports: Iterable[VisitReport]) -> dict[int, dict[str, Any]]:
    """As `report_facts`, by report id; the reports are of one tenant. Four statements at most."""
    reports = list(reports)
    targets = list(Target.objects.filter(pk__in={report.target_id for report in reports}))
    told = facts_of_targets(targets)
    arrived = Attachment.objects.filter(
        report__in=[report.pk for report in reports], arrived_at__isnull=False
    )
    attachments = dict(arrived.values_list("report").annotate(Count("id")))
    return {
        report.pk: told[report.target_id] | {"visitReport": _report(report, attachments.get(report.pk, 0))}
        for report in reports
    }


def _report(report: VisitReport, attachment_count: int) -> dict[str, Any]:
    return {
        "id": report.pk,
        "title": report.title,
        "status": report.status,
        "result": report.result or None,
        "followUpRequired": report.follow_up_required,
        "isBillable": report.is_billable,
        "billingStatus": report.billing_status,
        "attachmentCount": attachment_count,
        "text": report.text,
    }


def problem_facts(report: VisitReport, appointment: Appointment) -> dict[str, Any] | None:
    """The `problem` that a report tells of: the one that the phone reported, or that nothing could be done."""
    if appointment.problem_at is not None:
        return {
            "code": appointment.problem_code,
            "reportedAtUtc": moment(appointment.problem_at),
            "summary": appointment.problem_text or report.text,
        }
    if report.result == Result.NOT_POSSIBLE:
        return {
            "code": NOT_POSSIBLE,
            "reportedAtUtc": moment(report.submitted_at),
            "summary": report.text,
        }
    return None
