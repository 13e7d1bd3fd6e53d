"""The base of every admin page about rows of a tenant.

Another tenant's row is not there: not in a list, a search, an autocomplete, a filter, an export, an action, a
history or a form; its address answers as that of a row that does not exist.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter

from ordinavo_connect.clients.models import Membership, Tenant, User

if TYPE_CHECKING:
    _Options = admin.options.BaseModelAdmin[Any]
else:
    _Options = object


def tenant_of(request: HttpRequest) -> Tenant | None:
    """The tenant that the person works for right now."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    return tenant


def person(request: HttpRequest) -> User:
    """Who is logged in.

    Raises:
        PermissionDenied: nobody is; views of the admin's site are never reached so.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def of_tenant(rows: QuerySet[Any], tenant: Tenant | None) -> QuerySet[Any]:
    """The rows that belong to a tenant: those with its key, or, of users, its members."""
    if tenant is None:
        return rows.none()
    if rows.model is User:
        members = Membership.objects.filter(tenant__in=[tenant.pk, tenant.sandbox_of_id])
        return rows.filter(pk__in=members.values("user"))
    return rows.filter(tenant=tenant)


def has_tenant(model: type[Model]) -> bool:
    return model is User or any(field.name == "tenant" for field in model._meta.get_fields())


class TenantRecordFilter(RelatedDropdownFilter):
    """Filter by a record of the active tenant. For short lists; long ones take an autocomplete filter."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        rows = of_tenant(field.related_model._default_manager.all(), tenant_of(request))
        return [(row.pk, str(row)) for row in rows.order_by(*rows.model._meta.ordering or ["pk"])]


class TenantOptions(_Options):
    """What pages and their inlines share: rows, choices and new rows of the active tenant only."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return of_tenant(super().get_queryset(request), tenant_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **_limited(db_field, request, kwargs))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **_limited(db_field, request, kwargs))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_here(request, obj) and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_here(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_here(request, obj) and super().has_delete_permission(request, obj)


class TenantAdmin(TenantOptions, ModelAdmin):
    """Pages about a model that has a `tenant`. Give it `search_fields` and `autocomplete_fields`.

    Do not put `tenant` into a form: a new row gets the active one. Views of your own fetch their row by
    `self.get_object(request, object_id)`, which finds rows of the active tenant only.
    """

    exclude = ("tenant",)
    list_per_page = 50
    # A count over the whole table is what makes a long list slow.
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    list_fullwidth = True

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """The filters, those over records of the tenant among its own ones only."""
        return [self._of_tenant(entry) for entry in super().get_list_filter(request)]

    def _of_tenant(self, entry: Any) -> Any:
        if not isinstance(entry, str):
            return entry
        field = get_fields_from_path(self.model, entry)[-1]
        related = field.related_model if field.is_relation else None
        return (entry, TenantRecordFilter) if related and has_tenant(related) else entry

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return _form_of_tenant(super().get_form(request, obj, change, **kwargs), tenant_of(request))


class _TenantInline(TenantOptions):
    exclude = ("tenant",)
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form = _form_of_tenant(formset.form, tenant_of(request))
        return formset


class TenantTabularInline(_TenantInline, TabularInline):
    """Rows of the active tenant below another of its rows, a line each."""


def _is_here(request: HttpRequest, obj: Any) -> bool:
    if obj is None or not hasattr(obj, "tenant_id"):
        return True
    tenant = tenant_of(request)
    return tenant is not None and obj.tenant_id in (tenant.pk, None)


def _limited(db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
    model: Any = db_field.related_model
    if has_tenant(model):
        rows = kwargs.get("queryset", model._default_manager.all())
        return kwargs | {"queryset": of_tenant(rows, tenant_of(request))}
    return kwargs


def _form_of_tenant(form: Any, tenant: Tenant | None) -> Any:
    """The form, whose new rows belong to the tenant before they are checked for what is unique in it."""

    class TenantForm(form):
        active_tenant = tenant

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            if self.instance.tenant_id is None:
                self.instance.tenant = tenant

        def _get_validation_exclusions(self) -> set[str]:
            exclusions: set[str] = super()._get_validation_exclusions()
            return exclusions - {"tenant"}

    TenantForm.__name__ = form.__name__
    return TenantForm
