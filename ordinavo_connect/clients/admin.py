"""Admin pages of tenants, staff and Integration Clients."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, F, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from ordinavo_connect.clients import one_time
from ordinavo_connect.clients.active_tenant import SESSION_KEY
from ordinavo_connect.clients.admin_base import TenantAdmin, of_tenant, person, tenant_of
from ordinavo_connect.clients.client_form import ClientForm
from ordinavo_connect.clients.deletion import is_kept
from ordinavo_connect.clients.figures import last_day
from ordinavo_connect.clients.key_pages import KeyPages
from ordinavo_connect.clients.models import IntegrationClient, Membership, Tenant, User
from ordinavo_connect.clients.staff import change_role, keep_an_owner, may_manage, new_password, take_on
from ordinavo_connect.clients.staff_forms import MemberForm, NewMemberForm
from ordinavo_connect.clients.tenant_form import TenantForm
from ordinavo_connect.clients.wording import unknown_customer_story

ALIVE = {True: "success", False: "danger"}


@admin.register(IntegrationClient)
class IntegrationClientAdmin(KeyPages, TenantAdmin):
    form = ClientForm
    list_display = ("name", "source_system", "state", "working_keys", "last_request", "strategy")
    list_filter = ("is_active", "strategy")
    search_fields = ("name", "source_system")
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[IntegrationClient]:
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
    def last_request(self, client: Any) -> Any:
        return client.last_used

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
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

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
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


@admin.register(Tenant)
class TenantPages(ModelAdmin):
    """Superusers see all tenants and make new ones; an owner sees the own one and names it."""

    form = TenantForm
    list_display = ("name", "slug", "time_zone", "default_work_minutes")
    search_fields = ("name", "slug")
    ordering = ("name",)
    compressed_fields = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        tenants = super().get_queryset(request).filter(sandbox_of=None)
        if request.user.is_superuser:
            return tenants
        tenant = tenant_of(request)
        return tenants.filter(pk__in=[tenant.pk, tenant.sandbox_of_id] if tenant else [])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        # Callers rely on the slug: it stands in events, and in the answer of the health check.
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    """The staff of the tenant that one works for; a sandbox has that of its tenant."""

    list_display = ("person", "username", "email", "role", "last_login")
    list_filter = ("role",)
    search_fields = ("user__username", "user__first_name", "user__last_name", "user__email")
    ordering = ("user__username",)
    list_select_related = ("user", "tenant")
    compressed_fields = False
    change_form_outer_before_template = "admin/clients/member_top.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return of_tenant(super().get_queryset(request), _live(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(
            request, obj, change, **kwargs | {"form": MemberForm if obj else NewMemberForm}
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ("role",) if obj else ("username", "first_name", "last_name", "email", "role")
        return ((None, {"fields": fields}),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.password_page)
        return [
            path("<path:object_id>/password/", view, name="clients_membership_password"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("person"), ordering="user__last_name")
    def person(self, member: Membership) -> str:
        return member.user.get_full_name() or member.user.username

    @display(description=gettext_lazy("user name"), ordering="user__username")
    def username(self, member: Membership) -> str:
        return member.user.username

    @display(description=gettext_lazy("e-mail"), ordering="user__email")
    def email(self, member: Membership) -> str:
        return member.user.email

    @display(description=gettext_lazy("last log-in"), ordering="user__last_login")
    def last_login(self, member: Membership) -> Any:
        return member.user.last_login

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        member = self.get_object(request, object_id)
        may_reset = (
            member is not None
            and self.has_change_permission(request, member)
            and may_manage(person(request), member.user)
        )
        extra = {"member": member, "may_reset": may_reset}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            change_role(obj, role=form.cleaned_data["role"])
            return
        tenant = _live(request)
        if tenant is None:
            raise PermissionDenied
        made, password = take_on(tenant, **form.cleaned_data)
        obj.pk, obj.user, obj.tenant = made.pk, made.user, made.tenant
        # Carried to response_add on the object of this request: it is shown there and then gone.
        obj.first_password = password  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Membership, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show_password(request, obj, obj.first_password)  # type: ignore[attr-defined]

    def password_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then sets a new password and shows it once."""
        member = self.get_object(request, object_id)
        if member is None:
            response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return response
        if not self.has_change_permission(request, member) or not may_manage(person(request), member.user):
            raise PermissionDenied
        if request.method == "POST":
            if not one_time.use_up(request):
                messages.warning(request, _("This page was sent already, so nothing was done now."))
                return redirect(f"{self.admin_site.name}:clients_membership_change", member.pk)
            self.log_change(request, member, _("Set a new password."))
            return self._show_password(request, member, new_password(member.user))
        return self._page(request, member, "new_password", title=_("New password for %(user)s?"))

    def _show_password(self, request: HttpRequest, member: Membership, password: str) -> HttpResponse:
        return self._page(
            request, member, "password_once", title=_("Password of %(user)s"), password=password
        )

    def _page(
        self, request: HttpRequest, member: Membership, name: str, *, title: str, **context: Any
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "member": member,
            "title": title % {"user": member.user},
            "once": one_time.ticket(request),
            "login_url": request.build_absolute_uri(reverse(f"{self.admin_site.name}:index")),
        }
        return TemplateResponse(request, f"admin/clients/{name}.html", context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        member = self.get_object(request, object_id)
        if member is not None:
            try:
                keep_an_owner(member)
            except ValidationError as error:
                messages.error(request, error.messages[0])
                return redirect(f"{self.admin_site.name}:clients_membership_change", member.pk)
        return super().delete_view(request, object_id, extra_context)

    def get_actions(self, request: HttpRequest) -> Any:
        # Many at once would skip the question whether an owner stays.
        return {
            name: action for name, action in super().get_actions(request).items() if name != "delete_selected"
        }


@admin.register(User)
class UserPages(UserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Accounts, for superusers: who belongs to which tenant stands under staff."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_superuser", "is_active", "last_login")
    list_filter = ("is_superuser", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Access"), {"fields": ("is_active", "is_superuser")}),
    )
    filter_horizontal = ()


def _live(request: HttpRequest) -> Tenant | None:
    tenant = tenant_of(request)
    return tenant.sandbox_of or tenant if tenant else None
