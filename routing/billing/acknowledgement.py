"""What the ERP says of a billing event: its document, or why there is none (API contract, Billing events)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import IntegrationClient
from routing.billing import events
from routing.billing.bills import reread, show_on_report
from routing.billing.models import BillingEvent, BillingStatus
from routing.planning.refusals import Refused

ALREADY = "billing_event_already_acknowledged"
NOT_READY = "billing_event_not_ready"


def acknowledge(
    event: BillingEvent, *, document_number: str, error: str, client: IntegrationClient, now: datetime
) -> BillingEvent:
    """`Ready` or `Failed` → `Sent` with a document number; `Ready` → `Failed` with an error.

    A repeat that says the same changes nothing. Exactly one of `document_number` and `error` is not ''.

    Raises:
        Refused: billing_event_already_acknowledged, billing_event_not_ready.
    """
    with transaction.atomic():
        row = BillingEvent.objects.select_related("report").select_for_update(of=("self",)).get(pk=event.pk)
        if row.status == BillingStatus.PENDING:
            raise Refused(NOT_READY, row.waits_for or _("The billing event is not ready yet."))
        if row.status == BillingStatus.SENT:
            if document_number == row.document_number:
                return row
            raise Refused(ALREADY, _("It is acknowledged as %s already.") % row.document_number)
        if row.status == BillingStatus.FAILED and error:
            return _failed_again(row, error, now)
        return _settled(row, document_number, error, client, now)


def _settled(
    row: BillingEvent, document_number: str, error: str, client: IntegrationClient, now: datetime
) -> BillingEvent:
    row.acknowledged_by, row.updated_at = client, now
    if document_number:
        row.status, row.sent_at = BillingStatus.SENT, now
        row.document_number, row.error = document_number, ""
    else:
        row.status, row.failed_at, row.error = BillingStatus.FAILED, now, error
    row.save(
        update_fields=[
            *("status", "sent_at", "failed_at", "document_number", "error", "acknowledged_by", "updated_at")
        ]
    )
    show_on_report(row)
    events.tell(row, events.SENT if document_number else events.FAILED, now=now)
    return row


def _failed_again(row: BillingEvent, error: str, now: datetime) -> BillingEvent:
    """It failed before; what counts is the newest reason."""
    if error != row.error:
        row.error, row.updated_at = error, now
        row.save(update_fields=["error", "updated_at"])
    return row


def offer_again(event: BillingEvent, *, now: datetime) -> BillingEvent:
    """Staff mended what the ERP refused: `Failed` → `Ready`, told once more.

    Raises:
        Refused: not_failed.
    """
    with transaction.atomic():
        offered = BillingEvent.objects.filter(pk=event.pk, status=BillingStatus.FAILED).update(
            status=BillingStatus.READY, ready_at=now, updated_at=now
        )
        if not offered:
            raise Refused("not_failed", _("Only what failed can be offered again."))
        changed = reread(event)
        show_on_report(changed)
        events.tell(changed, events.READY, now=now)
    return changed
