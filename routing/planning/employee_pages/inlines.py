"""The rows below an employee: the hours of the week, and exceptions from them."""

from datetime import time
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients.admin_base import TenantTabularInline
from routing.planning.employee_pages.forms import AbsenceForm, HoursForm
from routing.planning.models import Absence, Weekday, WorkingHours

# What a new employee starts with: the usual week, to be changed where it is another.
USUAL_WEEK: list[dict[str, Any]] = [
    {
        "weekday": weekday.value,
        "starts_at": time(8),
        "ends_at": time(16, 30),
        "break_minutes": 30,
        "break_from": time(11, 30),
        "break_until": time(13),
    }
    for weekday in Weekday
    if weekday < Weekday.SATURDAY
]


class HoursInline(TenantTabularInline):
    model = WorkingHours
    form = HoursForm
    fields = ("weekday", "starts_at", "ends_at", "break_minutes", "break_from", "break_until")
    ordering = ("weekday",)
    verbose_name = _("weekday")
    verbose_name_plural = _("Working hours, in the tenant's time zone; a weekday without a line is off")
    hide_title = True
    max_num = len(Weekday)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else len(USUAL_WEEK)


class AbsenceInline(TenantTabularInline):
    model = Absence
    form = AbsenceForm
    fields = ("first_day", "last_day", "works_from", "works_until", "reason")
    ordering = ("-last_day",)
    verbose_name = _("exception")
    verbose_name_plural = _("Exceptions: leave; with times, half days and extra days")
    hide_title = True
