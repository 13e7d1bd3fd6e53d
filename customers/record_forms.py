"""Forms of the registry's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.models import Customer, ExternalReference, KeyKind, Location
from ordinavo_connect.clients.models import SOURCE_SYSTEM


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A customer; its number is its own."""

    class Meta:
        model = Customer
        fields = ("number", "name", "type", "industry", "email", "phone")

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        others = Customer.objects.filter(tenant=self.instance.tenant, number=number).exclude(
            pk=self.instance.pk
        )
        if number and (other := others.first()):
            raise forms.ValidationError(
                _("%(name)s has this number already."), code="taken", params={"name": other.name}
            )
        return number


class LocationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A location; coordinates come together or not at all."""

    class Meta:
        model = Location
        fields = (
            *("customer", "name", "street", "postal_code", "city", "country", "latitude", "longitude"),
            *("access_notes", "default_work_minutes", "default_priority"),
        )
        widgets = {"access_notes": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].strip().upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError(_("Two letters are expected, as in DE."), code="invalid")
        return country

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (cleaned.get("latitude") is None) != (cleaned.get("longitude") is None):
            missing = "longitude" if cleaned.get("longitude") is None else "latitude"
            self.add_error(missing, _("Give latitude and longitude together, or neither."))
        return cleaned


class ReferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a source system calls the record. A reference that is there can be removed, not rewritten."""

    class Meta:
        model = ExternalReference
        fields = ("source_system", "external_id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source_system"].validators.append(SOURCE_SYSTEM)
        if self.instance.pk:
            for field in self.fields.values():
                field.disabled = True
            if self.instance.key_kind == KeyKind.HASH:
                self.initial["external_id"] = _("(hash of what was sent)")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk or not {"source_system", "external_id"} <= cleaned.keys():
            return cleaned
        taken = ExternalReference.objects.filter(
            tenant=self.instance.tenant,
            source_system=cleaned["source_system"],
            external_id=cleaned["external_id"],
            entity_type=self.instance.entity_type,
            key_kind=KeyKind.ID,
        ).select_related("customer", "location", "contact")
        if (other := taken.first()) is not None:
            record = other.customer or other.location or other.contact
            self.add_error(
                "external_id",
                _("This external ID leads to %(record)s. Remove it there first.") % {"record": record},
            )
        return cleaned
