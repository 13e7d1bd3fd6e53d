"""What billing tells the world (API contract, Webhooks)."""

from datetime import datetime
from typing import Any

from routing.billing.models import BillingEvent
from routing.billing.pricing import money
from routing.visits.facts import facts_of_reports
from webhooks.events.outbox import Fact, emit

CREATED = "billing.event_created"
READY = "billing.event_ready"
SENT = "billing.event_sent"
FAILED = "billing.event_failed"


def tell(event: BillingEvent, *types: str, now: datetime, statuses: tuple[str, ...] = ()) -> None:
    """Write events about a billing event, in their order, in the transaction that is open.

    Args:
        statuses: what it was when each happened; its present one where none are given.
    """
    parts = parts_of([event])[event.pk]
    emit(
        [
            Fact(event_type, _as_of(parts, status))
            for event_type, status in zip(types, statuses or (event.status,) * len(types), strict=True)
        ],
        tenant_id=event.tenant_id,
        source_system=event.source_system,
        occurred_at=now,
    )


def parts_of(events: list[BillingEvent]) -> dict[int, dict[str, Any]]:
    """The facts of billing events by id: `customer`, `location`, `billingEvent`, `visitReport`, `target`.

    Their reports should be loaded; the number of statements is constant.
    """
    reports = facts_of_reports([event.report for event in events])
    return {
        event.pk: {name: part for name, part in reports[event.report_id].items() if name != "contact"}
        | {
            "billingEvent": facts_of(event),
            "visitReport": reports[event.report_id]["visitReport"] | {"billingStatus": event.status},
        }
        for event in events
    }


def facts_of(event: BillingEvent) -> dict[str, Any]:
    """A billing event as events and the API tell it."""
    return {
        "id": event.pk,
        "status": event.status,
        "sourceType": "VisitReport",
        "visitReportId": event.report_id,
        "targetId": event.target_id,
        "appointmentId": event.appointment_id,
        "createdAtUtc": event.created_at.isoformat().replace("+00:00", "Z"),
        "documentNumber": event.document_number,
        "lines": event.lines,
        "total": None if event.total is None else money(event.total),
        "currency": event.currency,
    }


def _as_of(parts: dict[str, Any], status: str) -> dict[str, Any]:
    return parts | {
        "billingEvent": parts["billingEvent"] | {"status": status},
        "visitReport": parts["visitReport"] | {"billingStatus": status},
    }
