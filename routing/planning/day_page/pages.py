"""The planning page: a day, its suggestions, and the plan that is looked at."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ordinavo_connect.clients.admin_base import TenantAdmin, of_tenant, tenant_of
from ordinavo_connect.clients.admin_lists import staff_of
from ordinavo_connect.clients.models import Tenant
from routing.planning import requests
from routing.planning.consequences import offers_for
from routing.planning.day_page import answers, asking, day_story
from routing.planning.day_page.map_tiles import allow_tiles, tiles
from routing.planning.day_page.offer_shape import offers_shape
from routing.planning.day_page.plan_shape import plan_shape
from routing.planning.day_page.published_shape import published_on, published_shape
from routing.planning.day_page.undo import Undo
from routing.planning.day_page.words import words
from routing.planning.discarding import discard_suggestion
from routing.planning.draft import Draft, Judged, lay_out
from routing.planning.editing import change_draft, solve_draft_again
from routing.planning.employees import today
from routing.planning.models import RouteSuggestion, SuggestionStatus
from routing.planning.publishing import publish_suggestion
from routing.planning.refusals import Refused

SEES = "planning.view_routesuggestion"
ASKS = "planning.add_routesuggestion"
CHANGES = "planning.change_routesuggestion"

# Of days that can be looked at: what lies beyond is a slip, and the calendar ends somewhere.
YEARS = range(2000, 2200)

# Digits of an id; Python refuses to read thousands of them.
LONGEST_ID = 18

View = Callable[..., HttpResponse]


class SuggestionPages(TenantAdmin):
    """Suggestions have no list and no form: all of them is the page of their day."""

    search_fields = ("id",)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: View, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"planning_{name}")

        return [
            page("day/", require_GET(self.day_view), "day"),
            page("day/ask/", require_POST(self.ask_view), "ask"),
            page("<int:pk>/plan/", require_GET(self.plan_view), "plan"),
            page("<int:pk>/progress/", require_GET(self.progress_view), "progress"),
            page("<int:pk>/places/", require_GET(self.places_view), "places"),
            page("<int:pk>/edit/", require_POST(self.edit_view), "edit"),
            page("<int:pk>/again/", require_POST(self.again_view), "again"),
            page("<int:pk>/stop/", require_POST(self.stop_view), "stop"),
            page("<int:pk>/discard/", require_POST(self.discard_view), "discard"),
            page("<int:pk>/publish/", require_POST(self.publish_view), "publish"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        _require(request, SEES)
        return redirect("admin:planning_day")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Where the log of the admin, and whoever knows the number, leads to."""
        _require(request, SEES)
        row = self.get_object(request, object_id)
        if row is None:
            unknown: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return unknown
        return redirect(_page_of(row))

    def day_view(self, request: HttpRequest) -> HttpResponse:
        _require(request, SEES)
        tenant = _tenant(request)
        asked = request.GET.get("suggestion", "")
        chosen = _suggestion(request, int(asked)) if asked.isdecimal() and len(asked) < 19 else None
        day = chosen.date if chosen else _date(request, tenant)
        context = {**self.admin_site.each_context(request), **_story(request, tenant, day, chosen)}
        response = TemplateResponse(request, "admin/planning/day.html", context)
        allow_tiles(response)
        return response

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a plan of a day."""
        _require(request, ASKS)
        tenant = _tenant(request)
        day = _date(request, tenant)
        try:
            asking.ask(tenant, request.POST, day=day, by=staff_of(request), now=timezone.now())
        except asking.CannotAsk as error:
            messages.error(request, str(error))
        return redirect(_page_of_day(day))

    def plan_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The plan as it is now, for a page that shows an older one."""
        _require(request, SEES)
        suggestion = _suggestion(request, pk)
        if suggestion.status != SuggestionStatus.DRAFT:
            return JsonResponse({"isEditable": False})
        return JsonResponse(_draft_shape(request, suggestion))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        _require(request, SEES)
        return JsonResponse(day_story.progress_of(_suggestion(request, pk)))

    def places_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Where a target may go, and what each place costs and breaks."""
        _require(request, CHANGES)
        suggestion = _suggestion(request, pk)
        draft = lay_out(suggestion)
        target = request.GET.get("target", "")
        if not target.isdecimal() or len(target) > LONGEST_ID or int(target) not in draft.targets:
            return answers.fault("no_such_target", _("This target is not part of the plan."), status=404)
        return JsonResponse(offers_shape(draft, offers_for(draft, int(target))))

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a change, or say what it would break."""
        _require(request, CHANGES)
        suggestion = _suggestion(request, pk)
        undo = Undo(request, suggestion.pk)
        try:
            asked = answers.asked_change(request.body, undo=undo)
            outcome = change_draft(
                suggestion,
                asked.change,
                version=asked.version,
                by=staff_of(request),
                now=timezone.now(),
                insist=asked.insist,
            )
        except answers.BadRequest as error:
            return answers.fault("bad_request", str(error), status=400)
        except Refused as refused:
            return answers.fault(refused.code, refused.message, status=409)
        if not outcome.is_applied:
            return JsonResponse(answers.proposal(outcome))
        if asked.change.kind == "restore":
            undo.taken_back(outcome.version)
        else:
            undo.remember(outcome.draft.arrangement, what=outcome.what, version=outcome.version)
        shape = _shape(request, outcome.draft, outcome.judged, version=outcome.version, is_stale=False)
        return JsonResponse(answers.applied(outcome, shape))

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the rest planned again around what is pinned."""
        _require(request, CHANGES)
        suggestion = _suggestion(request, pk)
        version = _version(request)
        undo = Undo(request, suggestion.pk)
        before = lay_out(suggestion).arrangement
        try:
            solve_draft_again(suggestion, version=version, by=staff_of(request), now=timezone.now())
        except Refused as refused:
            _say(request, refused)
        else:
            # The worker's plan will be the next version.
            undo.remember(before, what=_("planned again"), version=version + 1)
        return redirect(_page_of(suggestion))

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The best plan found so far becomes the draft."""
        _require(request, CHANGES)
        suggestion = _suggestion(request, pk)
        if not requests.stop_solving(suggestion):
            messages.info(request, _("The plan was ready already."))
        return redirect(_page_of(suggestion))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        _require(request, CHANGES)
        suggestion = _suggestion(request, pk)
        try:
            discard_suggestion(suggestion, now=timezone.now())
        except Refused as refused:
            _say(request, refused)
            return redirect(_page_of(suggestion))
        self.log_change(request, suggestion, "Discarded.")
        messages.success(request, _("The plan is discarded. Its targets stay open."))
        return redirect(_page_of_day(suggestion.date))

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Routes and appointments of the draft."""
        _require(request, CHANGES)
        suggestion = _suggestion(request, pk)
        try:
            routes = publish_suggestion(
                suggestion, version=_version(request), by=staff_of(request), now=timezone.now()
            )
        except Refused as refused:
            _say(request, refused)
            return redirect(_page_of(suggestion))
        names = ", ".join(str(route.employee) for route in routes)
        messages.success(request, _("Published, with appointments for %(names)s.") % {"names": names})
        return redirect(_page_of(suggestion))


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _tenant(request: HttpRequest) -> Tenant:
    tenant = tenant_of(request)
    if tenant is None:
        raise PermissionDenied
    return tenant


def _suggestion(request: HttpRequest, pk: int) -> RouteSuggestion:
    """Raises: Http404 where the tenant has no such suggestion."""
    rows = of_tenant(RouteSuggestion.objects.all(), tenant_of(request)).select_related("tenant")
    row: RouteSuggestion | None = rows.filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404(_("There is no such plan."))
    return row


def _date(request: HttpRequest, tenant: Tenant) -> date:
    """The day that the address names, else today."""
    given = request.POST.get("date") or request.GET.get("date", "")
    try:
        day = date.fromisoformat(given)
    except ValueError:
        day = None
    return day if day and day.year in YEARS else today(tenant, now=timezone.now())


def _version(request: HttpRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def _page_of(suggestion: RouteSuggestion) -> str:
    return f"{reverse('admin:planning_day')}?date={suggestion.date.isoformat()}&suggestion={suggestion.pk}"


def _page_of_day(day: date) -> str:
    return f"{reverse('admin:planning_day')}?date={day.isoformat()}"


def _say(request: HttpRequest, refused: Refused) -> None:
    details = [detail for detail in refused.details if detail not in refused.message]
    messages.error(request, " ".join([refused.message, *details]))


def _may_open(request: HttpRequest) -> bool:
    return request.user.has_perm("imports.view_target") and request.user.has_perm("planning.view_appointment")


def _draft_shape(request: HttpRequest, suggestion: RouteSuggestion) -> dict[str, Any]:
    draft = lay_out(suggestion)
    is_stale = draft.is_out_of_date
    return _shape(request, draft, draft.now, version=suggestion.version, is_stale=is_stale)


def _shape(
    request: HttpRequest, draft: Draft, judged: Judged, *, version: int, is_stale: bool
) -> dict[str, Any]:
    return plan_shape(
        draft,
        judged,
        version=version,
        undo=Undo(request, draft.suggestion.pk).last(version),
        is_stale=is_stale,
        may_edit=request.user.has_perm(CHANGES),
        may_open=_may_open(request),
    )


def _story(request: HttpRequest, tenant: Tenant, day: date, chosen: RouteSuggestion | None) -> dict[str, Any]:
    """What the page of a day shows."""
    suggestions = day_story.suggestions_of(tenant, day)
    shown = chosen or day_story.first_of(suggestions)
    status = shown.status if shown else ""
    published = published_on(tenant, day)
    plan = None
    if shown and status == SuggestionStatus.DRAFT:
        plan = _draft_shape(request, shown)
    elif published and (shown is None or status == SuggestionStatus.PUBLISHED):
        plan = published_shape(tenant, day, published, may_open=_may_open(request))
    return {
        "title": _("Planning"),
        "day": day_story.Day(day, today(tenant, now=timezone.now())),
        "suggestions": [day_story.entry_of(row) for row in suggestions],
        "shown": shown,
        "status": status,
        "is_draft": status == SuggestionStatus.DRAFT,
        "progress": day_story.progress_of(shown) if shown and status in day_story.RUNNING else None,
        "plan": plan,
        "published": len(published),
        "words": words(),
        "tiles": tiles(),
        "may_plan": request.user.has_perm(CHANGES) and request.user.has_perm(ASKS),
        **_choices(request, tenant, day),
    }


def _choices(request: HttpRequest, tenant: Tenant, day: date) -> dict[str, Sequence[Any] | Any]:
    """What a new plan may be made of."""
    targets = day_story.open_targets(tenant, day)
    return {
        "open_count": len(targets),
        "open_targets": targets[: day_story.MOST_CHOICES],
        "undated": day_story.undated_targets(tenant),
        "next_day": None if targets else day_story.next_day(tenant, day),
        "people": day_story.people_of(tenant, day),
        "time_limits": asking.TIME_LIMITS,
        "default_limit": requests.DEFAULT_SECONDS,
        "given_job": asking.given_job(request.GET),
    }


admin.site.register(RouteSuggestion, SuggestionPages)
