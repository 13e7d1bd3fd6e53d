"""Events in the admin: what happened, and who was told of it, or why not."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from ordinavo_connect.clients.admin_lists import moment
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages
from webhooks.delivery.conditions import mismatch_of, value_of
from webhooks.delivery.models import Attempt, Delivery, DeliveryStatus, Subscription
from webhooks.delivery.pages import states
from webhooks.delivery.pages.deliveries import EventTypeFilter
from webhooks.delivery.pages.marks import QUIET, badge, code, pretty, state
from webhooks.delivery.pages.subjects import subject_of
from webhooks.delivery.privacy import Profile, render
from webhooks.events.models import Event

# Beyond, the page names the newest: nobody reads more.
MOST_SUBSCRIPTIONS = 200


class EventPages(ReadOnlyPages):
    list_display = ("type_shown", "subject", "source", "when", "event_id_shown")
    list_display_links = ("type_shown",)
    list_filter = (EventTypeFilter, ("occurred_at", MomentRangeFilter))
    list_select_related = ("tenant",)
    search_fields = ("event_id",)
    search_help_text = gettext_lazy("Event ID, exactly")
    ordering = ("-id",)
    page_template = "admin/delivery/event.html"
    empty_template = "admin/delivery/no_events.html"
    export_columns = (
        *(("eventId", "event_id"), ("eventType", "type"), ("occurredAt", "occurred_at")),
        ("sourceSystem", "source_system"),
    )

    class Media:
        css = {"all": ("ordinavo_connect/webhooks.css",)}

    @display(description=gettext_lazy("event"))
    def type_shown(self, row: Event) -> SafeString | str:
        return code(row.type)

    @display(description=gettext_lazy("about"))
    def subject(self, row: Event) -> str:
        return subject_of(row)

    @display(description=gettext_lazy("source system"))
    def source(self, row: Event) -> SafeString | str:
        return code(row.source_system)

    @display(description=gettext_lazy("when"), ordering="id")
    def when(self, row: Event) -> SafeString | str:
        return moment(row.occurred_at)

    @display(description=gettext_lazy("event ID"))
    def event_id_shown(self, row: Event) -> SafeString | str:
        return code(row.event_id)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        """By its number, or by its id as receivers see it."""
        field = "event_id" if object_id.startswith("evt_") else from_field
        event: Event | None = super().get_object(request, object_id, field)
        return event

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        rows: QuerySet[Event] = super().get_queryset(request).select_related("tenant")
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        term = search_term.strip()
        return (queryset.filter(event_id=term) if term else queryset), False

    def story(self, request: HttpRequest, obj: Event) -> dict[str, Any]:
        about = subject_of(obj)
        sees_receivers = request.user.has_perm("delivery.view_delivery")
        return {
            "title": f"{about} · {obj.type}" if about != "–" else obj.type,
            "event": obj,
            "about": about,
            "occurred": moment(obj.occurred_at),
            "written": moment(obj.created_at),
            "fanned_out": obj.position is not None,
            "receivers": receivers(obj) if sees_receivers else None,
            "body": pretty(render(obj, Profile(obj.source_system))),
        }


def receivers(event: Event) -> list[dict[str, Any]]:
    """For every subscription of the tenant: sent, waiting, failed, or not sent and why."""
    rows = Subscription.objects.filter(tenant_id=event.tenant_id).order_by("-id")[:MOST_SUBSCRIPTIONS]
    deliveries = {
        each.subscription_id: each
        for each in Delivery.objects.filter(event=event).select_related("subscription")
    }
    attempts = {
        each.delivery_id: each
        for each in Attempt.objects.filter(delivery__event=event).order_by("delivery_id", "number")
    }
    told = [_receiver(event, row, deliveries.get(row.pk), attempts) for row in rows]
    return sorted(told, key=lambda each: not each["link"])


def _receiver(
    event: Event, subscription: Subscription, delivery: Delivery | None, attempts: dict[int, Attempt]
) -> dict[str, Any]:
    shared = {
        "name": str(subscription),
        "endpoint": reverse("admin:delivery_subscription_change", args=[subscription.pk]),
    }
    if delivery is None:
        return shared | {
            "link": "",
            "state": badge(QUIET, _("Not sent")),
            "said": _why_not(event, subscription),
        }
    return shared | {
        "link": reverse("admin:delivery_delivery_change", args=[delivery.pk]),
        "state": state(delivery.status, delivery.get_status_display()),
        "said": _said(delivery, attempts.get(delivery.pk)),
        "at": moment(delivery.delivered_at, ""),
    }


def _said(delivery: Delivery, last: Attempt | None) -> str:
    answer = ""
    if last is not None and last.status_code is not None:
        answer = _("Answered %(status)d in %(ms)d ms.") % {"status": last.status_code, "ms": last.duration_ms}
    elif last is not None:
        answer = last.error_message
    if delivery.status == DeliveryStatus.DELIVERED:
        return answer
    return f"{answer} {states.next_attempt(delivery, now=timezone.now())}".strip()


def _why_not(event: Event, subscription: Subscription) -> str:
    found = mismatch_of(subscription, event)
    value = None
    if found is not None and found.condition is not None:
        value = value_of(found.condition["field"], event, source_system=subscription.source_system)
    return states.not_sent(event, subscription, found, value=value)
