"""The step of a new tenant to its first webhook, for the home page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from ordinavo_connect.clients.first_steps import Step
from ordinavo_connect.clients.models import Tenant
from webhooks.delivery.models import Subscription
from webhooks.delivery.pages.subscription_base import MANAGE


def first_webhook(request: HttpRequest, tenant: Tenant) -> Step:
    """Done when a receiver accepted a delivery, be it the test that each subscription begins with."""
    rows = Subscription.objects.filter(tenant=tenant)
    newest = rows.order_by("-pk").first()
    is_done = rows.filter(last_success_at__isnull=False).exists()
    text, link, verb = _("A system that wants to hear of events gets them signed, as they happen."), "", ""
    if newest is None and request.user.has_perm("delivery.add_subscription"):
        link, verb = reverse("admin:delivery_subscription_add"), _("New subscription")
    elif newest is not None and not is_done:
        text = _("A subscription is there, and its receiver has accepted nothing yet: its page says why.")
        if request.user.has_perm(MANAGE):
            link, verb = (
                reverse("admin:delivery_subscription_change", args=[newest.pk]),
                _("To the subscription"),
            )
    return Step(_("Send the first webhook"), text, is_done, link, verb)
