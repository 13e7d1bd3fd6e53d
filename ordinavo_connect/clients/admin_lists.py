"""Long lists in the admin: paged without counting them to the end, exported as CSV, and never just blank."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ordinavo_connect.clients.admin_base import TenantAdmin
from ordinavo_connect.clients.models import User

# Counted so far and no further: nobody turns more pages, and a filter is quicker. Bounds the cost of a page.
MOST_COUNTED = 10_000
# What a spreadsheet reads as the start of a formula (OWASP, CSV injection), full-width forms too. A German one splits
# at semicolons whatever is quoted, so a cell may begin behind each; characters that are not seen may stand before.
_FORMULA = re.compile("(^|[;\\n])([\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@\\t\\r＝＋－＠])")
_EXPORT_CHUNK = 2_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages over at most `MOST_COUNTED` rows."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list[: MOST_COUNTED + 1]
        counted = rows.count() if isinstance(rows, QuerySet) else len(rows)
        self.is_cut_off = counted > MOST_COUNTED
        return min(counted, MOST_COUNTED)


class ListPages(TenantAdmin):
    """A list of a tenant's rows.

    Attributes:
        export_columns: the columns of the CSV, as (heading, attribute or `__` path); empty: no export.
        empty_template: what an empty list says: what this is, why it is empty, what to do next.
    """

    paginator = BoundedPaginator
    change_list_template = "admin/connect/change_list.html"
    export_columns: tuple[tuple[str, str], ...] = ()
    empty_template = ""

    class Media:
        css = {"all": ("ordinavo_connect/imports.css",)}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(self.export_view), name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The rows of the list, with its filters and its search, as CSV.

        A filter that does not fit leads to the list.
        """
        if not self.export_columns or not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            # As the list itself answers such a filter: it says so, and shows everything.
            return redirect(f"{address}?{ERROR_FLAG}=1")
        return csv_response(self.export_columns, rows, name=f"{self.opts.model_name}s.csv")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"has_export": bool(self.export_columns), "empty_template": self.empty_template}
        response: HttpResponse = super().changelist_view(request, extra | (extra_context or {}))
        return response

    def get_actions(self, request: HttpRequest) -> Any:
        # One at a time: each deletion asks first, and says what would go with it.
        return {
            name: action for name, action in super().get_actions(request).items() if name != "delete_selected"
        }


def csv_response(
    columns: Iterable[tuple[str, str]], rows: QuerySet[Any], *, name: str
) -> StreamingHttpResponse:
    """A CSV that is read as it is sent, so that its length costs no memory. Times are in UTC."""
    columns = list(columns)
    response = StreamingHttpResponse(_lines(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def safe_cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula: what could be one gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        value = ", ".join(str(part) for part in value)
    return _FORMULA.sub(r"\1'\2", value) if isinstance(value, str) else value


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(columns: list[tuple[str, str]], rows: QuerySet[Any]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # The byte order mark tells Excel that this is UTF-8.
    yield "\ufeff" + writer.writerow([str(heading) for heading, _ in columns])
    values = rows.values_list(*[source for _, source in columns])
    for row in values.iterator(chunk_size=_EXPORT_CHUNK):
        yield writer.writerow([safe_cell(value) for value in row])


def staff_of(request: HttpRequest) -> User:
    """Who acts: pages of the admin are open to those who are logged in only."""
    return cast(User, request.user)


def moment(value: datetime | None, blank: str = "–") -> SafeString | str:
    """A time: relative where fresh, exact on hover, in the zone of the tenant."""
    if value is None:
        return blank
    local = timezone.localtime(value)
    exact = date_format(local, "Y-m-d H:i:s T")
    is_fresh = abs(timezone.now() - value).days < 1
    shown = naturaltime(value) if is_fresh else date_format(local, "Y-m-d H:i")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, shown)


def link_to(record: Model | None, url: str, text: str = "") -> SafeString | str:
    """A record's name that leads to its page."""
    return format_html('<a class="oc-link" href="{}">{}</a>', url, text or str(record)) if record else "–"
