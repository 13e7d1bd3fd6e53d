"""The form of a subscription: every choice with the sentence on what it means. Values are checked as the API does."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from ordinavo_connect.clients.described_choices import DescribedTicks
from ordinavo_connect.clients.models import SOURCE_SYSTEM, IntegrationClient, Tenant
from webhooks.delivery import endpoints
from webhooks.delivery.conditions import CUSTOM_FIELD, FIELDS, Condition
from webhooks.delivery.contract import MAX_CONDITIONS, ConditionIn
from webhooks.delivery.models import Subscription
from webhooks.delivery.sealing import Unreadable, header_names, unsealed_headers
from webhooks.events.catalogue import DESCRIPTIONS, EVERYTHING, TYPES, WEBHOOK_TEST
from webhooks.events.models import Event

# Stands for the value of a header that is kept: values are never shown again.
KEPT = "***"
# Empty rows that the editor of conditions offers at a time.
EMPTY_ROWS = 2
# Keys of custom fields that are offered, out of the newest events.
EVENTS_FOR_KEYS = 100

SWITCHES: dict[str, tuple[str | Promise, Promise]] = {
    "include_customer": (_("Customer"), _("Its ID, external ID, number and name.")),
    "include_location": (
        _("Location"),
        _("Its ID, external ID, name, city, and whether it has coordinates."),
    ),
    "include_contact": (_("Contact"), _("ID, external ID and display name.")),
    "include_contact_details": (_("Contact details"), _("E-mail, phone and role of the contact.")),
    "include_report_summary": (_("Visit report"), _("The first 200 characters of its summary.")),
    "include_billing_details": (_("Billing"), _("Lines, amounts and the number of the document.")),
}
_GROUP_TITLES: dict[str, Promise] = {
    "target": _("Targets"),
    "route": _("Routes"),
    "appointment": _("Appointments"),
    "visit_report": _("Visit reports"),
    "billing": _("Billing"),
    "import_job": _("Import jobs"),
}
_TYPE_SENTENCES: dict[str, str | Promise] = {
    **{name: said.replace("`", "") for name, said in DESCRIPTIONS.items()},
    EVERYTHING: _("Every event, those of types that a later version brings, too."),
    **{f"{group}.*": _("All of this group, later ones too.") for group in _GROUP_TITLES},
}


def _type_choices(more: Iterable[str] = ()) -> list[tuple[Any, Any]]:
    """Patterns in groups; `more` are those that a subscription has besides."""
    groups: list[tuple[Any, list[tuple[str, str]]]] = [(_("Everything"), [(EVERYTHING, EVERYTHING)])]
    for group, title in _GROUP_TITLES.items():
        names = [f"{group}.*", *(name for name in TYPES if name.startswith(f"{group}."))]
        groups.append((title, [(name, name) for name in names]))
    offered = {name for _title, options in groups for name, _label in options}
    if others := [name for name in more if name not in offered]:
        groups.append((_("Others"), [(name, name) for name in others]))
    return groups


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the editor of conditions, as it was typed."""

    name: str = ""
    values: str = ""
    errors: Sequence[str] = field(default_factory=tuple)


