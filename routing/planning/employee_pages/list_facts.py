"""What the list of employees says of each: today and the next appointments, in a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import Tenant
from routing.planning.employees import WorkingDay, shifts_on, today, zone_of
from routing.planning.models import LIVE, Appointment, Employee


@dataclass(frozen=True)
class ListFacts:
    """Of one employee.

    Args:
        state: "works", "away" or "off", for the colour of `today`.
    """

    state: str
    today: str
    next_appointments: int


def list_facts(employees: Sequence[Employee], tenant: Tenant, *, now: datetime) -> dict[int, ListFacts]:
    """By employee: three statements."""
    days = shifts_on(employees, today(tenant, now=now), zone=zone_of(tenant))
    counts = dict(
        Appointment.objects.filter(employee__in=employees, status__in=LIVE, end_at__gte=now)
        .order_by()
        .values("employee")
        .annotate(n=Count("pk"))
        .values_list("employee", "n")
    )
    return {pk: ListFacts(*_told(day), next_appointments=counts.get(pk, 0)) for pk, day in days.items()}


def _told(day: WorkingDay) -> tuple[str, str]:
    if day.shift is not None:
        return "works", f"{day.shift.starts_at:%H:%M}–{day.shift.ends_at:%H:%M}"
    if day.away_until is not None:
        return "away", _("away until %(day)s") % {"day": date_format(day.away_until, "j F")}
    return "off", _("off today")
