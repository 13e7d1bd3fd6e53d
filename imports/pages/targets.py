"""Targets in the admin: their present state, and how they came to it."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from customers.models import MappingReview, Priority
from imports import life
from imports.models import ImportItem, Target
from imports.pages import events_of
from imports.pages.decisions_about import Decided, decisions_about
from imports.pages.items import MATCHED_BY, shown
from imports.pages.outcomes import code, state
from imports.pages.registry_records import link_of
from imports.pages.senders_of import targets_sent_with
from ordinavo_connect.clients.admin_base import of_tenant, tenant_of
from ordinavo_connect.clients.admin_lists import moment
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages

# The newest imports of a target that its time line shows.
MOST_IMPORTS = 50
# Characters of what somebody wrote; all of it stands where it was written.
MOST_DETAIL = 300


class OfReview(DropdownFilter):
    """`?review=`: the targets that a review is about. It comes from there and is no choice of its own."""

    title = gettext_lazy("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        review = self._review(request)
        return [(str(review.pk), str(review))] if review else []

    def has_output(self) -> bool:
        return self.parameter_name in self.used_parameters

    def queryset(self, request: HttpRequest, queryset: QuerySet[Target]) -> QuerySet[Target]:
        if self.value() is None:
            return queryset
        review = self._review(request)
        return targets_sent_with(review, queryset) if review else queryset.none()

    def _review(self, request: HttpRequest) -> MappingReview | None:
        number = request.GET.get(self.parameter_name, "")
        if not (number.isdecimal() and len(number) < 19):
            return None
        return of_tenant(MappingReview.objects.filter(pk=number), tenant_of(request)).first()


class TargetPages(ReadOnlyPages):
    list_display = (
        "external",
        "title",
        "status_shown",
        "customer_shown",
        "location_shown",
        "mapping_shown",
        "updated",
    )
    list_display_links = ("external", "title")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("mapping_status", ChoicesDropdownFilter),
        ("updated_at", MomentRangeFilter),
        OfReview,
    )
    list_select_related = ("customer", "location")
    search_fields = ("external_id",)
    search_help_text = gettext_lazy("External ID, or how it begins")
    ordering = ("-id",)
    page_template = "admin/imports/target.html"
    empty_template = "admin/imports/no_jobs.html"
    export_columns = (
        *(("id", "id"), ("sourceSystem", "source_system"), ("externalId", "external_id"), ("title", "title")),
        *(
            ("status", "status"),
            ("priority", "priority"),
            ("workMinutes", "work_minutes"),
            ("dueDate", "due_date"),
        ),
        *(("customerNumber", "customer__number"), ("customer", "customer__name"), ("city", "location__city")),
        *(("mappingStatus", "mapping_status"), ("updatedAt", "updated_at")),
    )

    @display(description=gettext_lazy("external ID"), ordering="external_id")
    def external(self, target: Target) -> SafeString | str:
        return code(target.external_id)

    @display(description=gettext_lazy("status"))
    def status_shown(self, target: Target) -> SafeString | str:
        return state(target.status, target.get_status_display())

    @display(description=gettext_lazy("customer"))
    def customer_shown(self, target: Target) -> str:
        return str(target.customer or "–")

    @display(description=gettext_lazy("location"))
    def location_shown(self, target: Target) -> str:
        return str(target.location or "–")

    @display(description=gettext_lazy("mapping"))
    def mapping_shown(self, target: Target) -> SafeString | str:
        return state(target.mapping_status, target.get_mapping_status_display())

    @display(description=gettext_lazy("updated"), ordering="updated_at")
    def updated(self, target: Target) -> SafeString | str:
        return moment(target.updated_at)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Target], search_term: str
    ) -> tuple[QuerySet[Target], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id__startswith=term) if term else queryset), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Target]:
        return (
            super()
            .get_queryset(request)
            .select_related("customer", "location", "contact", "client", "tenant")
        )

    def story(self, request: HttpRequest, obj: Target) -> dict[str, Any]:
        decisions = decisions_about(obj)
        return {
            "title": f"{obj.title} · {obj.external_id}",
            "target": obj,
            "state": state(obj.status, obj.get_status_display()),
            "mapping_state": state(obj.mapping_status, obj.get_mapping_status_display()),
            "priority": Priority(obj.effective_priority).label,
            "work_minutes": obj.effective_work_minutes,
            "links": [_link(obj, entity, decisions) for entity in ("customer", "location", "contact")],
            "warnings": obj.mapping.get("warnings", []),
            "updated": moment(obj.updated_at),
            "due": moment(obj.due_at) if obj.due_at else obj.due_date,
            "window": _window(obj),
            "fields": [(name, shown(value)) for name, value in obj.custom_fields.items()],
            "story_line": _story_line(request, obj, decisions),
        }


def _link(target: Target, entity: str, decisions: list[Decided]) -> dict[str, Any]:
    labels = {"customer": _("Customer"), "location": _("Location"), "contact": _("Contact")}
    record = getattr(target, entity)
    part = target.mapping.get(entity) or {}
    rests_on = (one for one in decisions if record and (one.entity, one.record) == (entity, record.pk))
    decision = next(rests_on, None)
    return {
        "label": labels[entity],
        "name": str(record) if record else "",
        "link": link_of(entity, record.pk) if record else "",
        "matched_by": MATCHED_BY.get(part.get("matchedBy") or "", ""),
        "rule": part.get("rule", ""),
        "decision": _shown(decision) if decision else None,
    }


def _shown(decision: Decided) -> dict[str, Any]:
    return {"who": decision.who, "when": moment(decision.at), "link": decision.link}


def _window(target: Target) -> str:
    start, end = (shown(at.isoformat()) if at else "" for at in (target.window_start, target.window_end))
    return f"{start} – {end}" if start or end else ""


def _story_line(request: HttpRequest, target: Target, decisions: list[Decided]) -> list[dict[str, Any]]:
    """Imports, decisions, what apps above know, and events of a target: the newest first."""
    imports = ImportItem.objects.filter(
        tenant_id=target.tenant_id, external_id=target.external_id, job__source_system=target.source_system
    ).select_related("job__client")
    entries: list[tuple[datetime, int, dict[str, Any]]] = [
        (item.job.created_at, 0, _import_entry(item))
        for item in reversed(imports.order_by("-pk")[:MOST_IMPORTS])
    ]
    entries += [(decision.at, 1, _decision_entry(decision)) for decision in decisions]
    entries += [(entry.at, 1, _life_entry(entry)) for entry in life.of(request, target)]
    entries += [
        (event.at, 2, _event_entry(event))
        for event in events_of.of_target(tenant_id=target.tenant_id, target_id=target.pk)
    ]
    # What happened at the same moment stands in the order of cause; then all of it is turned around.
    entries.sort(key=lambda entry: entry[:2])
    return [entry for _at, _rank, entry in reversed(entries)]


def _life_entry(entry: life.Entry) -> dict[str, Any]:
    by = _("by %(who)s") % {"who": entry.who} if entry.who else ""
    return {
        "icon": entry.icon,
        "text": entry.text,
        "detail": " · ".join(filter(None, (by, Truncator(entry.detail).chars(MOST_DETAIL)))),
        "link": entry.link,
        "state": entry.state,
        "when": moment(entry.at),
    }


def _event_entry(event: events_of.Told) -> dict[str, Any]:
    return {
        "icon": "bolt",
        "text": event.type,
        "is_code": True,
        "event": event.event_id,
        "when": event.shown,
    }


def _decision_entry(decision: Decided) -> dict[str, Any]:
    by = _("by %(who)s") % {"who": decision.who} if decision.who else ""
    return {
        "icon": "rule",
        "text": decision.text,
        "detail": " · ".join(filter(None, (by, decision.note))),
        "review_link": decision.link,
        "when": moment(decision.at),
    }


def _import_entry(item: ImportItem) -> dict[str, Any]:
    changed = ", ".join(item.changes or {})
    return {
        "icon": "move_to_inbox",
        "state": state(item.status, item.get_status_display()),
        "text": _("Import job #%(id)d of %(client)s") % {"id": item.job_id, "client": item.job.client.name},
        "detail": item.error_message or (_("Changed: %(fields)s") % {"fields": changed} if changed else ""),
        "link": reverse("admin:imports_importitem_change", args=[item.pk]),
        "when": moment(item.job.created_at),
    }
