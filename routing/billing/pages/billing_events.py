"""Billing events in the admin: what is ready, sent or failed and why; what waits for a price gets it here."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from imports.pages.outcomes import BAD, GOOD, QUIET, WARN, code
from ordinavo_connect.clients.admin_base import person
from ordinavo_connect.clients.admin_lists import link_to, moment
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages
from routing.billing.acknowledgement import offer_again
from routing.billing.bills import complete_billing_event, priced_again
from routing.billing.models import BillingEvent, BillingStatus
from routing.billing.pages.lines_form import given_lines, lines_form
from routing.billing.pricing import Line, money
from routing.planning.refusals import Refused

BILL = "billing.change_billingevent"
TONES: dict[str, str] = {
    BillingStatus.PENDING: WARN,
    BillingStatus.READY: GOOD,
    BillingStatus.SENT: QUIET,
    BillingStatus.FAILED: BAD,
}


class BillingEventPages(ReadOnlyPages):
    list_display = ("number", "report_shown", "customer", "amount", "status_shown", "document", "created")
    list_display_links = ("number", "report_shown")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("created_at", MomentRangeFilter),
    )
    list_select_related = ("report", "target", "target__customer")
    search_fields = ("document_number",)
    search_help_text = gettext_lazy("Document number, customer, title, external ID of the target, or #number")
    ordering = ("-id",)
    page_template = "admin/billing/billing_event.html"
    empty_template = "admin/billing/no_billing_events.html"
    export_columns = (
        *(("id", "id"), ("status", "status"), ("report", "report_id"), ("title", "report__title")),
        *(("target", "target__external_id"), ("customer", "target__customer__name")),
        *(("customerNumber", "target__customer__number"), ("total", "total"), ("currency", "currency")),
        *(("documentNumber", "document_number"), ("waitsFor", "waits_for"), ("error", "error")),
        *(("createdAt", "created_at"), ("readyAt", "ready_at"), ("sentAt", "sent_at")),
    )

    @display(description=gettext_lazy("billing event"), ordering="id")
    def number(self, row: BillingEvent) -> str:
        return f"#{row.pk}"

    @display(description=gettext_lazy("report"))
    def report_shown(self, row: BillingEvent) -> str:
        return row.report.title

    @display(description=gettext_lazy("customer"))
    def customer(self, row: BillingEvent) -> str:
        return str(row.target.customer or "–")

    @display(description=gettext_lazy("amount"), ordering="total")
    def amount(self, row: BillingEvent) -> str:
        return _amount(row)

    @display(description=gettext_lazy("status"), ordering="status")
    def status_shown(self, row: BillingEvent) -> SafeString:
        return _state(row)

    @display(description=gettext_lazy("document"))
    def document(self, row: BillingEvent) -> SafeString | str:
        return code(row.document_number) if row.document_number else row.error or row.waits_for or "–"

    @display(description=gettext_lazy("created"), ordering="id")
    def created(self, row: BillingEvent) -> SafeString | str:
        return moment(row.created_at)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith("#") and term[1:].isdecimal():
            return queryset.filter(pk=int(term[1:19])), False
        for word in term.split():
            queryset = queryset.filter(
                Q(document_number__icontains=word)
                | Q(report__title__icontains=word)
                | Q(target__external_id__icontains=word)
                | Q(target__customer__name__icontains=word)
                | Q(target__customer__number__iexact=word)
            )
        return queryset, False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/complete/",
                wrap(self.complete_view),
                name="billing_billingevent_complete",
            ),
            path(
                "<path:object_id>/offer-again/",
                wrap(self.offer_again_view),
                name="billing_billingevent_offer_again",
            ),
            *super().get_urls(),
        ]

    def complete_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the lines that staff gave; what is wrong is said beside each, and what was typed stays."""
        event = self._changed(request, object_id)
        if isinstance(event, HttpResponse):
            return event
        rows = lines_form(_kept(event), request.POST)
        if not rows.is_valid():
            return self.change_view(request, object_id, extra_context={"rows": rows})
        try:
            done = complete_billing_event(
                event, lines=given_lines(rows), by=person(request), now=timezone.now()
            )
        except Refused as refused:
            messages.error(request, refused.message)
            return self.change_view(request, object_id, extra_context={"rows": rows})
        self.log_change(request, event, _("Prices completed."))
        messages.success(request, _("It is ready: %(amount)s.") % {"amount": _amount(done)})
        return self._to_page(event)

    def offer_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        event = self._changed(request, object_id)
        if isinstance(event, HttpResponse):
            return event
        try:
            offer_again(event, now=timezone.now())
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            self.log_change(request, event, _("Offered again."))
            messages.success(request, _("It is offered to the ERP again."))
        return self._to_page(event)

    def _changed(self, request: HttpRequest, object_id: str) -> BillingEvent | HttpResponse:
        if request.method != "POST" or not request.user.has_perm(BILL):
            raise PermissionDenied
        event: BillingEvent | None = self.get_object(request, object_id)
        if event is None:
            unknown: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return unknown
        return event

    def _to_page(self, event: BillingEvent) -> HttpResponse:
        return redirect(f"{self.admin_site.name}:billing_billingevent_change", event.pk)

    def story(self, request: HttpRequest, obj: BillingEvent) -> dict[str, Any]:
        is_pending = obj.status == BillingStatus.PENDING
        may_complete = is_pending and request.user.has_perm(BILL)
        target = obj.target
        return {
            "title": f"{obj.report.title} · {_amount(obj)}",
            "event": obj,
            "state": _state(obj),
            "amount": _amount(obj),
            "lines": obj.lines,
            "rows": lines_form(_suggested(obj)) if may_complete else None,
            "may_complete": may_complete,
            "may_offer_again": obj.status == BillingStatus.FAILED and request.user.has_perm(BILL),
            "report_link": link_to(
                obj.report, reverse("admin:visits_visitreport_change", args=[obj.report_id])
            ),
            "target_link": link_to(target, reverse("admin:imports_target_change", args=[target.pk])),
            "customer": str(target.customer or "–"),
            "acknowledged_by": str(obj.acknowledged_by or ""),
            "completed_by": str(obj.completed_by or ""),
            "moments": [
                (label, moment(when))
                for label, when in (
                    (_("Created"), obj.created_at),
                    (_("Ready"), obj.ready_at),
                    (_("Sent"), obj.sent_at),
                    (_("Failed"), obj.failed_at),
                )
                if when
            ],
        }


def _kept(event: BillingEvent) -> list[Line]:
    return [Line.from_json(line) for line in event.lines]


def _suggested(event: BillingEvent) -> list[Line]:
    """What the event has; a line without a price takes what the prices say by now."""
    now = {(line.kind, line.description): line for line in priced_again(event)}
    kept = [
        line if line.unit_price is not None else now.get((line.kind, line.description), line)
        for line in _kept(event)
    ]
    return kept or list(now.values())


def _amount(event: BillingEvent) -> str:
    return _("price missing") if event.total is None else f"{money(event.total)} {event.currency}"


def _state(event: BillingEvent) -> SafeString:

    return format_html(
        '<span class="oc-state {}">{}</span>', TONES.get(event.status, QUIET), event.get_status_display()
    )
