"""Admin pages of Integration Clients."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, F, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from ordinavo_connect.clients.active_tenant import SESSION_KEY
from ordinavo_connect.clients.admin_base import TenantAdmin, tenant_of
from ordinavo_connect.clients.admin_lists import moment
from ordinavo_connect.clients.client_form import ClientForm
from ordinavo_connect.clients.deletion import is_kept
from ordinavo_connect.clients.figures import last_day
from ordinavo_connect.clients.key_pages import KeyPages
from ordinavo_connect.clients.models import IntegrationClient
from ordinavo_connect.clients.wording import unknown_customer_story


@admin.register(IntegrationClient)
class IntegrationClientAdmin(KeyPages, TenantAdmin):
    form = ClientForm
    list_display = ("name", "source_system", "state", "working_keys", "last_request", "strategy")
    list_filter = ("is_active", "strategy")
    search_fields = ("name", "source_system")
    search_help_text = gettext_lazy("Name or source system")
    ordering = ("name",)
    change_form_outer_before_template = "admin/clients/client_top.html"
    compressed_fields = False
    list_before_template = "admin/clients/client_list_intro.html"

    _identity = ("name", "source_system", "is_active")
    _mapping = (
        *(
            "strategy",
            "auto_create_customers",
            "auto_create_locations",
            "auto_create_contacts",
            "update_policy",
        ),
        *("link_threshold", "review_threshold", "margin"),
        *("refuse_unmapped", "review_unknown"),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        tenant = tenant_of(request)
        chooses_environment = obj is None and tenant is not None and not tenant.is_sandbox
        identity = (*self._identity, "environment") if chooses_environment else self._identity
        return (
            (_("What it is"), {"fields": identity}),
            (_("What it may do"), {"fields": ("scopes",)}),
            (_("How it maps"), {"fields": self._mapping}),
            (_("Limits"), {"fields": ("allowed_ips", "rate_limit")}),
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        now = timezone.now()
        works = Q(api_keys__revoked_at=None) & (
            Q(api_keys__expires_at=None) | Q(api_keys__expires_at__gt=now)
        )
        rows = super().get_queryset(request).select_related("tenant")
        return rows.annotate(
            key_count=Count("api_keys", filter=works), last_used=Max("api_keys__last_used_at")
        )

    @display(
        description=gettext_lazy("state"),
        label={"active": "success", "disabled": "danger"},
        ordering="is_active",
    )
    def state(self, client: IntegrationClient) -> tuple[str, str]:
        return ("active", _("Active")) if client.is_active else ("disabled", _("Disabled"))

    @display(description=gettext_lazy("working keys"), ordering="key_count")
    def working_keys(self, client: Any) -> int:
        return int(client.key_count)

    @display(description=gettext_lazy("last request"), ordering=F("last_used").desc(nulls_last=True))
    def last_request(self, client: Any) -> SafeString | str:
        return moment(client.last_used, blank=_("never"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        client = self.get_object(request, object_id)
        extra = {} if client is None else self._top(request, client)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def _top(self, request: HttpRequest, client: Any) -> dict[str, Any]:
        sees_keys = request.user.has_perm("clients.view_apikey")
        return {
            "client": client,
            "last_request": client.last_used,
            "figures": last_day(client),
            "story": unknown_customer_story(client),
            "keys": self.keys_of(request, client) if sees_keys else None,
            "can_make_keys": request.user.has_perm("clients.add_apikey"),
            "can_revoke_keys": request.user.has_perm("clients.change_apikey"),
            "health_url": request.build_absolute_uri("/api/connect/v1/integration/health"),
        }

    def response_add(
        self, request: HttpRequest, obj: IntegrationClient, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """To the client's page, where its first key is made; into its sandbox, if it lives there."""
        tenant = tenant_of(request)
        if tenant is not None and obj.tenant_id != tenant.pk:
            request.session[SESSION_KEY] = obj.tenant_id
            messages.info(
                request,
                _("You work in %(tenant)s now, where the client is. The user menu leads back.")
                % {"tenant": obj.tenant.name},
            )
        messages.success(
            request, _("%(client)s is there. Next: make its first API key.") % {"client": obj.name}
        )
        return redirect(f"{self.admin_site.name}:clients_integrationclient_change", obj.pk)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        client = self.get_object(request, object_id)
        if client is not None and self.has_delete_permission(request, client) and is_kept(client):
            messages.error(
                request,
                _(
                    "%(client)s has imported, and its imports keep it: they would lose their origin. "
                    "Disable it instead: every request is refused from then on."
                )
                % {"client": client.name},
            )
            return redirect(f"{self.admin_site.name}:clients_integrationclient_change", client.pk)
        return super().delete_view(request, object_id, extra_context)

    def get_actions(self, request: HttpRequest) -> Any:
        # Many at once would skip the question whether imports keep a client.
        return {
            name: action for name, action in super().get_actions(request).items() if name != "delete_selected"
        }
