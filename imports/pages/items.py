"""Import items in the admin: what was received, what was decided, and what came of it."""

import json
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, FieldTextFilter
from unfold.decorators import display

from customers.matching.context import Key
from customers.models import EntityType, MappingReview, ReviewStatus
from imports.mapping import ENTITIES
from imports.models import ImportItem, ItemStatus
from imports.pages import events_of
from imports.pages.outcomes import code, state
from imports.pages.received import pretty
from imports.pages.registry_records import Named, named_records
from ordinavo_connect.clients.admin_lists import link_to, moment
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages

# Imports of the same external ID that the strip shows, before and after the one at hand.
NEIGHBOURS = 6

MATCHED_BY = {
    "externalId": gettext_lazy("by external ID"),
    "customerNumber": gettext_lazy("by customer number"),
    "address": gettext_lazy("by address"),
    "email": gettext_lazy("by e-mail"),
    "location": gettext_lazy("by a known location"),
    "nameAndAddress": gettext_lazy("by name and address"),
    "manual": gettext_lazy("decided by staff"),
    "created": gettext_lazy("created by this import"),
}


class ImportItemPages(ReadOnlyPages):
    list_display = ("external", "job_link", "when", "title", "status_shown", "mapping_shown", "why")
    list_display_links = ("external",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("mapping_status", ChoicesDropdownFilter),
        ("error_code", FieldTextFilter),
        ("job__created_at", MomentRangeFilter),
    )
    list_select_related = ("job", "target")
    search_fields = ("external_id",)
    search_help_text = gettext_lazy("External ID, exactly")
    ordering = ("-id",)
    page_template = "admin/imports/item.html"
    empty_template = "admin/imports/no_jobs.html"
    export_columns = (
        *(("id", "id"), ("importJobId", "job_id"), ("receivedAt", "job__created_at"), ("index", "index")),
        *(("externalId", "external_id"), ("operation", "operation"), ("status", "status")),
        *(("targetId", "target_id"), ("mappingStatus", "mapping_status"), ("warnings", "warning_codes")),
        *(("errorCode", "error_code"), ("errorMessage", "error_message")),
    )

    @display(description=gettext_lazy("external ID"))
    def external(self, item: ImportItem) -> SafeString | str:
        return code(item.external_id or _("(none)"))

    @display(description=gettext_lazy("import job"))
    def job_link(self, item: ImportItem) -> SafeString | str:
        return link_to(item.job, reverse("admin:imports_importjob_change", args=[item.job_id]))

    @display(description=gettext_lazy("when"), ordering="id")
    def when(self, item: ImportItem) -> SafeString | str:
        return moment(item.job.created_at)

    @display(description=gettext_lazy("title"))
    def title(self, item: ImportItem) -> str:
        return title_of(item)

    @display(description=gettext_lazy("outcome"))
    def status_shown(self, item: ImportItem) -> SafeString | str:
        return state(item.status, item.get_status_display())

    @display(description=gettext_lazy("mapping"))
    def mapping_shown(self, item: ImportItem) -> SafeString | str:
        return state(item.mapping_status, item.get_mapping_status_display())

    @display(description=gettext_lazy("error and warnings"))
    def why(self, item: ImportItem) -> str:
        return item.error_message or ", ".join(item.warning_codes) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ImportItem], search_term: str
    ) -> tuple[QuerySet[ImportItem], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id=term) if term else queryset), False

    def story(self, request: HttpRequest, obj: ImportItem) -> dict[str, Any]:
        mapping = obj.mapping or {}
        changes = obj.changes or {}
        records = named_records(_records_of(mapping, changes), tenant_id=obj.tenant_id)
        return {
            "title": f"{title_of(obj)} · {obj.external_id}".strip(" ·") or _("Item without an external ID"),
            "item": obj,
            "job": obj.job,
            "when": moment(obj.job.created_at),
            "state": state(obj.status, obj.get_status_display()),
            "mapping_state": state(obj.mapping_status, obj.get_mapping_status_display()),
            "neighbours": _neighbours(obj),
            "received": pretty(obj.received),
            "decided": _decided(obj, records, _open_reviews(obj)),
            "target": _target(obj),
            "changes": [_change(name, pair, records) for name, pair in changes.items()],
            "was_new": obj.status == ItemStatus.IMPORTED,
            "warnings": obj.all_warnings,
            "events": events_of.of_item(obj, obj.job),
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportItem]:
        return super().get_queryset(request).select_related("job__client", "target")


