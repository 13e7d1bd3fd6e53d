"""What of billing needs a person now, for the home page."""

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext

from ordinavo_connect.clients.models import Tenant
from ordinavo_connect.clients.needs import Need
from routing.billing.models import BillingEvent, BillingStatus


def needs_of(request: HttpRequest, tenant: Tenant) -> list[Need]:
    """What waits for a price, and what the ERP refused: one statement."""
    if not request.user.has_perm("billing.view_billingevent"):
        return []
    waiting = BillingEvent.objects.filter(
        tenant=tenant, status__in=[BillingStatus.PENDING, BillingStatus.FAILED]
    )
    counts = dict(waiting.values_list("status").annotate(Count("id")))
    needs = []
    if pending := counts.get(BillingStatus.PENDING):
        text = ngettext(
            "%(n)d billing event waits for a price", "%(n)d billing events wait for a price", pending
        )
        needs.append(Need("receipt_long", text % {"n": pending}, _list_of(BillingStatus.PENDING)))
    if failed := counts.get(BillingStatus.FAILED):
        text = ngettext(
            "%(n)d billing event was refused by the ERP",
            "%(n)d billing events were refused by the ERP",
            failed,
        )
        needs.append(Need("receipt_long", text % {"n": failed}, _list_of(BillingStatus.FAILED), is_bad=True))
    return needs


def _list_of(status: str) -> str:
    return f"{reverse('admin:billing_billingevent_changelist')}?status__exact={status}"
