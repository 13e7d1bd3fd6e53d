"""The admin's pages of the registry: customers, locations and contacts, with what leads to them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from customers.history import explain_changes
from customers.keepers import is_kept
from customers.matching.keeping import rekey_locations
from customers.matching.snapshot import derived
from customers.models import Contact, Customer, ExternalReference, Location
from customers.record_forms import CustomerForm, LocationForm, ReferenceForm
from customers.record_history import record_history
from customers.references import add_reference, remove_reference
from customers.search import FINDERS
from ordinavo_connect.clients.admin_base import TenantTabularInline, of_tenant, tenant_of
from ordinavo_connect.clients.admin_lists import ListPages, moment, staff_of

# Locations and contacts that a customer's page names; a chain has more, and its list has a search.
MOST_BELOW = 20


class ReferenceInline(TenantTabularInline):
    """External IDs of a record. They are saved by `customers.references`, never by the form."""

    model = ExternalReference
    form = ReferenceForm
    fields = ("source_system", "external_id", "came_about", "since")
    readonly_fields = ("came_about", "since")
    ordering = ("source_system", "external_id")
    verbose_name = gettext_lazy("external ID")
    verbose_name_plural = gettext_lazy("External IDs: what source systems call this record")
    hide_title = True
    entity = ""

    @display(description=gettext_lazy("how it came about"))
    def came_about(self, reference: ExternalReference) -> str:
        return reference.get_origin_display() if reference.pk else _("Decided by staff")

    @display(description=gettext_lazy("since"))
    def since(self, reference: ExternalReference) -> SafeString | str:
        return moment(reference.created_at) if reference.pk else "–"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        entity = self.entity

        class EntityForm(formset.form):  # type: ignore[name-defined]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.instance.entity_type = entity

        formset.form = EntityForm
        return formset


def _references_of(entity: str) -> type[ReferenceInline]:
    return type(f"{entity.title()}References", (ReferenceInline,), {"entity": entity, "fk_name": entity})


class RecordPages(ListPages):
    """A record of the registry: who may change it, does so with its history told."""

    entity = ""
    compressed_fields = True
    list_filter_submit = False
    search_fields = ("name",)  # What is searched stands in customers.search.

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (FINDERS[self.entity](queryset, term) if term else queryset), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        explain_changes("edited in the admin" if change else "entered in the admin", user=request.user)
        values = {
            field.name: getattr(obj, field.name)
            for field in obj._meta.concrete_fields
            if not field.is_relation
        }
        owner = obj.customer.name if self.entity == "location" else None
        computed = derived(self.entity, values, tenant_id=obj.tenant_id, customer_name=owner)
        for name, value in computed.items():
            setattr(obj, name, value)
        super().save_model(request, obj, form, change)
        if change and self.entity == "customer" and "name" in form.changed_data:
            rekey_locations([obj.pk], tenant_id=obj.tenant_id)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not ExternalReference:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        changed: int = sum(
            remove_reference(reference, by=staff_of(request)) for reference in formset.deleted_objects
        )
        for new in formset.new_objects:
            changed += add_reference(
                form.instance,
                source_system=new.source_system,
                external_id=new.external_id,
                by=staff_of(request),
            )[1]
        if changed:
            text = ngettext("%(n)d target is mapped anew.", "%(n)d targets are mapped anew.", changed)
            messages.info(request, text % {"n": changed})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        explain_changes("deleted in the admin", user=request.user)
        super().delete_model(request, obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        record = self.get_object(request, object_id)
        if record is not None and self.has_delete_permission(request, record) and is_kept(record):
            text = _("Targets are linked to %(record)s, so it stays. Link them elsewhere first.")
            messages.error(request, text % {"record": record})
            return redirect(f"{self.admin_site.name}:customers_{self.entity}_change", record.pk)
        asked: HttpResponse = super().delete_view(request, object_id, extra_context)
        return asked

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Every change of the record, whoever made it: an import, a review, a person here."""
        record = self.get_object(request, object_id)
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        if record is None:
            unknown: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return unknown
        entries = record_history(record)
        for entry in entries:
            entry["when"] = moment(entry["at"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": record,
            "title": _("History of %(record)s") % {"record": record},
            "entries": entries,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/customers/history.html", context)


@admin.register(Customer)
class CustomerAdmin(RecordPages):
    entity = "customer"
    form = CustomerForm
    inlines = (_references_of("customer"),)
    list_display = ("name", "number_shown", "type", "industry", "email", "updated")
    search_help_text = gettext_lazy("Name, customer number or external ID")
    ordering = ("name", "id")
    fieldsets = ((None, {"fields": (("name", "number"), ("type", "industry"), ("email", "phone"))}),)
    change_form_outer_after_template = "admin/customers/below.html"
    empty_template = "admin/customers/no_customers.html"
    export_columns = (
        *(
            ("id", "id"),
            ("customerNumber", "number"),
            ("name", "name"),
            ("type", "type"),
            ("industry", "industry"),
        ),
        *(("email", "email"), ("phone", "phone"), ("updatedAt", "updated_at")),
    )

    @display(description=gettext_lazy("customer number"), ordering="number")
    def number_shown(self, customer: Customer) -> str:
        return customer.number or "–"

    @display(description=gettext_lazy("updated"))
    def updated(self, customer: Customer) -> SafeString | str:
        return moment(customer.updated_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        customer = self.get_object(request, object_id)
        extra = {"below": _below(customer)} if customer is not None else {}
        extra |= extra_context or {}
        page: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return page


class ChildPages(RecordPages):
    """A location or contact: a record of a customer."""

    autocomplete_fields = ("customer",)
    list_select_related = ("customer",)

    @display(description=gettext_lazy("customer"))
    def customer_shown(self, record: Any) -> str:
        return str(record.customer)

    @display(description=gettext_lazy("updated"))
    def updated(self, record: Any) -> SafeString | str:
        return moment(record.updated_at)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "customer" in form.base_fields:
            # A customer is looked after on its own page; buttons for that would crowd the field.
            widget = form.base_fields["customer"].widget
            for verb in ("add", "change", "delete", "view"):
                setattr(widget, f"can_{verb}_related", False)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?customer=` comes from a customer's page; one of another tenant is not there."""
        initial = super().get_changeform_initial_data(request)
        number = initial.get("customer", "")
        if number.isdecimal() and len(number) < 19:
            rows = of_tenant(Customer.objects.filter(pk=number), tenant_of(request))
            return initial if rows.exists() else {}
        return {}


@admin.register(Location)
class LocationAdmin(ChildPages):
    entity = "location"
    form = LocationForm
    inlines = (_references_of("location"),)
    list_display = ("place", "customer_shown", "street", "postal_code", "city", "has_coordinates", "updated")
    search_help_text = gettext_lazy("Name, address, customer or external ID")
    ordering = ("name", "id")
    fieldsets = (
        (None, {"fields": (("customer", "name"), ("street", "postal_code"), ("city", "country"))}),
        (gettext_lazy("Coordinates"), {"fields": (("latitude", "longitude"),)}),
        (
            gettext_lazy("Work there"),
            {"fields": (("default_work_minutes", "default_priority"), "access_notes")},
        ),
    )
    empty_template = "admin/customers/no_locations.html"
    export_columns = (
        *(("id", "id"), ("customerId", "customer_id"), ("customer", "customer__name"), ("name", "name")),
        *(("street", "street"), ("postalCode", "postal_code"), ("city", "city"), ("country", "country")),
        *(("latitude", "latitude"), ("longitude", "longitude"), ("updatedAt", "updated_at")),
    )

    @display(description=gettext_lazy("name"), ordering="name")
    def place(self, location: Location) -> str:
        return location.name or str(location) or f"#{location.pk}"

    @display(description=gettext_lazy("coordinates"), label={"yes": "success", "no": "warning"})
    def has_coordinates(self, location: Location) -> tuple[str, str]:
        return ("no", _("missing")) if location.latitude is None else ("yes", _("there"))


@admin.register(Contact)
class ContactAdmin(ChildPages):
    entity = "contact"
    inlines = (_references_of("contact"),)
    search_fields = ("display_name",)
    list_display = ("person", "customer_shown", "role", "email", "phone", "updated")
    search_help_text = gettext_lazy("Name, e-mail, customer or external ID")
    ordering = ("display_name", "id")
    fieldsets = ((None, {"fields": (("customer", "display_name"), ("role", "email"), "phone")}),)
    empty_template = "admin/customers/no_contacts.html"
    export_columns = (
        *(
            ("id", "id"),
            ("customerId", "customer_id"),
            ("customer", "customer__name"),
            ("name", "display_name"),
        ),
        *(("role", "role"), ("email", "email"), ("phone", "phone"), ("updatedAt", "updated_at")),
    )

    @display(description=gettext_lazy("name"), ordering="display_name")
    def person(self, contact: Contact) -> str:
        return str(contact) or f"#{contact.pk}"


def _below(customer: Customer) -> dict[str, Any]:
    """The first locations and contacts of a customer, as plain data."""
    locations = customer.locations.order_by("name", "pk")[: MOST_BELOW + 1]
    contacts = customer.contacts.order_by("display_name", "pk")[: MOST_BELOW + 1]
    return {
        "customer_id": customer.pk,
        "locations": [{"id": row.pk, "name": str(row) or f"#{row.pk}"} for row in locations[:MOST_BELOW]],
        "more_locations": len(locations) > MOST_BELOW,
        "contacts": [
            {"id": row.pk, "name": str(row) or f"#{row.pk}", "role": row.role, "phone": row.phone}
            for row in contacts[:MOST_BELOW]
        ],
        "more_contacts": len(contacts) > MOST_BELOW,
        "name": customer.name,
    }
