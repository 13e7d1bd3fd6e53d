"""Visit reports in the admin: what waits, and one page to decide on each, one key a decision."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from ordinavo_connect.clients.admin_base import person
from ordinavo_connect.clients.admin_lists import moment
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages
from ordinavo_connect.clients.roles import DECIDE_REPORTS
from routing.planning.refusals import Refused
from routing.visits.decisions import approve_report, reject_report
from routing.visits.models import ReportStatus, VisitReport
from routing.visits.pages.report_story import shown, story_of, waiting

Decision = Callable[[VisitReport], VisitReport]


class ReportPages(ReadOnlyPages):
    list_display = (
        "title",
        "customer",
        "employee_shown",
        "result_shown",
        "status_shown",
        "billing",
        "handed_in",
    )
    list_display_links = ("title",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("result", ChoicesDropdownFilter),
        "is_billable",
        "follow_up_required",
        "employee",
        ("submitted_at", MomentRangeFilter),
    )
    list_select_related = ("employee", "target", "target__customer")
    search_fields = ("title",)
    search_help_text = gettext_lazy("Title, customer, employee, external ID of the target, or #number")
    page_template = "admin/visits/report.html"
    empty_template = "admin/visits/no_reports.html"
    export_columns = (
        *(("id", "id"), ("title", "title"), ("status", "status"), ("result", "result")),
        *(("target", "target__external_id"), ("customer", "target__customer__name")),
        *(("customerNumber", "target__customer__number"), ("employee", "employee__name")),
        *(("workMinutes", "work_minutes"), ("billable", "is_billable"), ("billingStatus", "billing_status")),
        *(("submittedAt", "submitted_at"), ("decidedAt", "decided_at"), ("text", "text")),
    )

    @display(description=gettext_lazy("customer"))
    def customer(self, row: VisitReport) -> str:
        return str(row.target.customer or "–")

    @display(description=gettext_lazy("employee"))
    def employee_shown(self, row: VisitReport) -> str:
        return str(row.employee)

    @display(description=gettext_lazy("result"))
    def result_shown(self, row: VisitReport) -> SafeString | str:
        return shown(row.result, row.get_result_display()) if row.result else "–"

    @display(description=gettext_lazy("status"))
    def status_shown(self, row: VisitReport) -> SafeString:
        return shown(row.status, row.get_status_display())

    @display(description=gettext_lazy("billing"))
    def billing(self, row: VisitReport) -> str:
        return row.billing_status

    @display(description=gettext_lazy("handed in"))
    def handed_in(self, row: VisitReport) -> SafeString | str:
        return moment(row.submitted_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[VisitReport]:
        rows: QuerySet[VisitReport] = super().get_queryset(request)
        return rows.select_related("tenant", "target__tenant")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What waits is shown as it came in; anything else the newest first."""
        is_waiting = request.GET.get("status__exact") == ReportStatus.SUBMITTED
        return ("submitted_at", "id") if is_waiting else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[VisitReport], search_term: str
    ) -> tuple[QuerySet[VisitReport], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith("#") and term[1:].isdecimal():
            return queryset.filter(pk=int(term[1:19])), False
        for word in term.split():
            queryset = queryset.filter(
                Q(title__icontains=word)
                | Q(target__external_id__icontains=word)
                | Q(target__customer__name__icontains=word)
                | Q(target__customer__number__iexact=word)
                | Q(employee__name__icontains=word)
            )
        return queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        count = waiting(self.get_queryset(request)).count()
        return super().changelist_view(request, {"waiting_reports": count} | (extra_context or {}))

    # Deciding

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/approve/", wrap(self.approve_view), name="visits_visitreport_approve"),
            path(
                "<path:object_id>/send-back/", wrap(self.send_back_view), name="visits_visitreport_send_back"
            ),
            path("<path:object_id>/print/", wrap(self.print_view), name="visits_visitreport_print"),
            *super().get_urls(),
        ]

    def approve_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def decide(report: VisitReport) -> VisitReport:
            return approve_report(report, by=person(request), now=timezone.now(), seen=_seen(request))

        return self._decided(request, object_id, decide, _("Approved: %(title)s."))

    def send_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def decide(report: VisitReport) -> VisitReport:
            reason = request.POST.get("reason", "")
            return reject_report(
                report, reason=reason, by=person(request), now=timezone.now(), seen=_seen(request)
            )

        return self._decided(request, object_id, decide, _("Sent back: %(title)s."))

    def _decided(self, request: HttpRequest, object_id: str, decide: Decision, said: str) -> HttpResponse:
        """Decide, and go on with the next that waits; who comes second is told who was first."""
        if request.method != "POST" or not request.user.has_perm(DECIDE_REPORTS):
            raise PermissionDenied
        report = self.get_object(request, object_id)
        if report is None:
            return self._unknown(request, object_id)
        try:
            decide(report)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(f"{self.admin_site.name}:visits_visitreport_change", report.pk)
        said = said % {"title": report.title}
        self.log_change(request, report, said)
        return self._next(request, said)

    def _next(self, request: HttpRequest, said: str) -> HttpResponse:
        rows = waiting(self.get_queryset(request))
        following = rows.values_list("pk", flat=True).first()
        if following is None:
            messages.success(request, f"{said} {_('Nothing else waits.')}")
            return redirect(f"{self.admin_site.name}:visits_visitreport_changelist")
        left = rows.count()
        more = ngettext("%(n)d more waits: this is the oldest.", "%(n)d more wait: this is the oldest.", left)
        messages.success(request, f"{said} {more % {'n': left}}")
        return redirect(f"{self.admin_site.name}:visits_visitreport_change", following)

    def print_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The report as it is handed to a customer: without prices and without what the office thinks of it."""
        report = self.get_object(request, object_id)
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        if report is None:
            return self._unknown(request, object_id)
        story = story_of(report) | {"tenant": report.tenant}
        return TemplateResponse(request, "admin/visits/print.html", story)

    def _unknown(self, request: HttpRequest, object_id: str) -> HttpResponse:
        unknown: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return unknown

    # The page of one

    def story(self, request: HttpRequest, obj: VisitReport) -> dict[str, Any]:
        may_decide = obj.status == ReportStatus.SUBMITTED and request.user.has_perm(DECIDE_REPORTS)
        others = waiting(self.get_queryset(request)).exclude(pk=obj.pk)
        skipped_to = others.filter(submitted_at__gte=obj.submitted_at).first() if obj.submitted_at else None
        return story_of(obj) | {
            "may_decide": may_decide,
            "left": others.count() if may_decide else 0,
            "next_link": reverse("admin:visits_visitreport_change", args=[skipped_to.pk])
            if may_decide and skipped_to
            else "",
        }


def _seen(request: HttpRequest) -> int | None:
    """Which version the page showed: a report that was corrected meanwhile is looked at again."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 6 else None
