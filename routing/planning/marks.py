"""How states and times of field work look on pages of the admin."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from routing.planning.models import AppointmentStatus

TONES: dict[str, str] = {
    AppointmentStatus.STARTED: "oc-warn",
    AppointmentStatus.COMPLETED: "oc-good",
    AppointmentStatus.PROBLEM_REPORTED: "oc-bad",
}


def badge(tone: str, label: Any) -> SafeString:
    """A state: its name, in a colour that is never alone."""
    return format_html('<span class="oc-state {}">{}</span>', tone, label)


def appointment_state(status: str) -> SafeString:
    return badge(TONES.get(status, "oc-plain"), AppointmentStatus(status).label)


def day_and_time(start: datetime, end: datetime | None = None) -> str:
    """`Thu 2 July, 09:00–10:00` in the tenant's zone; with the year where it is another one."""
    local = timezone.localtime(start)
    is_this_year = local.year == timezone.localdate().year
    day = date_format(local, "D j F" if is_this_year else "D j F Y")
    until = f"–{date_format(timezone.localtime(end), 'H:i')}" if end else ""
    return _("%(day)s, %(time)s") % {"day": day, "time": f"{date_format(local, 'H:i')}{until}"}
