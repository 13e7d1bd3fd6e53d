"""The home page of the admin: what needs a person now, and how imports go; a new tenant sees its first steps."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.figures import A_DAY, OUTCOMES, Day, ending_keys, imports_by_day, open_reviews, rejected_items
from imports.models import ImportJob, ItemStatus
from ordinavo_connect.clients import first_steps
from ordinavo_connect.clients import needs as others
from ordinavo_connect.clients.first_steps import Step
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Tenant

_OUTCOME_OF = dict(
    zip(
        OUTCOMES,
        (
            ItemStatus.IMPORTED,
            ItemStatus.UPDATED,
            ItemStatus.UNCHANGED,
            ItemStatus.CANCELLED,
            ItemStatus.REJECTED,
        ),
        strict=True,
    )
)
# The height of a day with items is never less, in percent: one item is seen beside ten thousand.
_LEAST_HEIGHT = 2
# How long after its first import a tenant is shown the steps that it has not gone: some want no webhooks.
_NEW_FOR = timedelta(days=14)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the home page shows, by what the person may see (the theme's DASHBOARD_CALLBACK)."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    if tenant is None:
        return context
    sees_imports = request.user.has_perm("imports.view_importjob")
    has_imports = ImportJob.objects.filter(tenant=tenant).exists()
    return context | {
        "needs": _needs(request, tenant),
        "chart": _chart(imports_by_day(tenant)) if sees_imports and has_imports else None,
        "steps": _first_steps(request, tenant),
    }


def _needs(request: HttpRequest, tenant: Tenant) -> list[dict[str, Any]]:
    """Sentences with a count and an age, each with the way to exactly those."""
    needs: list[dict[str, Any]] = []
    if request.user.has_perm("customers.view_mappingreview") and (waiting := open_reviews(tenant)).count:
        text = ngettext("%(n)d mapping waits for review", "%(n)d mappings wait for review", waiting.count)
        oldest = waiting.oldest or timezone.now()
        is_aged = timezone.now() - oldest > timedelta(minutes=1)
        age = _(", the oldest for %(age)s") % {"age": timesince(oldest)} if is_aged else ""
        link = reverse("admin:customers_mappingreview_changelist")
        needs.append({"icon": "rule", "text": text % {"n": waiting.count} + age, "link": link})
    if request.user.has_perm("imports.view_importjob") and (failed := rejected_items(tenant)).count:
        text = ngettext(
            "%(n)d item was rejected in the last 24 h",
            "%(n)d items were rejected in the last 24 h",
            failed.count,
        )
        since = timezone.localtime(timezone.now() - A_DAY)
        filters = {
            "status__exact": ItemStatus.REJECTED,
            "job__created_at_from_0": since.strftime("%Y-%m-%d"),
            "job__created_at_from_1": since.strftime("%H:%M:%S"),
        }
        link = f"{reverse('admin:imports_importitem_changelist')}?{urlencode(filters)}"
        needs.append({"icon": "error", "text": text % {"n": failed.count}, "link": link, "is_bad": True})
    if request.user.has_perm("clients.view_apikey"):
        needs += [_ending(key) for key in ending_keys(tenant)]
    return needs + [asdict(need) for need in others.of(request, tenant)]


def _ending(key: ApiKey) -> dict[str, Any]:
    text = _("The key %(key)s of %(client)s ends on %(day)s") % {
        "key": key.name,
        "client": key.client.name,
        "day": date_format(timezone.localtime(key.expires_at), "Y-m-d"),
    }
    return {
        "icon": "key",
        "text": text,
        "link": reverse("admin:clients_integrationclient_change", args=[key.client_id]),
    }


def _chart(days: list[Day]) -> dict[str, Any]:
    """Bars of the last days: heights in percent of the busiest."""
    highest = max((day.total for day in days), default=0) or 1
    return {
        "highest": highest,
        "days": [_bar(day, highest) for day in days],
        "legend": [
            {
                "value": str(choice.value),
                "label": choice.label,
                "count": sum(day.counts[name] for day in days),
            }
            for name, choice in _OUTCOME_OF.items()
        ],
        "total": sum(day.total for day in days),
    }


def _bar(day: Day, highest: int) -> dict[str, Any]:
    label = date_format(day.day, "Y-m-d")
    parts = [
        {"value": str(_OUTCOME_OF[name].value), "label": str(_OUTCOME_OF[name].label), "count": count}
        for name, count in day.counts.items()
        if count
    ]
    said = ", ".join(f"{part['count']} {part['label']}" for part in parts) or _("nothing")
    return {
        "height": max(100 * day.total / highest, _LEAST_HEIGHT) if day.total else 0,
        "parts": parts,
        "title": f"{label}: {said}",
        "short": date_format(day.day, "j"),
        "weekday": date_format(day.day, "D"),
        "link": f"{reverse('admin:imports_importjob_changelist')}?created_at_from_0={label}&created_at_to_0={label}",
    }


def _first_steps(request: HttpRequest, tenant: Tenant) -> list[dict[str, Any]] | None:
    """The way of a new tenant, ticked as far as it has come; None once it was gone, or nobody goes on with it."""
    first = ImportJob.objects.filter(tenant=tenant).order_by("created_at").first()
    steps = [*_own_steps(request, tenant, has_imports=first is not None), *first_steps.of(request, tenant)]
    if all(step.is_done for step in steps):
        return None
    if first is not None and timezone.now() - first.created_at > _NEW_FOR:
        return None
    following = next(step for step in steps if not step.is_done)
    return [asdict(step) | {"is_next": step is following} for step in steps]


def _own_steps(request: HttpRequest, tenant: Tenant, *, has_imports: bool) -> list[Step]:
    client = IntegrationClient.objects.filter(tenant=tenant).order_by("pk").first()
    has_key = ApiKey.objects.filter(tenant=tenant, revoked_at=None).exists()
    may_add = request.user.has_perm("clients.add_integrationclient")
    may_add_key = not has_key and request.user.has_perm("clients.add_apikey")
    return [
        Step(
            _("Make an Integration Client"),
            _("It stands for the system that hands over jobs, and says what it may do."),
            client is not None,
            reverse("admin:clients_integrationclient_add") if may_add and client is None else "",
            _("New Integration Client"),
        ),
        Step(
            _("Make its API key"),
            _("It is shown once, to be entered in that system."),
            has_key,
            reverse("admin:clients_integrationclient_change", args=[client.pk])
            if client and may_add_key
            else "",
            _("To the client"),
        ),
        Step(
            _("Import the first job"),
            _("It stands in the log of imports, with what became of it.")
            if has_imports
            else _("Paste this into a terminal where ORDINAVO_API_KEY holds the key:"),
            has_imports,
            is_import=True,
        ),
    ]
