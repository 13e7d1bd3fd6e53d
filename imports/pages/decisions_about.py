"""The decisions of staff that a target rests on: who decided what of its references, when, and what was undone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import MappingReview, ReviewStatus
from customers.reviews import DECIDED
from imports.mapping import ENTITIES
from imports.models import Target

# The newest decisions that a time line shows; a reference is decided once, and again only after an undo.
MOST_DECISIONS = 50


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, or its undo. `record`: the id of the record that it led to, while it holds."""

    entity: str
    record: int | None
    text: str
    who: str
    note: str
    at: datetime
    link: str


def decisions_about(target: Target) -> list[Decided]:
    """The decisions on the references that a target was sent with, the newest first: two statements."""
    asked = Q()
    for entity in ENTITIES:
        kind, _colon, value = getattr(target, f"{entity}_key").partition(":")
        if value:
            asked |= Q(entity_type=entity, key_kind=kind, external_id=value)
    if not asked:
        return []
    reviews = MappingReview.objects.filter(
        # A question that an import answered was decided by nobody; one that staff answered in the registry was.
        Q(status__in=[*DECIDED, ReviewStatus.UNDONE])
        | Q(status=ReviewStatus.SUPERSEDED, decided_by__isnull=False),
        asked,
        tenant_id=target.tenant_id,
        source_system=target.source_system,
        decided_at__isnull=False,
    ).select_related("customer", "location", "contact", "decided_by")
    found = list(reviews.order_by("-decided_at", "-pk")[:MOST_DECISIONS])
    undone = undoings([review.pk for review in found if review.status == ReviewStatus.UNDONE])
    decided = [_decided(review) for review in found]
    decided += [_undone(review, undone[review.pk]) for review in found if review.pk in undone]
    return sorted(decided, key=lambda entry: entry.at, reverse=True)


def undoings(review_ids: list[int]) -> dict[int, LogEntry]:
    """Who took decisions back, and when, by the review: the admin's log says so."""
    if not review_ids:
        return {}
    rows = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(MappingReview),
        object_id__in=[str(number) for number in review_ids],
    ).select_related("user")
    return {int(row.object_id or 0): row for row in rows.order_by("pk")}


def page_of(review_id: int) -> str:
    return reverse("admin:customers_mappingreview_change", args=[review_id])


def _decided(review: MappingReview) -> Decided:
    record: Any = getattr(review, review.entity_type)
    holds = review.status in DECIDED
    return Decided(
        entity=review.entity_type,
        record=record.pk if record and holds else None,
        text=sentence_of(review),
        who=review.decided_by.get_username() if review.decided_by else "",
        note=review.note,
        at=review.decided_at or review.opened_at,
        link=page_of(review.pk),
    )


def sentence_of(review: MappingReview) -> str:
    """What a decision did, and to which record."""
    record: Any = getattr(review, review.entity_type)
    what = {"entity": review.get_entity_type_display(), "record": str(record) if record else ""}
    if review.status == ReviewStatus.DISMISSED:
        return _("%(entity)s left unlinked by a decision") % what
    if review.status == ReviewStatus.SUPERSEDED:
        return _("%(entity)s: the external ID was changed in the registry") % what
    if review.status == ReviewStatus.CREATED:
        return _("%(entity)s created by a decision: %(record)s") % what
    if record is None:
        return _("%(entity)s decided") % what
    return _("%(entity)s linked by a decision: %(record)s") % what


def _undone(review: MappingReview, log: LogEntry) -> Decided:
    return Decided(
        entity=review.entity_type,
        record=None,
        text=_("Decision on the %(entity)s undone") % {"entity": review.get_entity_type_display().lower()},
        who=log.user.get_username(),
        note="",
        at=log.action_time,
        link=page_of(review.pk),
    )
