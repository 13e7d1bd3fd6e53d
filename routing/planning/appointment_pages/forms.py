"""Moving and cancelling an appointment: what a dispatcher fills in."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from ordinavo_connect.clients.key_forms import DayInput
from routing.planning.models import Appointment, Employee


class TimeInput(forms.TimeInput):
    """The browser's own picker of times: it needs no script."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%H:%M")


class MoveForm(forms.Form):
    """To whom and when, in the tenant's time zone. It carries what the person saw: nobody is overwritten unseen."""

    employee = forms.ModelChoiceField(
        label=_("Employee"),
        queryset=Employee.objects.none(),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    day = forms.DateField(label=_("Day"), widget=DayInput)
    time = forms.TimeField(label=_("Start"), widget=TimeInput)
    seen = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, appointment: Appointment) -> None:
        start = timezone.localtime(appointment.start_at)
        initial = {
            "employee": appointment.employee_id,
            "day": start.date(),
            "time": start.time(),
            "seen": appointment.updated_at.isoformat(),
        }
        super().__init__(data, initial=initial)
        employees = Employee.objects.filter(tenant_id=appointment.tenant_id, is_active=True)
        field: Any = self.fields["employee"]
        field.queryset = employees.order_by("name")
        self._zone = ZoneInfo(appointment.tenant.time_zone)

    @property
    def start_at(self) -> datetime:
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"], self._zone)


class CancelForm(forms.Form):
    """Why it will not take place."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        help_text=_("Stays in the story of the target: “The customer asked for another week.”"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
