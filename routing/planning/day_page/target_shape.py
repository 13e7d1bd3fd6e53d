"""Targets as the page's script shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers.models import Customer, Priority
from imports.models import Target
from routing.planning.problem import NEVER_AFTER, NEVER_BEFORE, Job, Problem
from routing.planning.problem_building import place_of

_RANKS = {value: rank for rank, value in enumerate(Priority.values)}


def target_shapes(
    targets: Iterable[Target], *, problem: Problem | None, values: Mapping[int, int], may_open: bool
) -> dict[int, dict[str, Any]]:
    """By id. One statement, for the names of the customers.

    Args:
        problem: gives windows as seconds of the day; None: they are not drawn.
        values: points by target id.
        may_open: whether the person may see the page of a target.
    """
    rows = list(targets)
    names = Customer.objects.filter(pk__in={row.customer_id for row in rows if row.customer_id}).values_list(
        "pk", "name"
    )
    customers = dict(names)
    return {
        row.pk: {
            **_facts(row, customers.get(row.customer_id or 0, "")),
            "window": _window(problem.job[row.pk]) if problem and row.pk in problem.job else None,
            "value": values.get(row.pk, 0),
            "valueText": _("value %(points)s") % {"points": values[row.pk]} if row.pk in values else "",
            "link": reverse("admin:imports_target_change", args=[row.pk]) if may_open else "",
        }
        for row in rows
    }


def _facts(target: Target, customer: str) -> dict[str, Any]:
    place = place_of(target)
    priority = target.effective_priority
    return {
        "title": target.title,
        "externalId": target.external_id,
        "customer": customer or str(target.context.get("customer", {}).get("name") or ""),
        "address": address_of(target),
        "place": {"latitude": place.latitude, "longitude": place.longitude} if place else None,
        "windowText": window_text(target),
        "due": _due(target),
        "priority": str(Priority(priority).label),
        "rank": _RANKS[priority],
        "work": _("%(minutes)s min") % {"minutes": target.effective_work_minutes},
        "skills": [str(skill) for skill in target.required_skills],
    }


def address_of(target: Target) -> str:
    """That of the location, else as it was sent: "Hachestrasse 12, 45127 Essen"."""
    given = target.context.get("location", {})
    if target.location is not None:
        parts = (target.location.street, target.location.postal_code, target.location.city)
    else:
        parts = (given.get("street") or "", given.get("postal_code") or "", given.get("city") or "")
    street, postal_code, city = parts
    town = " ".join(filter(None, (postal_code, city)))
    return ", ".join(filter(None, (street, town)))


def window_text(target: Target) -> str:
    """ "starts 08:00–12:00", "starts at 10:00 exactly"; "" without a window."""
    start, end = target.window_start, target.window_end
    if target.fixed_time and start:
        return _("starts at %(time)s exactly") % {"time": _clock(start)}
    if start and end:
        return _("starts %(from)s–%(until)s") % {"from": _clock(start), "until": _clock(end)}
    if start:
        return _("starts from %(time)s") % {"time": _clock(start)}
    if end:
        return _("starts until %(time)s") % {"time": _clock(end)}
    return ""


def _due(target: Target) -> str:
    if target.due_at:
        local = timezone.localtime(target.due_at)
        return _("starts by %(moment)s") % {"moment": date_format(local, "j F, H:i")}
    return date_format(target.due_date, "j F Y") if target.due_date else ""


def _clock(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "H:i")


def _window(job: Job) -> list[int] | None:
    """When the visit may start, as it is drawn; None where nothing bounds it."""
    earliest, latest = job.start_range
    if (earliest, latest) == (NEVER_BEFORE, NEVER_AFTER):
        return None
    return [earliest, latest]