class SubscriptionForm(forms.Form):
    """Makes or changes a subscription.

    Args:
        subscription: the one that is changed; None: a new one.
    """

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("As your people call the receiver: “ERP”, “Data warehouse”."),
        widget=UnfoldAdminTextInputWidget,
    )
    url = forms.CharField(
        label=_("URL"),
        max_length=endpoints.MAX_URL_LENGTH,
        help_text=_("Where events are sent by POST: https only, and on the public network."),
        widget=UnfoldAdminTextInputWidget({"inputmode": "url", "placeholder": "https://"}),
    )
    source_system = forms.CharField(
        label=_("Source system"),
        max_length=64,
        validators=[SOURCE_SYSTEM],
        help_text=_(
            "As its Integration Client has it: bodies carry its external IDs, and its clients see this subscription. "
            "It is chosen once."
        ),
        widget=UnfoldAdminTextInputWidget({"list": "source-systems"}),
    )
    event_types = forms.MultipleChoiceField(
        label=_("What it gets"),
        widget=DescribedTicks(sentences=_TYPE_SENTENCES),
        error_messages={"required": _("Tick at least one.")},
    )
    switches = forms.MultipleChoiceField(
        label=_("What its bodies contain"),
        required=False,
        choices=[(name, label) for name, (label, _sentence) in SWITCHES.items()],
        initial=["include_customer", "include_location", "include_contact"],
        widget=DescribedTicks(sentences={name: sentence for name, (_label, sentence) in SWITCHES.items()}),
        help_text=_("Notes, e-mail and phone of the customer, keys and other tenants' data never leave."),
    )
    headers = forms.CharField(
        label=_("Headers"),
        required=False,
        help_text=_(
            "One a line, as “Authorization: Bearer …”; each request carries them besides ours. Values are kept "
            "encrypted and are not shown again: *** stands for one that is kept. They do not go along to another "
            "receiver: with a URL of another host, enter them again."
        ),
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )
    timeout_seconds = forms.IntegerField(
        label=_("Time-out, seconds"),
        initial=15,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("For the whole exchange: 1 to 30."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    max_in_flight = forms.IntegerField(
        label=_("Requests under way"),
        initial=10,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text=_("At most so many at a time: 1 to 50. With 1, events arrive one after the other."),
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(
        self, data: QueryDict | None = None, *, tenant: Tenant, subscription: Subscription | None = None
    ) -> None:
        self._tenant = tenant
        self._subscription = subscription
        initial = _initial(subscription) if subscription else {"source_system": self._newest_source_system()}
        super().__init__(data, initial=initial)
        types: Any = self.fields["event_types"]
        types.choices = _type_choices(subscription.event_types if subscription else [])
        if subscription is not None:
            # External IDs that were sent under one name must not change their meaning.
            del self.fields["source_system"]
        self.rows = self._typed() if self.is_bound else _rows(subscription.conditions if subscription else [])

    # What the page offers

    @property
    def source_systems(self) -> list[str]:
        clients = IntegrationClient.objects.filter(tenant=self._tenant)
        return list(clients.order_by("source_system").values_list("source_system", flat=True).distinct())

    def _newest_source_system(self) -> str:
        clients = IntegrationClient.objects.filter(tenant=self._tenant).order_by("-pk")
        return clients.values_list("source_system", flat=True).first() or ""

    @property
    def condition_fields(self) -> list[str]:
        """Fields of conditions, with the custom fields of the newest events."""
        events = Event.objects.filter(tenant=self._tenant).exclude(type=WEBHOOK_TEST).order_by("-id")
        known: dict[str, None] = {}
        for facts in events.values_list("facts__target__customFields", flat=True)[:EVENTS_FOR_KEYS]:
            known |= dict.fromkeys(facts or {})
        return [*FIELDS, *(f"{CUSTOM_FIELD}{key}" for key in sorted(known))]

    @property
    def all_rows(self) -> list[Row]:
        """The rows typed, and empty ones as far as there may be more."""
        return [*self.rows, *[Row()] * min(EMPTY_ROWS, MAX_CONDITIONS - len(self.rows))]

    @property
    def main_fields(self) -> list[Any]:
        return [self[name] for name in ("name", "url", "source_system") if name in self.fields]

    @property
    def limit_fields(self) -> list[Any]:
        return [self[name] for name in ("headers", "timeout_seconds", "max_in_flight")]

    # What was entered

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError(_("Control characters are not allowed."))
        return name

    def clean_url(self) -> str:
        try:
            return endpoints.checked_url(self.cleaned_data["url"])
        except endpoints.NotAllowed as error:
            raise forms.ValidationError(error.message, code=error.code) from None

    def clean_headers(self) -> dict[str, str]:
        given = _header_lines(self.cleaned_data["headers"])
        kept = [name for name, value in given.items() if value == KEPT]
        try:
            return endpoints.checked_headers(given | self._kept_headers(kept))
        except endpoints.NotAllowed as error:
            raise forms.ValidationError(error.message, code=error.code) from None

    @property
    def _is_elsewhere(self) -> bool:
        """Whether the URL leads to another origin than the stored one."""
        url = self.cleaned_data.get("url")
        if url is None or self._subscription is None:
            return False
        return endpoints.origin_of(url) != endpoints.origin_of(self._subscription.url)

    def _kept_headers(self, names: Iterable[str]) -> dict[str, str]:
        names = list(names)
        if not names:
            return {}
        if self._is_elsewhere:
            said = _(
                "The URL leads to another receiver, and stored values do not go along: enter the value of %(names)s "
                "again, or remove the line."
            )
            raise forms.ValidationError(said % {"names": ", ".join(names)})
        try:
            stored = unsealed_headers(self._subscription.headers) if self._subscription else {}
        except Unreadable:
            raise forms.ValidationError(
                _("The stored values cannot be read any more: enter them again.")
            ) from None
        if missing := [name for name in names if name not in stored]:
            raise forms.ValidationError(
                _("%(name)s has no value yet: enter it in place of ***.") % {"name": missing[0]}
            )
        return {name: stored[name] for name in names}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        found: list[Condition] = []
        checked: list[Row] = []
        for row in self.rows:
            condition, errors = _condition(row)
            checked.append(Row(row.name, row.values, errors))
            if condition is not None:
                found.append(condition)
        self.rows = checked
        if any(row.errors for row in checked):
            raise forms.ValidationError(_("A condition cannot be used: see below."))
        cleaned["conditions"] = found
        return cleaned

    def _typed(self) -> list[Row]:
        assert isinstance(self.data, QueryDict)
        names, values = self.data.getlist("condition_field"), self.data.getlist("condition_values")
        pairs = zip(names, values, strict=False)
        rows = [Row(name.strip()[:200], text[:20_000].strip()) for name, text in pairs]
        return [row for row in rows if row.name or row.values][:MAX_CONDITIONS]

    @property
    def columns(self) -> dict[str, Any]:
        """Columns of the subscription, but its headers."""
        names = (
            "name",
            "url",
            "source_system",
            "event_types",
            "conditions",
            "timeout_seconds",
            "max_in_flight",
        )
        plain = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        return plain | {name: name in self.cleaned_data["switches"] for name in SWITCHES}

    @property
    def draft(self) -> Subscription:
        """The subscription as it would be, not saved: for previews."""
        columns = self.columns
        source_system = self._subscription.source_system if self._subscription else columns["source_system"]
        return Subscription(**columns | {"tenant": self._tenant, "source_system": source_system})


def _initial(subscription: Subscription) -> dict[str, Any]:
    return {
        "name": subscription.name,
        "url": subscription.url,
        "event_types": subscription.event_types,
        "switches": [name for name in SWITCHES if getattr(subscription, name)],
        "headers": "\n".join(f"{name}: {KEPT}" for name in header_names(subscription.headers)),
        "timeout_seconds": subscription.timeout_seconds,
        "max_in_flight": subscription.max_in_flight,
    }


def _header_lines(text: str) -> dict[str, str]:
    """Headers by name, of `Name: value` lines."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon:
            raise forms.ValidationError(_("Each line is “Name: value”."))
        if name.strip().lower() in {known.lower() for known in found}:
            raise forms.ValidationError(_("%(name)s is there twice.") % {"name": name.strip()})
        found[name.strip()] = value.strip()
    return found


# Conditions: a field, and its values one a line


def _rows(conditions: Iterable[Condition]) -> list[Row]:
    return [
        Row(each["field"], "\n".join(_text_of(value, each["field"]) for value in each["anyOf"]))
        for each in conditions
    ]


def _condition(row: Row) -> tuple[Condition | None, list[str]]:
    values = [_value_of(line.strip(), row.name) for line in row.values.splitlines() if line.strip()]
    if not row.name:
        return None, [now("Choose the field that is compared.")]
    if not values:
        return None, [now("Enter at least one value.")]
    try:
        checked = ConditionIn.model_validate({"field": row.name, "anyOf": values})
    except ValidationError as error:
        return None, [each["msg"] for each in error.errors()]
    return checked.model_dump(by_alias=True), []


def _value_of(line: str, name: str) -> Any:
    """A value as typed: our own fields are text; of custom ones, what reads as a number, true, false, null is it."""
    if not name.startswith(CUSTOM_FIELD):
        return line
    try:
        value = json.loads(line)
    except ValueError:
        return line
    return line if isinstance(value, dict | list) else value


def _text_of(value: Any, name: str) -> str:
    """What has to be typed for a value."""
    if isinstance(value, str) and _value_of(value, name) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def columns_changed(subscription: Subscription, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Of these columns, those that differ from the row."""
    return {name: value for name, value in columns.items() if getattr(subscription, name) != value}
