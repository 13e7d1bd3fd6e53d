"""Import jobs in the admin: who asked, when, what became of it, and its items."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from imports.models import ImportItem, ImportJob, ItemStatus, MappingStatus
from imports.pages.outcomes import code, outcomes_of, segments, small_bar, state
from ordinavo_connect.clients.admin_base import tenant_of
from ordinavo_connect.clients.admin_lists import moment
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages

ITEMS_A_PAGE = 50
# A job has a handful of kinds of warning; this bounds what a strange one shows.
MOST_WARNINGS = 20
# Jobs that a search for an external ID finds, the newest.
MOST_FOUND = 1_000


class ImportJobPages(ReadOnlyPages):
    list_display = ("number", "when", "client_name", "batch", "status_shown", "outcome", "correlation")
    list_display_links = ("number",)
    list_filter = (("status", ChoicesDropdownFilter), "client", ("created_at", MomentRangeFilter))
    list_select_related = ("client",)
    search_fields = ("batch_id",)
    search_help_text = gettext_lazy("External ID of a job, batch ID or correlation ID")
    ordering = ("-created_at", "-id")
    page_template = "admin/imports/job.html"
    empty_template = "admin/imports/no_jobs.html"
    export_columns = (
        *(
            ("id", "id"),
            ("createdAt", "created_at"),
            ("completedAt", "completed_at"),
            ("client", "client__name"),
        ),
        *(("sourceSystem", "source_system"), ("batchId", "batch_id"), ("status", "status")),
        *(
            ("totalItems", "total_items"),
            ("createdItems", "created_items"),
            ("updatedItems", "updated_items"),
        ),
        *(("unchangedItems", "unchanged_items"), ("cancelledItems", "cancelled_items")),
        *(("rejectedItems", "rejected_items"), ("warningItems", "warning_items")),
        ("correlationId", "correlation_id"),
    )

    @display(description=gettext_lazy("job"), ordering="id")
    def number(self, job: ImportJob) -> str:
        return f"#{job.pk}"

    @display(description=gettext_lazy("when"), ordering="created_at")
    def when(self, job: ImportJob) -> SafeString | str:
        return moment(job.created_at)

    @display(description=gettext_lazy("client"))
    def client_name(self, job: ImportJob) -> str:
        return job.client.name

    @display(description=gettext_lazy("batch"))
    def batch(self, job: ImportJob) -> SafeString | str:
        return code(job.batch_id)

    @display(description=gettext_lazy("status"))
    def status_shown(self, job: ImportJob) -> SafeString | str:
        return state(job.status, job.get_status_display())

    @display(description=gettext_lazy("outcome"))
    def outcome(self, job: ImportJob) -> SafeString:
        return small_bar(job)

    @display(description=gettext_lazy("correlation ID"))
    def correlation(self, job: ImportJob) -> SafeString | str:
        return code(job.correlation_id)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ImportJob], search_term: str
    ) -> tuple[QuerySet[ImportJob], bool]:
        """Jobs of a batch ID, of a correlation ID, or with a target of an external ID: exact, so indexes answer."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith("#") and term[1:].isdecimal():
            return queryset.filter(pk=int(term[1:19])), False
        of_target = ImportItem.objects.filter(tenant=tenant_of(request), external_id=term).order_by("-pk")
        known = {*of_target.values_list("job_id", flat=True)[:MOST_FOUND]}
        return queryset.filter(Q(batch_id=term) | Q(correlation_id=term) | Q(pk__in=known)), False

    def story(self, request: HttpRequest, obj: ImportJob) -> dict[str, Any]:
        chosen = {name: request.GET.get(name, "") for name in ("status", "mappingStatus", "warning")}
        seconds = (obj.completed_at - obj.created_at).total_seconds() if obj.completed_at else None
        return {
            "title": f"#{obj.pk} {obj.batch_id}".strip(),
            "job": obj,
            "created": moment(obj.created_at),
            "seconds": seconds,
            "state": state(obj.status, obj.get_status_display()),
            "progress": 100 * obj.processed_items // (obj.total_items or 1),
            "bar": outcomes_of(obj, link=_address("status", chosen)),
            "mappings": _mappings(obj, chosen),
            "warnings": _warnings(obj, chosen),
            "chosen": chosen,
            "is_filtered": any(chosen.values()),
            "items": _items(obj, chosen, request.GET),
        }


def _address(name: str, chosen: dict[str, str]) -> str:
    """The address that adds a filter to those chosen, with `{}` for its value."""
    others = {other: value for other, value in chosen.items() if value and other != name}
    return f"?{urlencode(others)}&{name}={{}}" if others else f"?{name}={{}}"


def _mappings(job: ImportJob, chosen: dict[str, str]) -> list[Any]:
    rows = job.items.exclude(mapping_status="").values_list("mapping_status").annotate(Count("pk"))
    counts: dict[str, int] = dict(rows.order_by())
    return segments(
        [(choice, counts.get(choice.value, 0)) for choice in reversed(MappingStatus)],
        link=_address("mappingStatus", chosen),
    )


def _warnings(job: ImportJob, chosen: dict[str, str]) -> list[dict[str, Any]]:
    """The codes of warnings in a job, the most frequent first."""
    if not job.warning_items:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT code, count(*) FROM imports_importitem, unnest(warning_codes) AS code
            WHERE job_id = %s GROUP BY code ORDER BY 2 DESC, 1 LIMIT %s
            """,
            [job.pk, MOST_WARNINGS],
        )
        rows = cursor.fetchall()
    address = _address("warning", chosen)
    return [{"code": name, "count": count, "link": address.format(name)} for name, count in rows]


def _items(job: ImportJob, chosen: dict[str, str], query: QueryDict) -> dict[str, Any]:
    """A page of the job's items, filtered as the API filters them."""
    rows = job.items.order_by("index")
    if chosen["status"] in ItemStatus.values:
        rows = rows.filter(status=chosen["status"])
    if chosen["mappingStatus"] in MappingStatus.values:
        rows = rows.filter(mapping_status=chosen["mappingStatus"])
    if chosen["warning"]:
        rows = rows.filter(warning_codes__contains=[chosen["warning"][:64]])
    page: Page[ImportItem] = Paginator(rows.select_related("target"), ITEMS_A_PAGE).get_page(query.get("p"))
    kept = urlencode({name: value for name, value in chosen.items() if value})
    return {
        "rows": [_row(item) for item in page],
        "count": page.paginator.count,
        "number": page.number,
        "pages": page.paginator.num_pages,
        "previous": f"?{kept}&p={page.previous_page_number()}#items" if page.has_previous() else "",
        "next": f"?{kept}&p={page.next_page_number()}#items" if page.has_next() else "",
    }


def _row(item: ImportItem) -> dict[str, Any]:
    sent = item.received.get("title") if isinstance(item.received, dict) else ""
    return {
        "id": item.pk,
        "index": item.index,
        "external_id": item.external_id,
        "title": item.target.title if item.target else sent if isinstance(sent, str) else "",
        "operation": item.operation,
        "state": state(item.status, item.get_status_display()),
        "mapping": state(item.mapping_status, item.get_mapping_status_display()),
        "error": item.error_message,
        "warnings": item.warning_codes,
    }
