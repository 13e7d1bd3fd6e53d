"""What the pages of a subscription share: finding its row, drawing a page, and the way back."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from ordinavo_connect.clients import one_time
from ordinavo_connect.clients.admin_lists import ListPages
from webhooks.delivery.models import Subscription

MANAGE = "delivery.change_subscription"


class SubscriptionBase(ListPages):
    def managed(self, request: HttpRequest, object_id: str, permission: str = MANAGE) -> Subscription | None:
        """The row, for who may change it; None where there is none in this tenant.

        Raises:
            PermissionDenied: the role does not allow it.
        """
        if not request.user.has_perm(permission):
            raise PermissionDenied
        subscription: Subscription | None = self.get_object(request, object_id)
        return subscription

    def unknown(self, request: HttpRequest, object_id: str) -> HttpResponse:
        response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return response

    def page(
        self, request: HttpRequest, subscription: Subscription | None, name: str, **context: Any
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": subscription,
            "subscription": subscription,
            "once": one_time.ticket(request),
        }
        return TemplateResponse(request, f"admin/delivery/{name}.html", context)

    def back(self, subscription: Subscription | None = None) -> HttpResponse:
        """To the subscription's page, or to the list."""
        if subscription is None:
            return redirect(f"{self.admin_site.name}:delivery_subscription_changelist")
        return redirect(f"{self.admin_site.name}:delivery_subscription_change", subscription.pk)
