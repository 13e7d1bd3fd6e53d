"""Reports that can be billed, and the events that billing sent."""

from decimal import Decimal
from typing import Any

from routing.billing.models import BillingEvent, BillingRule
from routing.planning.models import Appointment
from routing.visits.models import VisitReport
from tests.routing.cast import at
from webhooks.events.models import Event


def make_report(appointment: Appointment, **fields: Any) -> VisitReport:
    """An approved report of 90 minutes without material."""
    target = appointment.target
    defaults: dict[str, Any] = {
        "status": "Approved",
        "result": "Successful",
        "title": "Maintenance visit - Essen Center",
        "work_minutes": 90,
        "submitted_at": at(11),
        "decided_at": at(12),
        "created_at": at(10),
        "updated_at": at(12),
    }
    return VisitReport.objects.create(
        tenant=appointment.tenant,
        appointment=appointment,
        employee=appointment.employee,
        target=target,
        source_system=target.source_system,
        **defaults | fields,
    )


def make_price(tenant: Any, kind: str, price: str, description: str = "", **fields: Any) -> BillingRule:
    return BillingRule.objects.create(
        tenant=tenant, kind=kind, description=description or kind, unit_price=Decimal(price), **fields
    )


def make_billing_event(report: VisitReport, status: str = "Ready", **fields: Any) -> BillingEvent:
    """A billing event of one line, 120.00 EUR, as far as its status has one."""
    price = None if status == "Pending" else "80.00"
    line = {"kind": "Work", "description": "Work", "quantity": "1.50", "unit": "h"}
    defaults: dict[str, Any] = {
        "status": status,
        "lines": [line | {"unitPrice": price, "amount": price and "120.00"}],
        "total": price and Decimal("120.00"),
        "currency": "EUR",
        "waits_for": "" if price else "No price for Work.",
        "created_at": at(12),
        "updated_at": at(12),
        "ready_at": at(12) if price else None,
        "sent_at": at(13) if status == "Sent" else None,
        "document_number": "INV-4711" if status == "Sent" else "",
        "error": "The customer is blocked." if status == "Failed" else "",
    }
    return BillingEvent.objects.create(
        tenant=report.tenant,
        report=report,
        target=report.target,
        appointment=report.appointment,
        source_system=report.source_system,
        **defaults | fields,
    )


def told() -> list[str]:
    """The types of the billing events that were sent, in their order."""
    types = Event.objects.filter(type__startswith="billing.").order_by("id").values_list("type", flat=True)
    return list(types)
