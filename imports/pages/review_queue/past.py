"""What staff decided on a reference before, the newest first."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import MappingReview, ReviewStatus
from customers.reviews import DECIDED, MODELS, rejected_of, same_key
from imports.pages.decisions_about import page_of, undoings
from ordinavo_connect.clients.admin_lists import moment

# A reference is decided once, and again only after an undo or when something new came up.
MOST_SHOWN = 10


def past_of(review: MappingReview) -> list[dict[str, Any]]:
    """Decisions on the same reference, each with who, when and what became of it: two statements."""
    rows = MappingReview.objects.filter(
        Q(status__in=[*DECIDED, ReviewStatus.UNDONE])
        | Q(status=ReviewStatus.SUPERSEDED, decided_by__isnull=False),
        **same_key(review),
    ).exclude(pk=review.pk)
    rows = rows.select_related("customer", "location", "contact", "decided_by")
    found = list(rows.order_by("-decided_at", "-pk")[:MOST_SHOWN])
    undone = undoings([row.pk for row in found if row.status == ReviewStatus.UNDONE])
    return [_told(row, undone.get(row.pk)) for row in found]


def rejected_records(review: MappingReview) -> list[dict[str, Any]]:
    """Records that are never proposed for this reference, while the question is open."""
    ids = rejected_of(review)
    rows: Any = MODELS[review.entity_type].objects.filter(tenant_id=review.tenant_id, pk__in=ids)
    return [{"id": row.pk, "name": str(row) or f"#{row.pk}"} for row in rows.order_by("pk")] if ids else []


def _told(row: MappingReview, undoing: Any) -> dict[str, Any]:
    record = getattr(row, row.entity_type)
    return {
        "link": page_of(row.pk),
        "what": _what(row, str(record) if record else ""),
        "who": row.decided_by.get_username() if row.decided_by else "",
        "when": moment(row.decided_at),
        "note": row.note,
        "undone": {"who": undoing.user.get_username(), "when": moment(undoing.action_time)}
        if undoing
        else None,
    }


def _what(row: MappingReview, record: str) -> str:
    """What was decided. One that was undone says it by what it left for undo: its status tells no more."""
    if row.status == ReviewStatus.SUPERSEDED:
        return _("External ID changed in the registry")
    if row.status == ReviewStatus.CREATED or "created" in row.undo:
        return _("Created: %(record)s") % {"record": record} if record else _("A new record was created")
    if row.status == ReviewStatus.LINKED or "reference" in row.undo:
        return _("Linked to %(record)s") % {"record": record} if record else _("Linked")
    return _("Left unlinked")
