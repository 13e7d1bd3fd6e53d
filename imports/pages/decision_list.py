"""What staff decided, newest first: who, when, what, how many targets follow, and the way to take it back."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from customers.models import EntityType, KeyKind, MappingReview, ReviewStatus
from customers.reviews import DECIDED
from customers.search import spellings
from imports.pages.decisions_about import page_of, sentence_of, undoings
from imports.pages.outcomes import state
from imports.waiting import waiting_counts
from ordinavo_connect.clients.admin_base import of_tenant, tenant_of
from ordinavo_connect.clients.admin_lists import BoundedPaginator, moment
from ordinavo_connect.clients.models import Tenant, User
from ordinavo_connect.clients.roles import DECIDE_REVIEWS

SEES = "customers.view_mappingreview"
DECISIONS_A_PAGE = 50
SHOWN = (*DECIDED, ReviewStatus.UNDONE)


class DecisionFilter(forms.Form):
    """Which decisions are shown."""

    status = forms.ChoiceField(
        choices=[("", gettext_lazy("All")), *((s.value, s.label) for s in SHOWN)],
        required=False,
        label=gettext_lazy("What became of it"),
    )
    by = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=gettext_lazy("Who"),
        empty_label=gettext_lazy("Everybody"),
    )
    entity = forms.ChoiceField(
        choices=[("", gettext_lazy("All")), *EntityType.choices], required=False, label=gettext_lazy("Of")
    )
    q = forms.CharField(required=False, max_length=128, label=gettext_lazy("External ID"))

    def __init__(self, tenant: Tenant, data: Any) -> None:
        super().__init__(data)
        staff = of_tenant(User.objects.all(), tenant).order_by("username")
        self.fields["by"].queryset = staff  # type: ignore[attr-defined]

    def chosen(self, rows: QuerySet[MappingReview]) -> QuerySet[MappingReview]:
        """The rows that were asked for; a filter that does not fit shows none and says why."""
        if not self.is_valid():
            return rows.none()
        wanted = {
            "status": self.cleaned_data["status"],
            "decided_by": self.cleaned_data["by"],
            "entity_type": self.cleaned_data["entity"],
        }
        rows = rows.filter(**{name: value for name, value in wanted.items() if value})
        term = self.cleaned_data["q"].strip()
        return rows.filter(external_id__in=spellings(term)) if term else rows


class DecisionPages:
    """Adds the page to those of the reviews."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_GET(self.decisions_view))
        own = [path("decisions/", view, name="customers_mappingreview_decisions")]
        rest: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return own + rest

    def decisions_view(self, request: HttpRequest) -> HttpResponse:
        tenant = tenant_of(request)
        if tenant is None or not request.user.has_perm(SEES):
            raise PermissionDenied
        form = DecisionFilter(tenant, request.GET)
        decided = MappingReview.objects.filter(
            tenant=tenant, status__in=SHOWN, decided_at__isnull=False
        ).select_related("customer", "location__customer", "contact__customer", "decided_by")
        rows = form.chosen(decided).order_by("-decided_at", "-pk")
        page = BoundedPaginator(rows, DECISIONS_A_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decisions"),
            "form": form,
            "decisions": _told(list(page.object_list)),
            "page": page,
            "is_filtered": any(request.GET.get(name) for name in form.fields),
            "query": _without_page(request),
            "may_undo": request.user.has_perm(DECIDE_REVIEWS),
        }
        return TemplateResponse(request, "admin/imports/decisions.html", context)


def _told(reviews: Iterable[MappingReview]) -> list[dict[str, Any]]:
    """Decisions as plain data: three statements, whatever their number."""
    reviews = list(reviews)
    follow = waiting_counts(reviews)
    undone = undoings([review.pk for review in reviews if review.status == ReviewStatus.UNDONE])
    return [
        {
            "id": review.pk,
            "when": moment(review.decided_at),
            "who": review.decided_by.get_username() if review.decided_by else "",
            "what": sentence_of(review),
            "reference": _reference(review),
            "note": review.note,
            "state": state(review.status, review.get_status_display()),
            "targets": follow.get(review.pk, 0),
            "link": page_of(review.pk),
            "can_undo": review.status in DECIDED,
            "undone_by": undone[review.pk].user.get_username() if review.pk in undone else "",
        }
        for review in reviews
    ]


def _reference(review: MappingReview) -> str:
    value = review.external_id if review.key_kind == KeyKind.ID else _("no external ID")
    return f"{review.source_system}/{value}"


def _without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("p", None)
    return query.urlencode()
