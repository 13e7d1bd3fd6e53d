"""What billing knows of a target's life: made, ready, acknowledged with its document, or failed."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from imports.life import Entry
from imports.models import Target
from routing.billing.models import BillingEvent


def life_of(request: HttpRequest, target: Target) -> list[Entry]:
    """For the page of the target, for who may see billing: one statement."""
    if not request.user.has_perm("billing.view_billingevent"):
        return []
    rows = BillingEvent.objects.filter(target=target).select_related("acknowledged_by", "completed_by")
    return [entry for row in rows.order_by("pk") for entry in _entries(row)]


def _entries(row: BillingEvent) -> Iterator[Entry]:
    link = reverse("admin:billing_billingevent_change", args=[row.pk])
    yield Entry(row.created_at, "receipt_long", _("Billing event made"), "", row.waits_for, link)
    if row.ready_at:
        text = _("Ready to be billed: %(total)s %(currency)s")
        said = text % {"total": row.total, "currency": row.currency}
        yield Entry(row.ready_at, "price_check", said, str(row.completed_by or ""), link=link)
    who = str(row.acknowledged_by or "")
    if row.failed_at:
        yield Entry(row.failed_at, "error", _("Billing failed"), who, row.error, link)
    if row.sent_at:
        said = _("Billed as %(number)s") % {"number": row.document_number}
        yield Entry(row.sent_at, "paid", said, who, link=link)
