"""Pages about what a log holds: it is read, never edited, so each row has a page of its own instead of a form."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ordinavo_connect.clients.admin_lists import ListPages


@dataclass(frozen=True)
class Titled:
    """A row as the heading of its page names it: what it is about, before any number."""

    row: Any
    title: str

    @property
    def pk(self) -> Any:
        return self.row.pk

    @property
    def _meta(self) -> Any:
        return self.row._meta

    def __str__(self) -> str:
        return self.title


class ReadOnlyPages(ListPages):
    """A list, and a page of each row.

    Attributes:
        page_template: of a row's page; `story` gives it its data.
    """

    page_template = ""

    def story(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the page of a row shows, as plain data; its `title` at least."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            unknown: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return unknown
        story = self.story(request, row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": Titled(row, story["title"]),
            **story,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.page_template, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
