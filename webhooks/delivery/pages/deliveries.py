"""Webhook deliveries in the admin: what was sent, what came back, and when it is tried again."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, TextField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import action, display

from ordinavo_connect.clients.admin_lists import link_to, moment
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages
from webhooks.delivery.models import Attempt, Delivery, DeliveryStatus
from webhooks.delivery.pages import states
from webhooks.delivery.pages.as_sent import body_of, curl, recomputed, signed_now
from webhooks.delivery.pages.marks import BAD, GOOD, badge, exact, pretty_bytes, state
from webhooks.delivery.pages.subjects import subject_of
from webhooks.delivery.redelivery import redeliver
from webhooks.delivery.sealing import Unreadable
from webhooks.events.catalogue import TYPES

SEND_AGAIN = "delivery.change_delivery"
# A delivery that is sent again and again keeps all attempts; a page shows the newest.
MOST_ATTEMPTS = 50
# A page of a delivery that was just queued is loaded anew every two seconds, for this long.
WATCHED = timedelta(seconds=30)
_PHASES = {
    "dns": gettext_lazy("DNS"),
    "connect": gettext_lazy("connect"),
    "tls": gettext_lazy("TLS"),
    "firstByte": gettext_lazy("first byte"),
}


class EventTypeFilter(DropdownFilter):
    title = gettext_lazy("event type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        column = "type" if queryset.model.__name__ == "Event" else "event_type"
        return queryset.filter(**{column: self.value()}) if self.value() in TYPES else queryset


class DeliveryPages(ReadOnlyPages):
    list_display = (
        *("about", "type_shown", "endpoint", "status_shown", "answer", "attempts", "when", "next"),
    )
    list_display_links = ("about", "type_shown")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        "subscription",
        EventTypeFilter,
        ("created_at", MomentRangeFilter),
    )
    list_select_related = ("subscription", "event")
    search_fields = ("event__event_id",)
    search_help_text = gettext_lazy("Event ID, or #number of a delivery")
    ordering = ("-id",)
    page_template = "admin/delivery/delivery.html"
    empty_template = "admin/delivery/no_deliveries.html"
    actions = ("send_selected_again",)
    export_columns = (
        *(("id", "id"), ("eventId", "event__event_id"), ("eventType", "event_type")),
        *(("subscriptionId", "subscription_id"), ("url", "subscription__url"), ("status", "status")),
        *(("attempts", "attempt_count"), ("createdAt", "created_at"), ("deliveredAt", "delivered_at")),
    )

    class Media:
        css = {"all": ("ordinavo_connect/webhooks.css",)}

    @display(description=gettext_lazy("about"))
    def about(self, row: Delivery) -> str:
        return subject_of(row.event)

    @display(description=gettext_lazy("event"))
    def type_shown(self, row: Delivery) -> SafeString | str:
        return format_html('<span class="oc-mono oc-whole">{}</span>', row.event_type)

    @display(description=gettext_lazy("endpoint"))
    def endpoint(self, row: Delivery) -> SafeString | str:
        address = reverse("admin:delivery_subscription_change", args=[row.subscription_id])
        return link_to(row.subscription, address)

    @display(description=gettext_lazy("status"))
    def status_shown(self, row: Delivery) -> SafeString:
        return state(row.status, row.get_status_display())

    @display(description=gettext_lazy("last answer"))
    def answer(self, row: Any) -> str:
        return str(row.last_status or row.last_error or "–")

    @display(description=gettext_lazy("attempts"))
    def attempts(self, row: Delivery) -> int:
        return row.attempt_count

    @display(description=gettext_lazy("queued"), ordering="id")
    def when(self, row: Delivery) -> SafeString | str:
        return moment(row.created_at)

    @display(description=gettext_lazy("next attempt"))
    def next(self, row: Delivery) -> SafeString | str:
        return _coming(row, now=timezone.now()) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-number")
        rows: QuerySet[Delivery] = super().get_queryset(request).select_related(*self.list_select_related)
        return rows.annotate(
            last_status=Subquery(last.values("status_code")[:1], output_field=IntegerField()),
            last_error=Subquery(last.values("error_code")[:1], output_field=TextField()),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """By what an index answers: the id of an event, or the number of a delivery."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.removeprefix("#").isdecimal():
            return queryset.filter(pk=int(term.removeprefix("#")[:18])), False
        return queryset.filter(event__event_id=term), False

    # Sending again

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.send_again_view)
        own = path("<path:object_id>/send-again/", view, name="delivery_delivery_send_again")
        return [own, *super().get_urls()]

    def send_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST" or not request.user.has_perm(SEND_AGAIN):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            unknown: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return unknown
        redeliver(Delivery.objects.filter(pk=row.pk))
        self.log_change(request, row, _("Sent again."))
        messages.success(request, _("It is sent again now: the same bytes, under the same id."))
        return redirect(f"{self.admin_site.name}:delivery_delivery_change", row.pk)

    @action(description=gettext_lazy("Send again"), permissions=["send_again"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        sent = redeliver(Delivery.objects.filter(pk__in=queryset.order_by().values("pk")))
        said = ngettext("%(n)d delivery is sent again now.", "%(n)d deliveries are sent again now.", sent)
        messages.success(request, said % {"n": sent})

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Asked by the action."""
        return request.user.has_perm(SEND_AGAIN)

    # The page of one

    def story(self, request: HttpRequest, obj: Delivery) -> dict[str, Any]:
        now = timezone.now()
        attempts = list(obj.attempts.order_by("-number")[:MOST_ATTEMPTS])
        last = attempts[0] if attempts else None
        body = body_of(obj, last)
        may_send = request.user.has_perm(SEND_AGAIN)
        return {
            "title": f"{obj.subscription} · {obj.event_type}",
            "delivery": obj,
            "about": subject_of(obj.event),
            "is_fresh": is_fresh(obj, now=now),
            "state": state(obj.status, obj.get_status_display()),
            "next": states.next_attempt(obj, now=now),
            "coming": _coming(obj, now=now),
            "queued": moment(obj.created_at),
            "delivered": moment(obj.delivered_at, ""),
            "attempts": [_attempt(each, last=attempts[0]) for each in attempts],
            "last_headers": last.request_headers if last else {},
            "recomputed": recomputed(obj, last, now=now) if last else None,
            "body": body.decode(),
            "body_size": len(body),
            "pretty": pretty_bytes(body),
            "curl": _curl(obj, attempts, now=now, signs=may_send),
            "is_signed_now": may_send,
            "may_send": may_send,
        }


def _coming(row: Delivery, *, now: datetime) -> SafeString | str:
    """When the next attempt is, or what keeps it; '' where there is none to come."""
    if row.status != DeliveryStatus.PENDING or row.due_at is None:
        return ""
    if held := states.held_in_brief(row, now=now):
        return held
    return moment(row.due_at) if row.due_at > now else _("due")


def is_fresh(row: Delivery, *, now: datetime) -> bool:
    """Whether the first attempt is about to happen: the page looks again by itself, for a short while."""
    return row.status == DeliveryStatus.PENDING and not row.attempt_count and now - row.created_at < WATCHED


def _attempt(row: Attempt, *, last: Attempt) -> dict[str, Any]:
    is_delivered = row.status_code is not None and 200 <= row.status_code < 300
    label = str(row.status_code) if row.status_code else _("no answer")
    return {
        "number": row.number,
        "badge": badge(GOOD if is_delivered else BAD, label),
        "at": moment(row.started_at),
        "exact": exact(row.started_at),
        "duration": row.duration_ms,
        "error": row.error_message,
        "code": row.error_code,
        "excerpt": row.response_excerpt,
        "phases": _phases(row),
        "is_delivered": is_delivered,
        "has_other_body": row.body_id is not None and row.body_id != last.body_id,
    }


def _phases(row: Attempt) -> list[dict[str, Any]]:
    """Parts of the duration, as shares for a bar; what is left after the first byte is the rest of the answer."""
    spans = [
        (name, str(label), float(row.phases[name])) for name, label in _PHASES.items() if name in row.phases
    ]
    rest = row.duration_ms - sum(span for _name, _label, span in spans)
    if spans and rest >= 1:
        spans.append(("rest", _("rest"), rest))
    return [
        {"name": name, "label": label, "ms": f"{span:.1f}".removesuffix(".0"), "share": max(span, 0.05)}
        for name, label, span in spans
    ]


def _curl(row: Delivery, attempts: list[Attempt], *, now: datetime, signs: bool) -> str:
    """Signed for this moment, where the person may send it anyhow; else as the last attempt was."""
    body = bytes(row.body.content)
    headers = attempts[0].request_headers if attempts else {}
    if signs:
        with suppress(Unreadable):
            headers = signed_now(row, now=now)
    return curl(row.subscription.url, headers, body) if headers else ""
