"""Forms of the pages about staff."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from ordinavo_connect.clients.described_choices import DescribedRadios, Sentences
from ordinavo_connect.clients.models import Membership, Role, User
from ordinavo_connect.clients.staff import keep_an_owner

ROLES: Sentences = {
    Role.OWNER: _("All of the tenant, its staff too."),
    Role.INTEGRATION_ADMIN: _("Integration Clients, API keys and webhooks; reads imports."),
    Role.MAPPING_REVIEWER: _("Decides reviews; reads imports and the registry."),
    Role.DISPATCHER: _("Plans, publishes, approves reports and bills; reads imports and the registry."),
    Role.VIEWER: _("Reads everything but API keys."),
    Role.EMPLOYEE: _("My Day on the phone; no admin."),
}


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=DescribedRadios(sentences=ROLES))


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """Another role for a member."""

    role = _role_field()

    class Meta:
        model = Membership
        fields = ("role",)

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role != Role.OWNER:
            keep_an_owner(self.instance)
        return role


class NewMemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new person. Who has an account already is added by a superuser: owners do not learn who exists."""

    username = forms.CharField(label=_("User name"), max_length=150, widget=UnfoldAdminTextInputWidget)
    first_name = forms.CharField(
        label=_("First name"), max_length=150, required=False, widget=UnfoldAdminTextInputWidget
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=150, required=False, widget=UnfoldAdminTextInputWidget
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, required=False, widget=UnfoldAdminEmailInputWidget
    )
    role = _role_field()

    class Meta:
        model = Membership
        fields = ("role",)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        person = User(
            **{name: cleaned.get(name, "") for name in ("username", "first_name", "last_name", "email")}
        )
        try:
            person.full_clean(exclude=["password", *self.errors])
        except ValidationError as error:
            for name, faults in error.message_dict.items():
                self.add_error(name if name in self.fields else None, faults)
        return cleaned
