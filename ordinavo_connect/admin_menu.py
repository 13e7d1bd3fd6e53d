"""The menu of the admin, by task: everybody sees what the role needs, with a count where something waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import MappingReview
from routing.visits.models import VisitReport

# Counted so far and no further: beyond, "99+" says enough.
MOST_COUNTED = 100
_REVIEW = "admin:customers_mappingreview_changelist"
_BELOW_REVIEW = ("admin:customers_mappingreview_decisions", "admin:customers_mappingreview_quality")


@dataclass(frozen=True)
class Entry:
    """A line of the menu: a page, for those who have the permission. '' needs none."""

    title: Promise
    icon: str
    page: str
    permission: str = ""


GROUPS: tuple[tuple[Promise | None, tuple[Entry, ...]], ...] = (
    (
        None,
        (
            Entry(_("Home"), "home", "admin:index"),
            Entry(
                *(_("Review"), "rule", "admin:customers_mappingreview_changelist"),
                permission="customers.view_mappingreview",
            ),
            Entry(
                *(_("Decisions"), "history", "admin:customers_mappingreview_decisions"),
                permission="customers.view_mappingreview",
            ),
            Entry(
                *(_("Match quality"), "monitoring", "admin:customers_mappingreview_quality"),
                permission="customers.view_mappingreview",
            ),
        ),
    ),
    (
        _("Imports"),
        (
            Entry(
                _("Import jobs"),
                "move_to_inbox",
                "admin:imports_importjob_changelist",
                "imports.view_importjob",
            ),
            Entry(_("Items"), "list_alt", "admin:imports_importitem_changelist", "imports.view_importitem"),
            Entry(_("Targets"), "task_alt", "admin:imports_target_changelist", "imports.view_target"),
        ),
    ),
    (
        _("Field service"),
        (
            Entry(
                *(_("Planning"), "route", "admin:planning_day"), permission="planning.view_routesuggestion"
            ),
            Entry(
                *(_("Appointments"), "event", "admin:planning_appointment_changelist"),
                permission="planning.view_appointment",
            ),
            Entry(
                *(_("Reports"), "assignment_turned_in", "admin:visits_visitreport_changelist"),
                permission="visits.view_visitreport",
            ),
            Entry(
                *(_("Billing"), "receipt_long", "admin:billing_billingevent_changelist"),
                permission="billing.view_billingevent",
            ),
        ),
    ),
    (
        _("Registry"),
        (
            Entry(_("Customers"), "domain", "admin:customers_customer_changelist", "customers.view_customer"),
            Entry(
                _("Locations"),
                "location_on",
                "admin:customers_location_changelist",
                "customers.view_location",
            ),
            Entry(_("Contacts"), "person", "admin:customers_contact_changelist", "customers.view_contact"),
        ),
    ),
    (
        _("Integrations"),
        (
            Entry(
                *(_("Clients and keys"), "key", "admin:clients_integrationclient_changelist"),
                permission="clients.view_integrationclient",
            ),
            Entry(
                *(_("Webhooks"), "webhook", "admin:delivery_subscription_changelist"),
                permission="delivery.view_subscription",
            ),
            Entry(_("Deliveries"), "outbox", "admin:delivery_delivery_changelist", "delivery.view_delivery"),
            Entry(_("Events"), "bolt", "admin:events_event_changelist", "events.view_event"),
        ),
    ),
    (
        _("Settings"),
        (
            Entry(
                *(_("Employees"), "badge", "admin:planning_employee_changelist"),
                permission="planning.view_employee",
            ),
            Entry(
                *(_("Prices"), "sell", "admin:billing_billingrule_changelist"),
                permission="billing.view_billingrule",
            ),
            Entry(_("Staff"), "group", "admin:clients_membership_changelist", "clients.view_membership"),
            Entry(_("Tenant"), "apartment", "admin:clients_tenant_changelist", "clients.view_tenant"),
            Entry(_("All accounts"), "manage_accounts", "admin:clients_user_changelist", "clients.view_user"),
        ),
    ),
)


_WAITING = {"admin:visits_visitreport_changelist": "?status__exact=Submitted"}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu as the theme draws it."""
    badges = {
        "admin:customers_mappingreview_changelist": _waiting(
            request, "customers.view_mappingreview", MappingReview.objects.filter(status="open")
        ),
        "admin:visits_visitreport_changelist": _waiting(
            request, "visits.view_visitreport", VisitReport.objects.filter(status="Submitted")
        ),
    }
    groups = [{"title": title, "items": list(_items(request, entries, badges))} for title, entries in GROUPS]
    return [group for group in groups if group["items"]]


def _items(
    request: HttpRequest, entries: Iterable[Entry], badges: dict[str, str]
) -> Iterable[dict[str, Any]]:
    for entry in entries:
        if entry.permission and not request.user.has_perm(entry.permission):
            continue
        try:
            link = reverse(entry.page)
        except NoReverseMatch:
            continue  # The page comes with a later release.
        badge = badges.get(entry.page)
        if badge:
            # What is counted is what the person comes for.
            link += _WAITING.get(entry.page, "")
        extra: dict[str, Any] = {"badge": badge, "badge_variant": "primary"} if badge else {}
        if entry.page == _REVIEW:
            extra["active"] = _is_active(request, link)
        yield {"title": entry.title, "icon": entry.icon, "link": link, **extra}


def _is_active(request: HttpRequest, link: str) -> bool:
    """Whether the page is one of the reviews, and has no line of its own below them."""
    own = [reverse(page) for page in _BELOW_REVIEW]
    return request.path.startswith(link) and not request.path.startswith(tuple(own))


def _waiting(request: HttpRequest, permission: str, rows: QuerySet[Any]) -> str:
    """How many of the tenant's rows wait, for who may see them: `7`, `99+`, or nothing."""
    tenant = getattr(request, "tenant", None)
    if tenant is None or not request.user.has_perm(permission):
        return ""
    count = rows.filter(tenant=tenant)[:MOST_COUNTED].count()
    return f"{MOST_COUNTED - 1}+" if count == MOST_COUNTED else str(count or "")
