"""The types of events that visits write (API contract, Webhooks), and how a report tells of itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from routing.visits.facts import report_facts
from routing.visits.models import VisitReport
from webhooks.events.outbox import Fact, emit

REPORT_CREATED = "visit_report.created"
REPORT_SUBMITTED = "visit_report.submitted"
REPORT_APPROVED = "visit_report.approved"
REPORT_REJECTED = "visit_report.rejected"
FOLLOW_UP_REQUIRED = "visit_report.follow_up_required"
PROBLEM_REPORTED = "visit_report.problem_reported"
FOLLOW_UP_CREATED = "target.follow_up_created"


def tell(report: VisitReport, types: Iterable[str], *, now: datetime, **parts: dict[str, Any]) -> None:
    """Write the events of a report, in their order, with its facts as they are in the transaction that is open.

    Args:
        parts: further parts, by event type with `_` for the dot: `visit_report_problem_reported={"problem": …}`.
    """
    facts = report_facts(report)
    told = [Fact(each, facts | parts.get(each.replace(".", "_"), {})) for each in types]
    emit(told, tenant_id=report.tenant_id, source_system=report.source_system, occurred_at=now)
