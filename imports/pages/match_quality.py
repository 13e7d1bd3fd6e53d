"""The page that says how well names are matched, and tries other thresholds on past imports. Nothing is changed."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from customers.models import EntityType
from imports.match_quality.cases import SAMPLE, cases_of, thresholds_of
from imports.match_quality.judging import Outcome, Surprise, Thresholds
from imports.match_quality.report import Report, report_of
from imports.match_quality.wording import effect, said, share
from imports.pages.decisions_about import page_of
from imports.pages.registry_records import Named, named_records
from ordinavo_connect.clients.admin_base import tenant_of
from ordinavo_connect.clients.models import IntegrationClient, Tenant

SEES = "customers.view_mappingreview"
# Cases that the page names; whoever wants all of them takes the command.
MOST_SHOWN = 50


class ThresholdForm(forms.Form):
    """What is to be tried."""

    client = forms.ModelChoiceField(
        IntegrationClient.objects.none(),
        required=False,
        label=gettext_lazy("Client"),
        empty_label=gettext_lazy("All clients"),
    )
    link = forms.FloatField(min_value=0, max_value=1, required=False, label=gettext_lazy("Link threshold"))
    review = forms.FloatField(
        min_value=0, max_value=1, required=False, label=gettext_lazy("Review threshold")
    )
    margin = forms.FloatField(min_value=0, max_value=1, required=False, label=gettext_lazy("Margin"))

    def __init__(self, tenant: Tenant, data: Any) -> None:
        super().__init__(data)
        self.fields["client"].queryset = IntegrationClient.objects.filter(  # type: ignore[attr-defined]
            tenant=tenant
        ).order_by("name")
        for name in ("link", "review", "margin"):
            self.fields[name].widget.attrs |= {"step": "0.01", "inputmode": "decimal"}

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        link, review = values.get("link"), values.get("review")
        if link is not None and review is not None and review > link:
            self.add_error(
                "review",
                _("The review threshold may not lie above the link threshold. Lower it, or raise that."),
            )
        return values


class MatchQualityPages:
    """Adds the page to those of the reviews."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_GET(self.match_quality_view))
        own = [path("match-quality/", view, name="customers_mappingreview_quality")]
        rest: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return own + rest

    def match_quality_view(self, request: HttpRequest) -> HttpResponse:
        tenant = tenant_of(request)
        if tenant is None or not request.user.has_perm(SEES):
            raise PermissionDenied
        form = ThresholdForm(tenant, request.GET)
        valid = form.is_valid()
        client = form.cleaned_data.get("client")
        report = report_of(cases_of(tenant, client), _asked(form, client) if valid else None)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Match quality"),
            "form": form,
            "present": _present(client),
            "sample": SAMPLE,
            **_shown(report, tenant),
        }
        return TemplateResponse(request, "admin/imports/match_quality.html", context)


def _asked(form: ThresholdForm, client: IntegrationClient | None) -> Thresholds | None:
    """What is to be tried; what was left blank is as the client has it, or as a new client would."""
    names = ("link", "review", "margin")
    given = [form.cleaned_data.get(name) for name in names]
    if all(value is None for value in given):
        return None
    present = _present(client)
    link, review, margin = (
        getattr(present, name) if value is None else value for name, value in zip(names, given, strict=True)
    )
    return Thresholds(link, min(review, link), margin)


def _present(client: IntegrationClient | None) -> Thresholds:
    return thresholds_of(client or IntegrationClient())


def _shown(report: Report, tenant: Tenant) -> dict[str, Any]:
    then = report.then
    lists = [report.now.otherwise, *([then.otherwise, then.new] if then else [])]
    records = _records([each for part in lists for each in part[:MOST_SHOWN]], tenant)
    return {
        "now": _outcome(report.now, report.now),
        "rows": [{"link": row.link, **_outcome(row.outcome, report.now)} for row in report.rows],
        "taken_back": _cases(report.now.otherwise, records),
        "asked": report.asked,
        "then": _outcome(then, report.now) if then else None,
        "effect": effect(report.now, then) if then else "",
        "otherwise": _cases(then.otherwise, records) if then else [],
        "new": _cases(then.new, records) if then else [],
        "most_shown": MOST_SHOWN,
    }


def _outcome(result: Outcome, now: Outcome) -> dict[str, Any]:
    return {
        "cases": result.cases,
        "links": result.links,
        "reviews": result.reviews,
        "fewer": now.reviews - result.reviews,
        "more": result.reviews - now.reviews,
        "otherwise": len(result.otherwise),
        "new": len(result.new),
        "unchecked": result.unchecked,
        "precision": share(result.precision),
        "recall": share(result.recall),
    }


def _records(surprises: list[Surprise], tenant: Tenant) -> dict[tuple[str, int], Named]:
    wanted = [(each.case.entity, each.record) for each in surprises]
    wanted += [(each.case.entity, each.case.truth.right or 0) for each in surprises]
    return named_records(wanted, tenant_id=tenant.pk)


def _cases(surprises: list[Surprise], records: dict[tuple[str, int], Named]) -> list[dict[str, Any]]:
    return [
        {
            "entity": EntityType(each.case.entity).label,
            "said": said(each.case),
            "key": f"{each.case.source_system}/{_name_of(each.case.key)}",
            "score": next(s.score for s in each.case.scored if s.id == each.record),
            "record": records.get((each.case.entity, each.record)),
            "decided": records.get((each.case.entity, each.case.truth.right or 0)),
            "link": _page(*each.case.place),
        }
        for each in surprises[:MOST_SHOWN]
    ]


def _name_of(key: str) -> str:
    kind, _colon, value = key.partition(":")
    return value if kind == "id" else _("no external ID")


def _page(kind: str, row_id: int) -> str:
    return page_of(row_id) if kind == "review" else reverse("admin:imports_importitem_change", args=[row_id])
