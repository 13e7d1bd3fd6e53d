"""Forms of the pages about API keys."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ordinavo_connect.clients import scopes as catalogue
from ordinavo_connect.clients.described_choices import DescribedRadios, DescribedTicks
from ordinavo_connect.clients.models import IntegrationClient

OVERLAPS = {
    "0": _("none: the old key ends at once"),
    "1": _("1 hour"),
    "24": _("1 day"),
    "168": _("7 days"),
    "720": _("30 days"),
}


class DayInput(forms.DateInput):
    """The browser's own picker of days: it needs no script."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


class KeyForm(forms.Form):
    """A new key of a client."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("Who will use it, or where: “production”, “test run of the new ERP”."),
        widget=UnfoldAdminTextInputWidget,
    )
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("It ends with this day, in the tenant's time zone. Empty: it does not end by itself."),
        widget=DayInput,
    )
    reach = forms.ChoiceField(
        label=_("What it may do"),
        choices=[("client", _("All that the client may")), ("narrower", _("Only what is ticked below"))],
        initial="client",
        widget=DescribedRadios(sentences={"client": _("What the client gets later, the key gets too.")}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), required=False, widget=DescribedTicks(sentences=catalogue.SCOPES)
    )

    def __init__(self, *args: Any, client: IntegrationClient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = ZoneInfo(client.tenant.time_zone)
        offered = [(name, name) for name in client.scopes]
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("reach") == "narrower" and not cleaned.get("scopes"):
            self.add_error("scopes", _("Tick at least one, or let the key do all that the client may."))
        return cleaned

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `create_key`."""
        is_narrower = self.cleaned_data["reach"] == "narrower"
        return {
            "name": self.cleaned_data["name"],
            "scopes": self.cleaned_data["scopes"] if is_narrower else None,
            "expires_at": _end_of(self.cleaned_data["last_day"], self._zone),
        }

    def add_faults(self, faults: dict[str, list[str]]) -> None:
        """Puts faults of `create_key` beside the fields that they are about."""
        for name, messages in faults.items():
            self.add_error({"expires_at": "last_day"}.get(name, name), messages)


class RotationForm(forms.Form):
    """How long the old key works on."""

    overlap = forms.ChoiceField(
        label=_("Overlap"), choices=list(OVERLAPS.items()), initial="24", widget=UnfoldAdminSelectWidget
    )

    @property
    def length(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["overlap"]))


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone) if day else None
