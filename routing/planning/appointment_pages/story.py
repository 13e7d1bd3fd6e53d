"""What the page of an appointment shows, as plain data."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from imports.life import Entry
from imports.models import Target
from imports.pages.registry_records import link_of
from imports.pages.targets import MOST_DETAIL
from ordinavo_connect.clients.admin_lists import moment
from routing.planning.life import appointment_entries
from routing.planning.marks import appointment_state, day_and_time
from routing.planning.models import Appointment, AppointmentStatus
from routing.planning.problems import problem_label

MAY_CHANGE = "planning.change_appointment"
_WAITING = (AppointmentStatus.SCHEDULED, AppointmentStatus.PROBLEM_REPORTED)


def name_of(row: Appointment) -> str:
    """Whom it is for, before any number."""
    return str(row.target.customer or row.target.title)


def story(request: HttpRequest, row: Appointment) -> dict[str, Any]:
    target = row.target
    may_see_target = request.user.has_perm("imports.view_target")
    entries = appointment_entries(target, [row], is_linked=False)
    entries.sort(key=lambda entry: entry.at)
    return {
        "title": f"{name_of(row)} · {day_and_time(row.start_at, row.end_at)}",
        "id": row.pk,
        "when": day_and_time(row.start_at, row.end_at),
        "employee": str(row.employee),
        "phone": row.employee.phone,
        "state": appointment_state(row.status),
        "may_change": request.user.has_perm(MAY_CHANGE) and row.status in _WAITING,
        "is_started": row.status == AppointmentStatus.STARTED,
        "has_problem": row.status == AppointmentStatus.PROBLEM_REPORTED,
        "problem": problem_label(row.problem_code) if row.problem_code else "",
        "problem_text": row.problem_text,
        "target": {
            "title": target.title,
            "external_id": target.external_id,
            "link": reverse("admin:imports_target_change", args=[target.pk]) if may_see_target else "",
        },
        "links": _links(target, is_linked=request.user.has_perm("customers.view_customer")),
        "access_notes": target.location.access_notes if target.location else "",
        "window": _window(target),
        "entries": [_entry(entry) for entry in reversed(entries)],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {
        "when": moment(entry.at),
        "detail": Truncator(entry.detail).chars(MOST_DETAIL),
    }


def _links(target: Target, *, is_linked: bool) -> list[dict[str, str]]:
    labels = {"customer": _("Customer"), "location": _("Location"), "contact": _("Contact")}
    records = {name: getattr(target, name) for name in labels}
    return [
        {
            "label": labels[name],
            "name": str(record),
            "link": link_of(name, record.pk) if is_linked else "",
        }
        for name, record in records.items()
        if record is not None
    ]


def _window(target: Target) -> str:
    if target.window_start and target.window_end:
        return day_and_time(target.window_start, target.window_end)
    if start := target.window_start:
        return _("from %(time)s") % {"time": day_and_time(start)}
    if end := target.window_end:
        return _("until %(time)s") % {"time": day_and_time(end)}
    return ""
