"""The form of a tenant."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from ordinavo_connect.clients.models import SANDBOX_SUFFIX, Tenant


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_zones, initial="Europe/Berlin", widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Tenant
        fields = ("name", "slug", "time_zone", "default_work_minutes")
        help_texts = {
            "slug": _(
                "The public name: in the health check, in events, and for create_client. It never changes."
            ),
            "default_work_minutes": _(
                "Used where neither a target nor its location says how long the work takes."
            ),
        }

    def clean_slug(self) -> Any:
        slug = self.cleaned_data["slug"]
        if slug.endswith(SANDBOX_SUFFIX):
            raise forms.ValidationError(_("A slug that ends in -sandbox is that of a sandbox."))
        return slug
