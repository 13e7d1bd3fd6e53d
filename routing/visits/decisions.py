"""What the office decides on a report: one decision, however many people click at once."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from imports.appointments import locked_targets
from ordinavo_connect.clients.models import User
from routing.planning.refusals import Refused
from routing.visits.bills import bill
from routing.visits.events import REPORT_APPROVED, REPORT_REJECTED, tell
from routing.visits.follow_ups import follow_up
from routing.visits.models import ReportStatus, VisitReport

REASON_LENGTH = 2000


def approve_report(report: VisitReport, *, by: User, now: datetime, seen: int | None = None) -> VisitReport:
    """Approve a report; its follow-up becomes a target, and it is billed, all in one transaction.

    Events, in this order: `visit_report.approved`, `target.follow_up_created`, those of billing.

    Args:
        seen: `times_submitted` as the page showed it; None: whatever was handed in last.

    Raises:
        Refused: already_decided (with who and when), changed, not_submitted, no_follow_up.
    """
    with transaction.atomic():
        targets = locked_targets([report.target_id], tenant_id=report.tenant_id)
        decided = _decide(report, seen, status=ReportStatus.APPROVED, by=by, now=now, reason="")
        tell(decided, [REPORT_APPROVED], now=now, visit_report_approved=_decision(decided))
        if decided.follow_up_required:
            follow_up(decided, targets[0], now=now)
        bill(decided, now=now, by=by)
    return decided


def reject_report(
    report: VisitReport, *, reason: str, by: User, now: datetime, seen: int | None = None
) -> VisitReport:
    """Send a report back to its employee, who corrects it and hands it in again; `visit_report.rejected`.

    Raises:
        Refused: reason_missing, already_decided (with who and when), changed, not_submitted.
    """
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise Refused("reason_missing", _("Say what is to be corrected: the employee reads it on the phone."))
    with transaction.atomic():
        decided = _decide(report, seen, status=ReportStatus.REJECTED, by=by, now=now, reason=reason)
        tell(decided, [REPORT_REJECTED], now=now, visit_report_rejected=_decision(decided))
    return decided


def _decide(
    report: VisitReport, seen: int | None, *, status: ReportStatus, by: User, now: datetime, reason: str
) -> VisitReport:
    """The one place where a report that was handed in is decided on."""
    rows = VisitReport.objects.filter(tenant_id=report.tenant_id, pk=report.pk)
    expected: dict[str, Any] = {"status": ReportStatus.SUBMITTED}
    if seen is not None:
        expected["times_submitted"] = seen
    updated = rows.filter(**expected).update(
        status=status, decided_by=by, decided_at=now, rejection_reason=reason, updated_at=now
    )
    present = rows.select_related("decided_by", "tenant").get()
    if not updated:
        raise _refusal(present)
    return present


def _decision(report: VisitReport) -> dict[str, Any]:
    """Who decided and why, for the story of the target: it stays inside, no body carries it."""
    by = {"id": report.decided_by_id, "name": _name(report.decided_by)}
    return {"decision": {"by": by, "reason": report.rejection_reason}}


def _refusal(report: VisitReport) -> Refused:
    if report.decided_at is not None:
        local = report.decided_at.astimezone(ZoneInfo(report.tenant.time_zone))
        details = {"who": _name(report.decided_by), "when": date_format(local, "D j F, H:i")}
        if report.status == ReportStatus.APPROVED:
            return Refused("already_decided", _("%(who)s approved this report already, %(when)s.") % details)
        return Refused("already_decided", _("%(who)s sent this report back already, %(when)s.") % details)
    if report.status == ReportStatus.SUBMITTED:
        return Refused(
            "changed", _("This report was corrected meanwhile; look at it again before you decide.")
        )
    return Refused("not_submitted", _("The employee has not sent this report yet."))


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.username) if user else _("Somebody")
