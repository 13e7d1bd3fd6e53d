"""Admin pages of tenants, their staff, and accounts."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from ordinavo_connect.clients import one_time
from ordinavo_connect.clients.admin_base import of_tenant, person, tenant_of
from ordinavo_connect.clients.admin_lists import moment
from ordinavo_connect.clients.models import Membership, Role, Tenant, User
from ordinavo_connect.clients.staff import change_role, keep_an_owner, may_manage, new_password, take_on
from ordinavo_connect.clients.staff_forms import MemberForm, NewMemberForm
from ordinavo_connect.clients.tenant_form import TenantForm


@admin.register(Tenant)
class TenantPages(ModelAdmin):
    """Superusers see all tenants and make new ones; an owner sees the own one and names it."""

    form = TenantForm
    list_display = ("name", "slug", "time_zone", "default_work_minutes")
    search_fields = ("name", "slug")
    search_help_text = gettext_lazy("Name or slug")
    ordering = ("name",)
    compressed_fields = False

    def get_queryset(self, request: HttpRequest) -> Any:
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
    search_help_text = gettext_lazy("Name, user name or e-mail")
    ordering = ("user__username",)
    list_select_related = ("user", "tenant")
    list_before_template = "admin/clients/staff_intro.html"
    compressed_fields = False
    change_form_outer_before_template = "admin/clients/member_top.html"

    def get_queryset(self, request: HttpRequest) -> Any:
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
    def last_login(self, member: Membership) -> SafeString | str:
        return moment(member.user.last_login, blank=_("never"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
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
            "object": member,
            "title": title % {"user": member.user},
            "once": one_time.ticket(request),
            "has_admin": member.role != Role.EMPLOYEE,
            "login_url": request.build_absolute_uri(reverse(f"{self.admin_site.name}:index")),
        }
        return TemplateResponse(request, f"admin/clients/{name}.html", context)

    @transaction.atomic
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
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
    """Accounts of all tenants, for superusers: who belongs to which tenant stands under staff."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_superuser", "is_active", "logged_in")
    list_before_template = "admin/clients/accounts_intro.html"
    search_help_text = gettext_lazy("User name, name or e-mail")
    list_filter = ("is_superuser", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Access"), {"fields": ("is_active", "is_superuser")}),
    )
    filter_horizontal = ()

    @display(description=gettext_lazy("last log-in"), ordering="last_login")
    def logged_in(self, user: User) -> SafeString | str:
        return moment(user.last_login, blank=_("never"))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        # Asked before the account is looked up: who may not see accounts does not learn which there are.
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        history: HttpResponse = super().history_view(request, object_id, extra_context)
        return history


def _live(request: HttpRequest) -> Tenant | None:
    tenant = tenant_of(request)
    return tenant.sandbox_of or tenant if tenant else None
