"""What of webhooks needs a person now: open notices, and deliveries that were given up."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext

from ordinavo_connect.clients.models import Tenant
from ordinavo_connect.clients.needs import Need
from webhooks.delivery.figures import failed_deliveries
from webhooks.delivery.models import Notice
from webhooks.delivery.notices import sentence
from webhooks.delivery.pages.marks import fresh

# Named one by one; the rest stands in the list of subscriptions.
MOST_NAMED = 5


def needs_of(request: HttpRequest, tenant: Tenant) -> list[Need]:
    """For the home page, the newest notice of each subscription first."""
    if not request.user.has_perm("delivery.view_subscription"):
        return []
    return [*_notices(tenant), *_given_up(tenant)]


def _notices(tenant: Tenant) -> list[Need]:
    """One for each endpoint: what was told of it last says most."""
    rows = Notice.objects.filter(tenant=tenant, ended_at=None, subscription__isnull=False)
    newest = list(
        rows.order_by("subscription_id", "-id").distinct("subscription_id").select_related("subscription")
    )
    newest.sort(key=lambda notice: -notice.pk)
    needs = [
        Need(
            "webhook",
            f"{notice.subscription}: {sentence(notice, time_of=fresh)}",
            reverse("admin:delivery_subscription_change", args=[notice.subscription_id]),
            is_bad=True,
        )
        for notice in newest[:MOST_NAMED]
    ]
    if rest := len(newest) - len(needs):
        text = ngettext("%(n)d more endpoint has a notice", "%(n)d more endpoints have a notice", rest)
        needs.append(Need("webhook", text % {"n": rest}, reverse("admin:delivery_subscription_changelist")))
    return needs


def _given_up(tenant: Tenant) -> list[Need]:
    count = failed_deliveries(tenant.pk)
    if not count:
        return []
    text = ngettext(
        "%(n)d delivery of the last 24 h was given up: send it again once its receiver is well",
        "%(n)d deliveries of the last 24 h were given up: send them again once their receivers are well",
        count,
    )
    link = f"{reverse('admin:delivery_delivery_changelist')}?status__exact=Failed"
    return [Need("outbox", text % {"n": count}, link, is_bad=True)]
