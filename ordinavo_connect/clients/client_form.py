"""The form of an Integration Client: every choice with the sentence on what it means."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from ordinavo_connect.clients import client_rules, wording
from ordinavo_connect.clients import scopes as catalogue
from ordinavo_connect.clients.described_choices import DescribedRadios, DescribedTicks, Lines
from ordinavo_connect.clients.models import IntegrationClient, Strategy, Tenant, UpdatePolicy
from ordinavo_connect.clients.tenants import sandbox_of


def _scope_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    return [(str(title), [(name, name) for name in names]) for title, names in wording.SCOPE_GROUPS]


def _labelled(values: Any, sentences: Any) -> list[tuple[str, Any]]:
    return [(value, dict(values)[value]) for value in sentences]


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]
    """Checks what belongs together as `create_client` does (see client_rules)."""

    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=[("live", _("Live")), ("test", _("Sandbox"))],
        initial="live",
        widget=DescribedRadios(sentences=wording.ENVIRONMENTS),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        required=False,
        choices=_scope_choices,
        widget=DescribedTicks(sentences=catalogue.SCOPES),
    )
    strategy = forms.ChoiceField(
        label=_("Strategy"),
        choices=lambda: _labelled(Strategy.choices, wording.STRATEGIES),
        initial=Strategy.EXTERNAL_ID_FIRST,
        widget=DescribedRadios(sentences=wording.STRATEGIES),
    )
    update_policy = forms.ChoiceField(
        label=_("Known records"),
        choices=lambda: _labelled(UpdatePolicy.choices, wording.UPDATE_POLICIES),
        initial=UpdatePolicy.FILL_BLANKS,
        widget=DescribedRadios(sentences=wording.UPDATE_POLICIES),
    )
    allowed_ips = Lines(
        label=_("Allowed addresses"),
        required=False,
        help_text=wording.ALLOWED_IPS,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )

    class Meta:
        model = IntegrationClient
        fields = (
            *("name", "source_system", "is_active", "scopes", "strategy", "update_policy"),
            *("auto_create_customers", "auto_create_locations", "auto_create_contacts"),
            *("link_threshold", "review_threshold", "margin"),
            *("refuse_unmapped", "review_unknown", "allowed_ips", "rate_limit"),
        )
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "source_system": UnfoldAdminTextInputWidget,
            "rate_limit": UnfoldAdminIntegerFieldWidget,
            **dict.fromkeys(
                wording.THRESHOLDS, UnfoldAdminDecimalFieldWidget({"min": 0, "max": 1, "step": 0.01})
            ),
        }
        help_texts = {
            "name": _("As your people call the system: “ERP”, “Web shop”."),
            "source_system": _(
                "External IDs belong to it. Two clients of one source system share references, targets "
                "and imports."
            ),
            "is_active": _("Off: every request is answered with client_disabled."),
            "rate_limit": wording.RATE_LIMIT,
            "refuse_unmapped": wording.REFUSE_UNMAPPED,
            "review_unknown": wording.REVIEW_UNKNOWN,
            **wording.AUTO_CREATE,
            **wording.THRESHOLDS,
        }

    # Set by the page: the tenant that the person works for.
    active_tenant: Tenant | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk or self._is_in_sandbox:
            # A client stays where it was made.
            self.fields.pop("environment", None)

    @property
    def _is_in_sandbox(self) -> bool:
        return self.active_tenant is not None and self.active_tenant.is_sandbox

    def clean_allowed_ips(self) -> list[str]:
        try:
            return client_rules.networks(self.cleaned_data["allowed_ips"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_scopes(self) -> list[str]:
        return catalogue.canonical(self.cleaned_data["scopes"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("environment") == "test" and self.active_tenant:
            self.instance.tenant = sandbox_of(self.active_tenant)
        thresholds = (cleaned.get("link_threshold"), cleaned.get("review_threshold"))
        if message := client_rules.threshold_error(*thresholds):
            # Said here, so that the constraint of the same sense is not told beside it.
            self.add_error("link_threshold", message)
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for field, messages in client_rules.rule_errors(self.instance).items():
            if field in self.fields and field not in self.errors:
                self.add_error(field, [str(message) for message in messages])
