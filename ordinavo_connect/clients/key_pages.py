"""The pages of API keys, below their client: make, show once, rotate, revoke."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from ordinavo_connect.clients import one_time
from ordinavo_connect.clients.admin_base import person
from ordinavo_connect.clients.key_forms import KeyForm, RotationForm
from ordinavo_connect.clients.key_lifecycle import (
    KeyEnded,
    KeyState,
    create_key,
    revoke_key,
    rotate_key,
    state_of,
)
from ordinavo_connect.clients.models import ApiKey, IntegrationClient

if TYPE_CHECKING:
    from ordinavo_connect.clients.admin_base import TenantAdmin as _Admin
else:
    _Admin = object

# A key that was used within this time is called in use when somebody wants to revoke it.
IN_USE = timedelta(days=7)


class KeyPages(_Admin):
    """`<client>/keys/new/`, `<client>/keys/<key>/rotate/`, `<client>/keys/<key>/revoke/`."""

    def get_urls(self) -> list[URLPattern]:
        below = "<path:object_id>/keys/"
        view = self.admin_site.admin_view
        return [
            path(f"{below}new/", view(self.new_key_page), name="clients_key_new"),
            path(f"{below}<int:key_id>/rotate/", view(self.rotate_page), name="clients_key_rotate"),
            path(f"{below}<int:key_id>/revoke/", view(self.revoke_page), name="clients_key_revoke"),
            *super().get_urls(),
        ]

    def new_key_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        client = self._client(request, object_id, "clients.add_apikey")
        if client is None:
            return self._unknown(request, object_id)
        form = KeyForm(request.POST or None, client=client)
        if request.method == "POST" and form.is_valid():
            if not one_time.use_up(request):
                return self._shown_already(request, client)
            try:
                key, text = create_key(client, **form.settings, by=person(request))
            except ValidationError as error:
                form.add_faults(error.message_dict)
            else:
                self.log_change(request, client, _("Made the API key %(key)s.") % {"key": key})
                return self._show_once(request, client, key, text)
        return self._page(request, client, "new_key", title=_("New API key"), form=form)

    def rotate_page(self, request: HttpRequest, object_id: str, key_id: int) -> HttpResponse:
        client = self._client(request, object_id, "clients.add_apikey")
        key = client.api_keys.filter(pk=key_id).first() if client else None
        if client is None or key is None:
            return self._unknown(request, object_id)
        form = RotationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if not one_time.use_up(request):
                return self._shown_already(request, client)
            try:
                fresh, text = rotate_key(key, overlap=form.length, by=person(request))
            except KeyEnded:
                messages.error(request, _("This key was rotated, revoked or has expired already."))
                return self._back(client)
            self.log_change(request, client, _("Rotated the API key %(key)s.") % {"key": key})
            return self._show_once(request, client, fresh, text)
        return self._page(
            request, client, "rotate_key", title=_("Rotate %(key)s") % {"key": key}, form=form, key=key
        )

    def revoke_page(self, request: HttpRequest, object_id: str, key_id: int) -> HttpResponse:
        client = self._client(request, object_id, "clients.change_apikey")
        key = client.api_keys.filter(pk=key_id).first() if client else None
        if client is None or key is None:
            return self._unknown(request, object_id)
        if request.method == "POST":
            try:
                revoke_key(key)
            except KeyEnded:
                messages.info(request, _("The key was revoked already."))
            else:
                self.log_change(request, client, _("Revoked the API key %(key)s.") % {"key": key})
                messages.success(
                    request, _("%(key)s is revoked: requests with it are refused.") % {"key": key}
                )
            return self._back(client)
        is_in_use = key.last_used_at is not None and key.last_used_at > timezone.now() - IN_USE
        title = _("Revoke %(key)s?") % {"key": key}
        return self._page(request, client, "revoke_key", title=title, key=key, is_in_use=is_in_use)

    def keys_of(self, request: HttpRequest, client: IntegrationClient) -> list[dict[str, Any]]:
        """The client's keys as plain data, those that work first."""
        now = timezone.now()
        keys = [_told(key, state_of(key, at=now)) for key in client.api_keys.order_by("-created_at", "-pk")]
        return sorted(keys, key=lambda key: not key["is_working"])

    def _client(self, request: HttpRequest, object_id: str, permission: str) -> IntegrationClient | None:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        client: IntegrationClient | None = self.get_object(request, object_id)
        return client

    def _unknown(self, request: HttpRequest, object_id: str) -> HttpResponse:
        response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return response

    def _page(
        self, request: HttpRequest, client: IntegrationClient, name: str, **context: Any
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "client": client,
            "object": client,
            "once": one_time.ticket(request),
        }
        return TemplateResponse(request, f"admin/clients/{name}.html", context)

    def _show_once(
        self, request: HttpRequest, client: IntegrationClient, key: ApiKey, text: str
    ) -> HttpResponse:
        url = request.build_absolute_uri("/api/connect/v1/integration/health")
        return self._page(
            request, client, "key_once", title=_("Your new API key"), key=key, text=text, url=url
        )

    def _shown_already(self, request: HttpRequest, client: IntegrationClient) -> HttpResponse:
        messages.warning(
            request,
            _(
                "This page was sent already, so nothing was done now. A key is shown once: if it is lost, "
                "make another."
            ),
        )
        return self._back(client)

    def _back(self, client: IntegrationClient) -> HttpResponse:
        return redirect(f"{self.admin_site.name}:clients_integrationclient_change", client.pk)


def _told(key: ApiKey, state: KeyState) -> dict[str, Any]:
    is_working = state in (KeyState.ACTIVE, KeyState.ENDING)
    return {
        "id": key.pk,
        "name": key.name,
        "prefix": f"oc_{key.client.tenant.environment}_{key.public_id}",
        "state": state.label,
        "is_working": is_working,
        "can_rotate": state is KeyState.ACTIVE,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "last_used_from": key.last_used_from,
    }