def title_of(item: ImportItem) -> str:
    """The title of the target; of one that is none, the one that was sent."""
    if item.target is not None:
        return item.target.title
    sent = item.received.get("title") if isinstance(item.received, dict) else ""
    return sent if isinstance(sent, str) else ""


def _records_of(mapping: dict[str, Any], changes: dict[str, Any]) -> list[tuple[str, int | None]]:
    wanted: list[tuple[str, int | None]] = []
    for entity in ENTITIES:
        part = mapping.get(entity) or {}
        wanted += [
            (entity, part.get("id")),
            *((entity, record_id) for record_id in part.get("candidates", ())),
        ]
        wanted += [(entity, record_id) for record_id in changes.get(entity, ())]
    return wanted


def _decided(
    item: ImportItem, records: dict[tuple[str, int], Named], reviews: dict[str, int]
) -> list[dict[str, Any]]:
    """What was decided of each entity that was given, and why."""
    decided = []
    for entity in ENTITIES:
        part = (item.mapping or {}).get(entity)
        if part is None:
            continue
        kind, _colon, value = part["key"].partition(":")
        others = [i for i in part["candidates"] if i != part["id"]]
        decided.append(
            {
                "entity": EntityType(entity).label,
                "external_id": value if kind == "id" else "",
                "by_hash": kind == "hash",
                "record": records.get((entity, part["id"])),
                "is_gone": part["id"] is not None and (entity, part["id"]) not in records,
                "matched_by": MATCHED_BY.get(part["matchedBy"], ""),
                "kind": state(part["kind"] or "", part["kind"] or ""),
                "rule": part["rule"],
                "near": [records[entity, i] for i in others if (entity, i) in records],
                "review": reviews.get(entity),
            }
        )
    return decided


def _open_reviews(item: ImportItem) -> dict[str, int]:
    """The open question about each entity of an item, by entity."""
    wanted = Q()
    for entity in ENTITIES:
        key = ((item.mapping or {}).get(entity) or {}).get("key") or ""
        if key:
            kind, _colon, value = key.partition(":")
            asked = Key(entity, kind, value)
            wanted |= Q(entity_type=asked.entity, key_kind=asked.kind, external_id=asked.value)
    if not wanted:
        return {}
    rows = MappingReview.objects.filter(
        wanted, tenant_id=item.tenant_id, source_system=item.job.source_system, status=ReviewStatus.OPEN
    )
    return dict(rows.values_list("entity_type", "pk"))


def _target(item: ImportItem) -> dict[str, Any] | None:
    if item.target is None:
        return None
    return {
        "title": item.target.title,
        "external_id": item.target.external_id,
        "state": state(item.target.status, item.target.get_status_display()),
        "link": reverse("admin:imports_target_change", args=[item.target_id]),
    }


def _change(name: str, pair: list[Any], records: dict[tuple[str, int], Named]) -> dict[str, Any]:
    old, new = pair
    if name in ENTITIES:
        return {
            "name": name,
            "old": _record_name(name, old, records),
            "new": _record_name(name, new, records),
        }
    return {"name": name, "old": shown(old), "new": shown(new)}


def _record_name(entity: str, record_id: int | None, records: dict[tuple[str, int], Named]) -> str:
    if record_id is None:
        return ""
    named = records.get((entity, record_id))
    return named.name if named else f"#{record_id}"


def shown(value: Any) -> str:
    """A value of a change as people read it: times in the tenant's zone, the rest as it is."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return _local(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)


def _local(text: str) -> str:
    """A time of the log in the tenant's zone; any other text as it is."""
    if len(text) < len("2026-07-01T08:00Z") or text[4:5] != "-" or text[10:11] != "T":
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return date_format(timezone.localtime(at), "Y-m-d H:i") if at.tzinfo else text


def _neighbours(item: ImportItem) -> list[dict[str, Any]]:
    """Earlier and later imports of the same external ID of the same source system, the oldest first."""
    if not item.external_id:
        return []
    same = ImportItem.objects.filter(
        tenant_id=item.tenant_id, external_id=item.external_id, job__source_system=item.job.source_system
    ).select_related("job")
    earlier = list(same.filter(pk__lt=item.pk).order_by("-pk")[:NEIGHBOURS])
    later = list(same.filter(pk__gt=item.pk).order_by("pk")[:NEIGHBOURS])
    if not earlier and not later:
        return []
    return [
        {
            "link": reverse("admin:imports_importitem_change", args=[row.pk]),
            "job": row.job_id,
            "when": moment(row.job.created_at),
            "state": state(row.status, row.get_status_display()),
            "is_this": row.pk == item.pk,
        }
        for row in [*reversed(earlier), item, *later]
    ]
