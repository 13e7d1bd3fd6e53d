"""Reviews in the admin: the list of questions, and the queue that goes through them one by one."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from customers.models import EntityType, KeyKind, MappingReview, ReviewStatus
from customers.reviews import DECIDED
from customers.search import spellings
from imports.pages.outcomes import code, state
from imports.pages.review_case import case_of, in_short
from imports.pages.review_queue import answers
from imports.pages.review_queue.list_filters import (
    AgeFilter,
    EntityFilter,
    KindFilter,
    OrderFilter,
    SourceFilter,
    ValueFilter,
)
from imports.pages.review_queue.pace import pace_of
from imports.pages.review_queue.queue import CUSTOMER_FIRST, ORDERS, VALUE, queue_of
from imports.pages.review_queue.value import urgency_in_words, value_in_words, with_value
from imports.pages.review_together import DecidingTogether
from imports.waiting import waiting_counts
from ordinavo_connect.clients.admin_lists import moment, staff_of
from ordinavo_connect.clients.read_only_pages import Titled
from ordinavo_connect.clients.roles import DECIDE_REVIEWS


class ReviewList(ChangeList):
    """The open questions, the oldest first, unless the address asks for decided ones or another order."""

    result_list: Any

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[MappingReview]:
        rows: QuerySet[MappingReview] = super().get_queryset(request, exclude_parameters)
        rows = rows if "status__exact" in request.GET else rows.filter(status=ReviewStatus.OPEN)
        if request.GET.get("first") == VALUE and "o" not in request.GET:
            return with_value(rows).order_by("-value", "-urgency", "opened_at", CUSTOMER_FIRST, "pk")
        return rows

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        waiting = waiting_counts(rows)
        worth = with_value(MappingReview.objects.filter(pk__in=[row.pk for row in rows]))
        values = {pk: (value, urgency) for pk, value, urgency in worth.values_list("pk", "value", "urgency")}
        for review in rows:
            review.waiting = waiting.get(review.pk, 0)
            review.worth = values.get(review.pk, (0.0, 0))
        self.result_list = rows


class ReviewPages(DecidingTogether):
    list_display = ("reference", "came_in", "kind_shown", "waits", "worth_shown", "opened", "status_shown")
    list_display_links = ("reference", "came_in")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        *(KindFilter, EntityFilter, SourceFilter, AgeFilter, ValueFilter, OrderFilter),
        "client",
    )
    search_fields = ("external_id",)
    search_help_text = gettext_lazy("External ID")
    ordering = ("opened_at", CUSTOMER_FIRST, "id")
    page_template = "admin/imports/review.html"
    empty_template = "admin/imports/no_reviews.html"
    list_before_template = "admin/imports/review_list_top.html"
    export_columns = (
        *(
            ("id", "id"),
            ("openedAt", "opened_at"),
            ("sourceSystem", "source_system"),
            ("entity", "entity_type"),
        ),
        *(("externalId", "external_id"), ("kind", "kind"), ("status", "status"), ("decidedAt", "decided_at")),
        *(("decidedBy", "decided_by__username"), ("note", "note")),
    )

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(view), name=f"customers_mappingreview_{name}")

        one = "<path:object_id>"
        return [
            page("queue/", require_GET(self.queue_view), "queue"),
            page("alike/", require_GET(self.groups_view), "groups"),
            page(f"{one}/alike/", require_GET(self.group_view), "alike"),
            page(f"{one}/alike/decide/", require_POST(self.decide_group_view), "decide_alike"),
            page(f"{one}/alike/undo/", require_POST(self.undo_group_view), "undo_together"),
            page(f"{one}/decide/", require_POST(self.decide_view), "decide"),
            page(f"{one}/reject/", require_POST(self.reject_view), "reject"),
            page(f"{one}/undo/", require_POST(self.undo_view), "undo"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("reference"))
    def reference(self, review: MappingReview) -> SafeString | str:
        sent = review.external_id if review.key_kind == KeyKind.ID else _("no external ID")
        return code(f"{review.source_system}/{sent}")

    @display(description=gettext_lazy("what came in"))
    def came_in(self, review: MappingReview) -> str:
        return f"{EntityType(review.entity_type).label}: {in_short(review)}"

    @display(description=gettext_lazy("why it waits"))
    def kind_shown(self, review: MappingReview) -> SafeString | str:
        return state(review.kind, review.get_kind_display())

    @display(description=gettext_lazy("targets"))
    def waits(self, review: Any) -> int:
        waiting: int = review.waiting
        return waiting

    @display(description=gettext_lazy("expected revenue"))
    def worth_shown(self, review: Any) -> str:
        value, urgency = review.worth
        return " · ".join(text for text in (value_in_words(value), urgency_in_words(urgency)) if text) or "–"

    @display(description=gettext_lazy("since"), ordering="opened_at")
    def opened(self, review: MappingReview) -> SafeString | str:
        return moment(review.opened_at)

    @display(description=gettext_lazy("status"))
    def status_shown(self, review: MappingReview) -> str:
        return review.get_status_display()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReviewList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MappingReview], search_term: str
    ) -> tuple[QuerySet[MappingReview], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id__in=spellings(term)) if term else queryset), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {
            **answers.last_decision(request),
            "queue": queue_of(request.GET),
            "may_decide": request.user.has_perm(DECIDE_REVIEWS),
        }
        return super().changelist_view(request, extra | (extra_context or {}))

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        """The first question of a queue, or the one after `?after=`; the script gets the case alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        queue, rows = queue_of(request.GET), self.get_queryset(request)
        after = request.GET.get("after", "")
        here = rows.filter(pk=after).first() if after.isdecimal() and len(after) < 19 else None
        passed = answers.passed_of(request)
        if here is not None:
            following = queue.following(rows, here, passed=passed)
        else:
            following = queue.rows(rows).exclude(pk__in=passed).values_list("pk", flat=True).first()
        if not answers.asks_for_part(request):
            return redirect(answers.case_page(following, queue) if following else answers.list_page(queue))
        if following is None:
            return TemplateResponse(request, "admin/imports/review_done.html", {"queue": queue})
        return self._part(request, rows.get(pk=following))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        review = self.get_object(request, object_id)
        if not answers.asks_for_part(request):
            # One case follows the other on this page, so its place in the menu names none of them.
            is_open = review is not None and review.status == ReviewStatus.OPEN
            place = {"original": Titled(review, _("One by one"))} if is_open else {}
            return super().change_view(request, object_id, form_url, place | (extra_context or {}))
        if not self.has_view_permission(request, review):
            raise PermissionDenied
        return self.unknown(request, object_id) if review is None else self._part(request, review)

    def _part(self, request: HttpRequest, review: MappingReview) -> HttpResponse:
        """The case alone, without the page around it."""
        return TemplateResponse(request, "admin/imports/review_case.html", self.story(request, review))

    def story(self, request: HttpRequest, obj: MappingReview) -> dict[str, Any]:
        queue, rows = queue_of(request.GET), self.get_queryset(request)
        left = queue.rows(rows).count()
        is_part = answers.asks_for_part(request)
        return {
            "title": in_short(obj),
            "review": obj,
            "address": answers.case_page(obj.pk, queue),
            "case": case_of(obj, search=request.GET.get("q", "").strip()[:200]),
            "may_decide": request.user.has_perm(DECIDE_REVIEWS),
            "is_open": obj.status == ReviewStatus.OPEN,
            "is_decided": obj.status in DECIDED,
            "pace": pace_of(staff_of(request), left=left),
            "next": queue.following(rows, obj, passed=answers.passed_of(request)),
            "queue": queue,
            "filters": queue.in_words(),
            "orders": [
                {"text": text, "query": queue.ordered(first), "is_chosen": queue.first == first}
                for first, text in ORDERS.items()
            ],
            # A page that is read ahead does not use up what the shown one offers to undo.
            **({} if is_part else answers.last_decision(request)),
        }
