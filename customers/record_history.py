"""The history of a record, as people read it: when, who, why, and what changed from what to what."""

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import ExternalReference
from ordinavo_connect.clients.models import IntegrationClient

# The newest entries; a record has few, one that a source system writes again and again has many.
MOST_ENTRIES = 200
_VERBS = {
    "insert": gettext_lazy("created"),
    "update": gettext_lazy("changed"),
    "delete": gettext_lazy("deleted"),
}
_NOT_SHOWN = {"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "pgh_context_id"}
_COMPUTED = {"id", "tenant", "name_key", "address_key", "city_key", "email_key", "created_at", "updated_at"}


def record_history(record: Model) -> list[dict[str, Any]]:
    """Entries of a record and of the external IDs that lead to it, the newest first."""
    entries = _entries(record.events.order_by("-pgh_id")[: MOST_ENTRIES + 1])  # type: ignore[attr-defined]
    references: Any = ExternalReference.objects.filter(**{type(record).__name__.lower(): record})
    for reference in references.prefetch_related("events"):
        entries += _reference_entries(reference)
    entries.sort(key=lambda entry: entry["at"], reverse=True)
    return _with_clients(entries[:MOST_ENTRIES])


def _entries(rows: Any) -> list[dict[str, Any]]:
    """Entries of one record, each compared with the one before it."""
    rows = list(rows)
    entries = []
    for row, before in zip(rows, [*rows[1:], None], strict=True):
        changes = _differences(before, row) if before is not None and row.pgh_label == "update" else []
        if row.pgh_label == "update" and before is not None and not changes:
            continue  # Computed columns alone tell nobody anything.
        entries.append(_entry(row.pgh_created_at, row.pgh_context, _VERBS.get(row.pgh_label, ""), changes))
    return entries


def _reference_entries(reference: ExternalReference) -> list[dict[str, Any]]:
    return [
        _entry(
            row.pgh_created_at,
            row.pgh_context,
            _("external ID %(reference)s: %(origin)s")
            % {"reference": reference, "origin": row.get_origin_display().lower()},
            [],
        )
        for row in reference.events.all()  # type: ignore[attr-defined]
        if reference.key_kind == "id"
    ]


def _entry(at: datetime, context: Any, verb: Any, changes: list[dict[str, Any]]) -> dict[str, Any]:
    context = context or {}
    return {
        "at": at,
        "verb": str(verb),
        "changes": changes,
        "who": context.get("username") or "",
        "client_id": context.get("client"),
        "reason": context.get("reason") or "",
        "correlation_id": context.get("correlationId") or "",
    }


def _differences(before: Any, row: Any) -> list[dict[str, Any]]:
    return [
        {"field": field.verbose_name, "old": old, "new": new}
        for field in row._meta.fields
        if field.name not in _NOT_SHOWN | _COMPUTED
        and (old := getattr(before, field.attname)) != (new := getattr(row, field.attname))
    ]


def _with_clients(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Clients by their name, one statement for all."""
    ids = {entry["client_id"] for entry in entries if entry["client_id"]}
    names = dict(IntegrationClient.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    for entry in entries:
        entry["who"] = entry["who"] or names.get(entry["client_id"], "")
    return entries
