"""From an approved report to its billing event: one for each, whatever is clicked, retried or killed."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import User
from routing.billing import events
from routing.billing.models import BillingEvent, BillingRule, BillingStatus
from routing.billing.pricing import Line, Price, Visit, lines_of, total_of, unpriced
from routing.planning.refusals import Refused
from routing.visits.bills import Bill
from routing.visits.models import VisitReport

PENDING, READY = BillingStatus.PENDING, BillingStatus.READY


def preview(report: VisitReport) -> Bill | None:
    """What approving the report would bill; None where it is not billable."""
    if not report.is_billable:
        return None
    return bill_of(_lines(report), currency=report.tenant.currency)


def bill_of(lines: list[Line], *, currency: str) -> Bill:
    return Bill(
        lines=tuple(line.as_json() for line in lines),
        total=total_of(lines),
        currency=currency,
        waits_for=_waits_for(lines),
    )


def bill_report(report: VisitReport, *, now: datetime, by: User) -> BillingEvent | None:
    """Write the billing event of an approved report: `Pending`, then `Ready` where every line has a price.

    It belongs into the transaction of the approval. A second one for the same report is impossible in the
    database. Source: API contract, Billing events.

    Raises:
        Refused: already_billed.
    """
    bill = preview(report)
    if bill is None:
        return None
    event = BillingEvent(
        tenant_id=report.tenant_id,
        report=report,
        target_id=report.target_id,
        appointment_id=report.appointment_id,
        source_system=report.source_system,
        lines=list(bill.lines),
        total=bill.total,
        currency=bill.currency,
        waits_for=bill.waits_for,
        created_at=now,
        updated_at=now,
    )
    if bill.total is not None:
        event.status, event.ready_at, event.completed_by = READY, now, by
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError:
        raise Refused("already_billed", _("This report has its billing event already.")) from None
    show_on_report(event)
    if event.status == READY:
        events.tell(event, events.CREATED, events.READY, now=now, statuses=(PENDING, READY))
    else:
        events.tell(event, events.CREATED, now=now)
    return event


def show_on_report(event: BillingEvent) -> None:
    """The report shows the billing event's status as its own `billingStatus`."""
    VisitReport.objects.filter(tenant_id=event.tenant_id, pk=event.report_id).update(
        billing_status=event.status
    )


def complete_billing_event(
    event: BillingEvent, *, lines: list[Line], by: User, now: datetime
) -> BillingEvent:
    """Give what waits its lines with their prices: `Pending` → `Ready`.

    Raises:
        Refused: price_missing (or so many of something that no bill has room for it), or not_pending where somebody
            else was first.
    """
    total = total_of(lines)
    if total is None:
        raise Refused("price_missing", _waits_for(lines))
    columns: dict[str, Any] = {
        "status": READY,
        "lines": [line.as_json() for line in lines],
        "total": total,
        "waits_for": "",
        "completed_by": by,
        "ready_at": now,
        "updated_at": now,
    }
    with transaction.atomic():
        if not BillingEvent.objects.filter(pk=event.pk, status=PENDING).update(**columns):
            raise Refused("not_pending", _("Somebody completed this billing event meanwhile."))
        changed = reread(event)
        show_on_report(changed)
        events.tell(changed, events.READY, now=now)
    return changed


def priced_again(event: BillingEvent) -> list[Line]:
    """The lines that the prices of today would give: what staff start from when they complete it."""
    return _lines(event.report)


def reread(event: BillingEvent) -> BillingEvent:
    return BillingEvent.objects.select_related("report").get(pk=event.pk)


def _lines(report: VisitReport) -> list[Line]:
    visit = Visit(report.target.template_key, report.work_minutes or 0, report.materials)
    return lines_of(visit, prices_of(report.tenant_id))


def prices_of(tenant_id: int) -> list[Price]:
    """The tenant's active prices."""
    rows = BillingRule.objects.filter(tenant_id=tenant_id, is_active=True).order_by("kind", "description")
    return [
        Price(row.kind, row.description, row.unit, row.unit_price, row.template_key, row.step_minutes)
        for row in rows
    ]


def _waits_for(lines: list[Line]) -> str:
    if not lines:
        return _("No price fits this visit: add one to the prices, or a line here.")
    if missing := unpriced(lines):
        return _("No price for %(names)s.") % {"names": ", ".join(missing)}
    if total_of(lines) is None:
        return _("The amount is too large to be right: correct the quantities or the prices.")
    return ""
