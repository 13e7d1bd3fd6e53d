"""Reviews in the admin: the open questions, and the page that decides one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from customers.comparison import compare
from customers.models import EntityType, KeyKind, MappingReview, ReviewStatus
from customers.reviews import DECIDED, DecisionRefused
from customers.search import spellings
from imports.decisions import create_from_review, dismiss_review, link_review, undo_review
from imports.pages.outcomes import code, state
from imports.pages.review_case import case_of, linkable
from imports.waiting import waiting_counts
from ordinavo_connect.clients.admin_lists import moment, staff_of
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages
from ordinavo_connect.clients.roles import DECIDE_REVIEWS

# Of questions that one import raised, the customer's comes first: the others rest on it.
_CUSTOMER_FIRST = Case(
    When(entity_type=EntityType.CUSTOMER, then=Value(0)),
    When(entity_type=EntityType.LOCATION, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)
# The decision that the next page offers to undo.
LAST_DECISION = "last_decision"


class ReviewList(ChangeList):
    """The open questions, the oldest first, unless the address asks for decided ones."""

    result_list: Any

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[MappingReview]:
        rows: QuerySet[MappingReview] = super().get_queryset(request, exclude_parameters)
        return rows if "status__exact" in request.GET else rows.filter(status=ReviewStatus.OPEN)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        waiting = waiting_counts(rows)
        for review in rows:
            review.waiting = waiting.get(review.pk, 0)
        self.result_list = rows


class ReviewPages(ReadOnlyPages):
    list_display = ("reference", "came_in", "kind_shown", "waits", "opened", "status_shown")
    list_display_links = ("reference", "came_in")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("entity_type", ChoicesDropdownFilter),
        "client",
    )
    search_fields = ("external_id",)
    search_help_text = gettext_lazy("External ID")
    ordering = ("opened_at", _CUSTOMER_FIRST, "id")
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
        def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(require_POST(view))

        return [
            path("<path:object_id>/decide/", page(self.decide_view), name="customers_mappingreview_decide"),
            path("<path:object_id>/undo/", page(self.undo_view), name="customers_mappingreview_undo"),
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

    @display(description=gettext_lazy("since"), ordering="opened_at")
    def opened(self, review: MappingReview) -> SafeString | str:
        return moment(review.opened_at)

    @display(description=gettext_lazy("status"))
    def status_shown(self, review: MappingReview) -> str:
        return review.get_status_display()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReviewList

    def get_queryset(self, request: HttpRequest) -> QuerySet[MappingReview]:
        related = ("client", "parent", "customer", "location", "contact", "decided_by")
        return super().get_queryset(request).select_related(*related)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MappingReview], search_term: str
    ) -> tuple[QuerySet[MappingReview], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id__in=spellings(term)) if term else queryset), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, _last_decision(request) | (extra_context or {}))

    def story(self, request: HttpRequest, obj: MappingReview) -> dict[str, Any]:
        search = request.GET.get("q", "").strip()[:200]
        queue = self._queue(request)
        return {
            "title": in_short(obj),
            "review": obj,
            "case": case_of(obj, search=search),
            "may_decide": request.user.has_perm(DECIDE_REVIEWS),
            "is_open": obj.status == ReviewStatus.OPEN,
            "is_decided": obj.status in DECIDED,
            "left": queue.count(),
            "next": _next_of(queue, obj),
            **_last_decision(request),
        }

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Link, create or dismiss; then the next question."""
        review = self._review(request, object_id)
        if review is None:
            return self._unknown(request, object_id)
        try:
            text = _decide(review, request)
        except DecisionRefused as refused:
            messages.error(request, str(refused))
            return redirect(_page_of(review.pk))
        request.session[LAST_DECISION] = {"review": review.pk, "text": text}
        following = _next_of(self._queue(request), review)
        return redirect(
            _page_of(following) if following else reverse("admin:customers_mappingreview_changelist")
        )

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a decision back; the question is open again."""
        review = self._review(request, object_id)
        if review is None:
            return self._unknown(request, object_id)
        try:
            changed = undo_review(review, by=staff_of(request))
        except DecisionRefused as refused:
            messages.error(request, str(refused))
            return redirect(_page_of(review.pk))
        # The log of the admin says who took it back; the review itself keeps who decided.
        self.log_change(request, review, "Decision undone.")
        text = ngettext(
            "The decision is undone, and %(n)d target is as before it. The question is open again.",
            "The decision is undone, and %(n)d targets are as before it. The question is open again.",
            changed,
        )
        messages.success(request, text % {"n": changed})
        again = self._queue(request).filter(
            source_system=review.source_system,
            entity_type=review.entity_type,
            key_kind=review.key_kind,
            external_id=review.external_id,
        )
        opened = again.first()
        return redirect(_page_of(opened.pk if opened else review.pk))

    def _review(self, request: HttpRequest, object_id: str) -> MappingReview | None:
        if not request.user.has_perm(DECIDE_REVIEWS):
            raise PermissionDenied
        review: MappingReview | None = self.get_object(request, object_id)
        return review

    def _unknown(self, request: HttpRequest, object_id: str) -> HttpResponse:
        response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return response

    def _queue(self, request: HttpRequest) -> QuerySet[MappingReview]:
        rows = self.get_queryset(request).filter(status=ReviewStatus.OPEN).annotate(place=_CUSTOMER_FIRST)
        return rows.order_by("opened_at", "place", "pk")


def in_short(review: MappingReview) -> str:
    """What came in, in a line: a name, an address, whatever there is."""
    given = review.incoming.get(review.entity_type, {})
    said = [row.sent for row in compare(review.entity_type, given, {}) if row.sent]
    return ", ".join(said[:3]) or review.external_id


def _decide(review: MappingReview, request: HttpRequest) -> str:
    """Do what was chosen.

    Returns:
        What it did, in a sentence.

    Raises:
        DecisionRefused: it cannot be done; the message says why.
    """
    note = request.POST.get("note", "").strip()
    action = request.POST.get("action", "")
    what = {"what": in_short(review)}
    if action == "create":
        changed = create_from_review(review, by=staff_of(request), note=note)
        return _("%(what)s is in the registry.") % what + _links(changed)
    if action == "dismiss":
        changed = dismiss_review(review, by=staff_of(request), note=note)
        return _("%(what)s stays unlinked, and is not asked about again.") % what + _links(changed)
    chosen = request.POST.get("record", "")
    record = linkable(review).filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else None
    if action != "link" or record is None:
        raise DecisionRefused(_("There is no such record."))
    changed = link_review(review, record_id=record.pk, by=staff_of(request), note=note)
    return _("%(what)s is linked to %(record)s.") % {**what, "record": record} + _links(changed)


def _links(changed: int) -> str:
    if not changed:
        return ""
    return " " + ngettext("%(n)d target follows.", "%(n)d targets follow.", changed) % {"n": changed}


def _last_decision(request: HttpRequest) -> dict[str, Any]:
    """The decision that was just made, shown once, with the way to undo it."""
    return {"last_decision": request.session.pop(LAST_DECISION, None)}


def _next_of(queue: QuerySet[MappingReview], review: MappingReview) -> int | None:
    """The question after this one in the queue; after the last, the first."""
    ids = queue.exclude(pk=review.pk).values_list("pk", flat=True)
    place = {EntityType.CUSTOMER: 0, EntityType.LOCATION: 1}.get(EntityType(review.entity_type), 2)
    later = ids.filter(
        Q(opened_at__gt=review.opened_at)
        | Q(opened_at=review.opened_at, place__gt=place)
        | Q(opened_at=review.opened_at, place=place, pk__gt=review.pk)
    )
    following: int | None = later.first() or ids.first()
    return following


def _page_of(review_id: int) -> str:
    return reverse("admin:customers_mappingreview_change", args=[review_id])
