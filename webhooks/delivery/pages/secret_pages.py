"""Pages that show the secret of a subscription: once, after it was made or rotated."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from ordinavo_connect.clients import one_time
from webhooks.delivery.models import Subscription
from webhooks.delivery.pages.subscription_base import SubscriptionBase
from webhooks.delivery.subscriptions import rotate_secret

OVERLAPS = {
    "0": gettext_lazy("none: the old secret ends at once"),
    "1": gettext_lazy("1 hour"),
    "24": gettext_lazy("1 day"),
    "168": gettext_lazy("7 days"),
}


class RotationForm(forms.Form):
    """How long the old secret signs besides the new one."""

    overlap = forms.ChoiceField(
        label=gettext_lazy("Overlap"),
        choices=list(OVERLAPS.items()),
        initial="24",
        widget=UnfoldAdminSelectWidget,
    )


class SecretPages(SubscriptionBase):
    """`<subscription>/rotate/`, and the page with a new secret."""

    def rotate_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subscription = self.managed(request, object_id)
        if subscription is None:
            return self.unknown(request, object_id)
        form = RotationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if not one_time.use_up(request):
                return self.shown_already(request, subscription)
            secret = rotate_secret(subscription, overlap_hours=int(form.cleaned_data["overlap"]))
            self.log_change(request, subscription, _("Rotated the secret."))
            return self.show_secret(request, subscription, secret)
        title = _("Rotate the secret of %(name)s") % {"name": subscription}
        return self.page(request, subscription, "rotate", title=title, form=form)

    def show_secret(self, request: HttpRequest, subscription: Subscription, secret: str) -> HttpResponse:
        return self.page(
            request, subscription, "secret_once", title=_("Your new signing secret"), secret=secret
        )

    def shown_already(self, request: HttpRequest, subscription: Any = None) -> HttpResponse:
        messages.warning(
            request,
            _(
                "This page was sent already, so nothing was done now. A secret is shown once: if it is lost, "
                "rotate it."
            ),
        )
        return self.back(subscription)
