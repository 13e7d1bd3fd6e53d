"""Forms of an employee: the person, the hours of a week, exceptions, and a log-in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ordinavo_connect.clients.models import Membership, Role, Tenant, User
from routing.planning.employee_pages.skills import SkillsField, known_skills
from routing.planning.models import Absence, Employee, WorkingHours

# Wide enough for its longest value, beside five others.
_NARROW = {"class": " ".join(INPUT_CLASSES), "style": "min-width: 7.5rem"}


class Clock(forms.TimeInput):
    """A time of day as the browser asks for it: it is one on the wall, so no zone of the server's matters."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(attrs=_NARROW, format="%H:%M")


class Calendar(forms.DateInput):
    """A day as the browser asks for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs=_NARROW, format="%Y-%m-%d")


class EmployeeForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the person can do, and where the day begins and ends."""

    skills = SkillsField(
        label=gettext_lazy("Skills"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Refrigeration, Electrical"}),
    )

    class Meta:
        model = Employee
        fields = (
            *("name", "phone", "skills", "language", "user", "is_active"),
            *("start_name", "latitude", "longitude", "area_km"),
        )
        help_texts = {
            "start_name": gettext_lazy("Home or depot, as people call it: Depot Essen."),
            "latitude": gettext_lazy("In degrees, as 51.4556. Maps show it at a right click on the place."),
            "longitude": gettext_lazy("In degrees, as 7.0116."),
            "area_km": gettext_lazy("As the crow flies from the start; empty: everywhere."),
            "is_active": gettext_lazy("Who is not active is not planned; what was planned stays."),
            "user": gettext_lazy("Whoever logs in with it sees this employee's day."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenant = self.instance.tenant if self.instance.tenant_id else getattr(self, "active_tenant", None)
        if "skills" in self.fields:
            self.fields["skills"].help_text = _skills_help(tenant)
        if "user" in self.fields:
            self._offer_log_ins(tenant)

    def _offer_log_ins(self, tenant: Tenant | None) -> None:
        """Members with the role Employee whom no other employee has, and whoever is chosen by now."""
        field: Any = self.fields["user"]
        others = Employee.objects.filter(tenant=tenant, user__isnull=False).exclude(pk=self.instance.pk)
        field.queryset = log_ins_of(tenant).exclude(pk__in=others.values("user"))
        field.empty_label = _("nobody yet")
        for verb in ("add", "change", "delete", "view"):
            setattr(field.widget, f"can_{verb}_related", False)


class HoursForm(forms.ModelForm):  # type: ignore[type-arg]
    """The hours of a weekday. A row that is there when the page opens counts, changed or not."""

    class Meta:
        model = WorkingHours
        fields = ("weekday", "starts_at", "ends_at", "break_minutes", "break_from", "break_until")
        widgets = {
            "weekday": UnfoldAdminSelectWidget(attrs={"style": "min-width: 9rem"}),
            **{name: Clock() for name in ("starts_at", "ends_at", "break_from", "break_until")},
        }
        labels = {
            "starts_at": gettext_lazy("from"),
            "ends_at": gettext_lazy("until"),
            "break_minutes": gettext_lazy("break (min)"),
            "break_from": gettext_lazy("break begins after"),
            "break_until": gettext_lazy("and before"),
        }

    def has_changed(self) -> bool:
        return super().has_changed() or bool(not self.instance.pk and self.data.get(f"{self.prefix}-weekday"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("break_minutes") and not (cleaned.get("break_from") and cleaned.get("break_until")):
            self.add_error("break_from", _("Say between which two times the break begins."))
        return cleaned


class AbsenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Leave, or, with times, a day on which somebody works then only."""

    class Meta:
        model = Absence
        fields = ("first_day", "last_day", "works_from", "works_until", "reason")
        widgets = {
            **{name: Calendar() for name in ("first_day", "last_day")},
            **{name: Clock() for name in ("works_from", "works_until")},
        }
        labels = {
            "works_from": gettext_lazy("works only from"),
            "works_until": gettext_lazy("until"),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("works_from")) != bool(cleaned.get("works_until")):
            missing = "works_until" if cleaned.get("works_from") else "works_from"
            if missing not in self.errors:
                self.add_error(missing, _("Give both times, or neither for a day off."))
        return cleaned


class LogInForm(forms.Form):
    """A new log-in for an employee."""

    username = forms.CharField(
        label=gettext_lazy("User name"), max_length=150, widget=UnfoldAdminTextInputWidget()
    )

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        person = User(username=username)
        try:
            person.full_clean(exclude=["password"])
        except ValidationError as error:
            raise ValidationError(error.message_dict.get("username", error.messages)) from None
        return username


def log_ins_of(tenant: Tenant | None) -> Any:
    """Users who are members with the role Employee; a sandbox has the staff of its tenant."""
    if tenant is None:
        return User.objects.none()
    members = Membership.objects.filter(
        tenant__in=[tenant.pk, tenant.sandbox_of_id or tenant.pk], role=Role.EMPLOYEE
    )
    return User.objects.filter(pk__in=members.values("user")).order_by("username")


def suggested_username(employee: Employee) -> str:
    """`jana.weber`, or with a number where somebody is called so already."""
    plain = slugify(employee.name).replace("-", ".")[:140] or "employee"
    taken = set(User.objects.filter(username__startswith=plain).values_list("username", flat=True))
    numbered = (f"{plain}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (plain, *numbered) if name not in taken)


def _skills_help(tenant: Tenant | None) -> str:
    text = _("Between commas; compared with what a job asks for without regard to case.")
    known = known_skills(tenant)
    return f"{text} {_('Known so far:')} {', '.join(known)}." if known else text
