"""Webhook subscriptions in the admin: how each is doing, what it gets, and what can be done about it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from ordinavo_connect.clients import one_time
from ordinavo_connect.clients.admin_base import tenant_of
from ordinavo_connect.clients.admin_lists import moment
from webhooks.delivery import figures
from webhooks.delivery.figures import Backlog, Traffic
from webhooks.delivery.models import Delivery, DeliveryStatus, Subscription, SubscriptionStatus
from webhooks.delivery.notices import end_offer
from webhooks.delivery.pages import states
from webhooks.delivery.pages.marks import badge, code, pretty
from webhooks.delivery.pages.replays import (
    MOST_COUNTED,
    ReplayForm,
    matching,
    period,
    quick_periods,
)
from webhooks.delivery.pages.secret_pages import SecretPages
from webhooks.delivery.pages.subscription_base import MANAGE
from webhooks.delivery.pages.subscription_form import SubscriptionForm, columns_changed
from webhooks.delivery.pages.subscription_story import sample_of, story
from webhooks.delivery.previews import preview
from webhooks.delivery.privacy import profile_of, render
from webhooks.delivery.redelivery import ReplayRunning, replay
from webhooks.delivery.subscriptions import (
    change_subscription,
    create_subscription,
    delete_subscription,
    queue_test,
)
from webhooks.events.catalogue import TYPES, WEBHOOK_TEST, types_of

# Events that a preview names; it counts all of them.
PREVIEWED = 5


class SubscriptionPages(SecretPages):
    list_display = ("named", "state_shown", "success", "p95", "waits", "gets", "source", "last_success")
    list_display_links = ("named",)
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("name", "url", "source_system")
    search_help_text = gettext_lazy("Name, URL or source system")
    ordering = ("name", "id")
    empty_template = "admin/delivery/no_subscriptions.html"
    export_columns = (
        *(
            ("id", "id"),
            ("name", "name"),
            ("url", "url"),
            ("status", "status"),
            ("eventTypes", "event_types"),
        ),
        *(
            ("sourceSystem", "source_system"),
            ("createdAt", "created_at"),
            ("lastSuccessAt", "last_success_at"),
        ),
    )

    class Media:
        css = {"all": ("ordinavo_connect/webhooks.css",)}

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        base = super().get_changelist(request, **kwargs)

        class WithFigures(base):  # type: ignore[valid-type,misc]
            def get_results(self, request: HttpRequest) -> None:
                super().get_results(request)
                self.result_list: list[Any] = _with_figures(list(self.result_list))

        return WithFigures

    @display(description=gettext_lazy("subscription"), ordering="name", header=True)
    def named(self, row: Subscription) -> list[str]:
        return [row.name or row.url, row.url if row.name else ""]

    @display(description=gettext_lazy("state"))
    def state_shown(self, row: Any) -> SafeString:
        told = states.endpoint(row, row.traffic, row.backlog)
        return badge(told.tone, told.label)

    @display(description=gettext_lazy("success, 24 h"))
    def success(self, row: Any) -> str:
        return "–" if row.traffic.success is None else f"{states.percent(row.traffic.success)} %"

    @display(description=gettext_lazy("p95"))
    def p95(self, row: Any) -> str:
        return "–" if row.traffic.p95_ms is None else f"{row.traffic.p95_ms:,}\N{NO-BREAK SPACE}ms"

    @display(description=gettext_lazy("waiting"))
    def waits(self, row: Any) -> str:
        return states.count(row.backlog)

    @display(description=gettext_lazy("gets"))
    def gets(self, row: Subscription) -> SafeString | str:
        return code(", ".join(row.event_types))

    @display(description=gettext_lazy("source system"), ordering="source_system")
    def source(self, row: Subscription) -> SafeString | str:
        return format_html('<span class="oc-mono oc-whole">{}</span>', row.source_system)

    @display(description=gettext_lazy("last success"), ordering="last_success_at")
    def last_success(self, row: Subscription) -> SafeString | str:
        return moment(row.last_success_at, _("never"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        rows: QuerySet[Subscription] = super().get_queryset(request).select_related("tenant")
        return rows

    # Pages

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "edit": self.edit_page,
            "rotate": self.rotate_page,
            "replay": self.replay_page,
            "test": self.test_view,
            "status": self.status_view,
            "no-replay": self.no_replay_view,
        }
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"delivery_subscription_{name.replace('-', '_')}",
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How it is doing; changed on a page of its own."""
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            return self.unknown(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row),
            "may_manage": request.user.has_perm(MANAGE),
            "sample_types": [name for name in TYPES if name != WEBHOOK_TEST],
            **story(row, example_of=request.GET.get("example", "")),
        }
        return TemplateResponse(request, "admin/delivery/subscription.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        tenant = tenant_of(request)
        if tenant is None or not self.has_add_permission(request):
            raise PermissionDenied
        form = SubscriptionForm(request.POST or None, tenant=tenant)
        title = _("New webhook subscription")
        if request.method != "POST" or not form.is_valid() or "preview" in request.POST:
            return self._form_page(request, None, form, title)
        if not one_time.use_up(request):
            return self.shown_already(request)
        new = create_subscription(tenant, headers=form.cleaned_data["headers"], **form.columns)
        self.log_addition(request, new.subscription, _("Made in the admin."))
        return self.show_secret(request, new.subscription, new.secret)

    def edit_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.managed(request, object_id)
        if row is None:
            return self.unknown(request, object_id)
        form = SubscriptionForm(request.POST or None, tenant=row.tenant, subscription=row)
        if request.method != "POST" or not form.is_valid() or "preview" in request.POST:
            return self._form_page(request, row, form, _("Change %(name)s") % {"name": row})
        changes = columns_changed(row, form.columns)
        is_moved = "url" in changes
        change_subscription(row, changes=changes, headers=form.cleaned_data["headers"])
        self.log_change(request, row, _("Changed: %(names)s.") % {"names": ", ".join(changes) or "headers"})
        said = (
            _("Saved. The new address is tested now.")
            if is_moved
            else _("Saved. It holds from the next event on.")
        )
        messages.success(request, said)
        return self.back(row)

    def _form_page(
        self, request: HttpRequest, row: Subscription | None, form: SubscriptionForm, title: str
    ) -> HttpResponse:
        shows = request.method == "POST" and form.is_valid()
        found = _preview(form) if shows else None
        return self.page(request, row, "subscription_form", title=title, form=form, preview=found)

    def replay_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """First says how many events would be sent, then sends them."""
        row = self.managed(request, object_id)
        if row is None:
            return self.unknown(request, object_id)
        given = request.POST if request.method == "POST" else request.GET
        form = ReplayForm(given or None)
        title = _("Replay events to %(name)s") % {"name": row}
        shared = {
            "title": title,
            "form": form,
            "quick": quick_periods(at=timezone.now()),
            "zone": row.tenant.time_zone,
        }
        if not form.is_bound or not form.is_valid():
            return self.page(request, row, "replay", **shared)
        asked = {name: form.cleaned_data[name] for name in ("since", "until")}
        if request.method != "POST":
            count = matching(row, **asked)
            shown = f"{count:,}+" if count == MOST_COUNTED else f"{count:,}"
            return self.page(request, row, "replay", **shared, count=count, shown=shown)
        if not one_time.use_up(request):
            messages.warning(request, _("This page was sent already, so nothing was sent now."))
            return self.back(row)
        return self._replayed(request, row, asked)

    def _replayed(self, request: HttpRequest, row: Subscription, asked: dict[str, Any]) -> HttpResponse:
        try:
            sent = replay(row, **asked)
        except ReplayRunning as running:
            messages.warning(request, running.message)
            return redirect(f"{reverse('admin:delivery_subscription_replay', args=[row.pk])}?{period(asked)}")
        self.log_change(
            request, row, _("Replayed %(n)d events: %(period)s.") % {"n": sent, "period": period(asked)}
        )
        said = ngettext("%(n)d event is on its way.", "%(n)d events are on their way.", sent) % {"n": sent}
        messages.success(request, said)
        return self.back(row)

    # Buttons

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._pressed(request, object_id)
        if row is None:
            return self.unknown(request, object_id)
        sample = request.POST.get("sample", "")
        delivery = queue_test(row, sample_of=sample if sample in TYPES else None)
        messages.info(request, _("A signed test is on its way: this is its delivery."))
        return redirect(f"{self.admin_site.name}:delivery_delivery_change", delivery.pk)

    def status_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._pressed(request, object_id)
        if row is None:
            return self.unknown(request, object_id)
        wanted = request.POST.get("status", "")
        if wanted not in (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED):
            return self.back(row)
        was_disabled = row.status == SubscriptionStatus.DISABLED
        change_subscription(row, changes={"status": wanted})
        self.log_change(request, row, _("Status: %(status)s.") % {"status": wanted})
        messages.success(request, _status_said(wanted, was_disabled=was_disabled))
        return self.back(row)

    def no_replay_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._pressed(request, object_id)
        if row is None:
            return self.unknown(request, object_id)
        end_offer(row)
        return self.back(row)

    def _pressed(self, request: HttpRequest, object_id: str) -> Subscription | None:
        """The row, of a button that was pressed: never of a link."""
        if request.method != "POST":
            raise PermissionDenied
        return self.managed(request, object_id)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.managed(request, object_id, "delivery.delete_subscription")
        if row is None:
            return self.unknown(request, object_id)
        if request.method == "POST":
            self.log_deletions(request, Subscription.objects.filter(pk=row.pk))
            delete_subscription(row)
            messages.success(request, _("%(name)s is deleted.") % {"name": row})
            return self.back()
        deliveries = Delivery.objects.filter(subscription=row)
        waiting = deliveries.filter(status=DeliveryStatus.PENDING)
        return self.page(
            request,
            row,
            "delete",
            title=_("Delete %(name)s?") % {"name": row},
            deliveries=deliveries.order_by()[:MOST_COUNTED].count(),
            waiting=waiting.order_by()[:MOST_COUNTED].count(),
            most=MOST_COUNTED,
        )


def _with_figures(rows: list[Any]) -> list[Any]:
    ids = [row.pk for row in rows]
    traffic = figures.traffic(ids, deliveries=figures.LOOKED_AT_IN_LIST)
    backlogs = figures.backlogs(ids)
    for row in rows:
        row.traffic = traffic.get(row.pk, Traffic())
        row.backlog = backlogs.get(row.pk, Backlog())
    return rows


def _preview(form: SubscriptionForm) -> dict[str, Any]:
    """Which of the last 100 events it would get, and what would be sent of the newest of them."""
    draft = form.draft
    found = preview(
        draft.tenant_id,
        event_types=draft.event_types,
        conditions=draft.conditions,
        source_system=draft.source_system,
    )
    matched = found.matching
    types = [name for name in types_of(draft.event_types) if name != WEBHOOK_TEST] or [WEBHOOK_TEST]
    shown = matched[0] if matched else sample_of(types[0], draft)
    return {
        "looked_at": len(found.events),
        "count": len(matched),
        "events": [{"event": each, "at": moment(each.occurred_at)} for each in matched[:PREVIEWED]],
        "is_sample": not matched,
        "type": shown.type,
        "body": pretty(render(shown, profile_of(draft))),
    }


def _status_said(wanted: str, *, was_disabled: bool) -> str:
    if was_disabled:
        return _("It is enabled, and tested now. Once the test passes, this page offers a replay.")
    if wanted == SubscriptionStatus.PAUSED:
        return _("Paused: its events wait from now on.")
    return _("It delivers again; what waited is sent now.")
