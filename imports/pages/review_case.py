"""One case for a reviewer, as plain data: what came in beside the records that it may be."""

from typing import Any

from django.db.models import Q

from customers.comparison import compare
from customers.matching.context import Context, Given
from customers.models import EntityType, KeyKind, MappingReview, ReviewStatus
from customers.reviews import key_of, what_contradicts_undo, what_prevents_creation, who_was_first
from customers.search import FINDERS
from imports.decisions import waiting_targets
from imports.mapping import ENTITIES
from imports.models import Target
from imports.pages.decisions_about import undoings
from imports.pages.outcomes import state
from imports.pages.registry_records import link_of
from imports.pages.review_queue.candidates import (
    candidates_of,
    cards_of,
    explanation_of,
    linkable,
    linked_now,
    sent_of,
    table_of,
)
from imports.pages.review_queue.conflict import conflict_of
from imports.pages.review_queue.past import past_of, rejected_records
from imports.pages.review_queue.value import urgency_in_words, value_in_words, with_value
from imports.pages.senders_of import items_as_received
from ordinavo_connect.clients.admin_lists import moment

# Records of the customer that are offered besides the candidates.
MOST_NEARBY = 20
# Records that a search shows; whoever sees more types another word.
MOST_FOUND = 10


def case_of(review: MappingReview, *, search: str = "") -> dict[str, Any]:
    """Everything that the page of a review shows. `search` looks for further records of the registry."""
    is_open = review.status == ReviewStatus.OPEN
    linked = linked_now(review)
    cards = candidates_of(review, linked)
    seen = {card["id"] for card in cards}
    others = _other_questions(review)
    return {
        "name": in_short(review, parts=1),
        "table": table_of(review, cards),
        "key": review.external_id if review.key_kind == KeyKind.ID else "",
        "entity": EntityType(review.entity_type).label,
        "is_customer": review.entity_type == EntityType.CUSTOMER,
        "kind": state(review.kind, review.get_kind_display()),
        "status": review.get_status_display(),
        "opened": moment(review.opened_at),
        "seen": moment(review.last_seen_at),
        "decided": moment(review.decided_at),
        "decided_words": "" if is_open else who_was_first(review),
        "around": _around(review),
        "warning": review.warning,
        "ground": review.ground,
        "candidates": cards,
        "explained": explanation_of(review, cards),
        "conflict": conflict_of(review) if is_open else None,
        "past": past_of(review),
        "rejected": rejected_records(review) if is_open else [],
        "parent": _parent(review),
        "nearby": [card for card in _nearby(review, linked) if card["id"] not in seen],
        "search": search,
        "found": _found(review, search, linked) if search else [],
        "waiting": waiting_targets(review),
        "worth": _worth(review),
        "linked": _linked_already(review, linked),
        "cannot_create": what_prevents_creation(review) if is_open else None,
        "cannot_undo": [] if is_open else what_contradicts_undo(review),
        "result": _result(review),
        "received": items_as_received(review),
        "undone": _undone(review),
        "others": others,
        "customer_first": next((other["id"] for other in others if other["is_customer"]), None),
        # Questions whose answer changes what this page shows: it is read again once one of them is decided.
        "depends_on": " ".join(str(other["id"]) for other in others),
    }


def in_short(review: MappingReview, *, parts: int = 3) -> str:
    """What came in, in a line: a name, an address, whatever there is, at most so many parts of it."""
    said = [row.sent for row in compare(review.entity_type, sent_of(review), {}) if row.sent]
    return ", ".join(said[:parts]) or review.external_id


def _worth(review: MappingReview) -> str:
    """What the targets that wait are worth, and the most urgent of them, in words."""
    row = with_value(MappingReview.objects.filter(pk=review.pk)).values("value", "urgency").get()
    words = (value_in_words(row["value"]), urgency_in_words(row["urgency"]))
    return " · ".join(text for text in words if text)


def _undone(review: MappingReview) -> dict[str, Any] | None:
    """Who took the decision back, and when."""
    log = undoings([review.pk]).get(review.pk) if review.status == ReviewStatus.UNDONE else None
    return {"who": log.user.get_username(), "when": moment(log.action_time)} if log else None


def _linked_already(review: MappingReview, linked: int | None) -> int:
    """How many targets are linked by this reference already: a decision for another record moves them too."""
    if linked is None:
        return 0
    entity = review.entity_type
    keys = {f"{entity}_key": str(key_of(review)), f"{entity}_id": linked}
    return Target.objects.filter(
        tenant_id=review.tenant_id, source_system=review.source_system, **keys
    ).count()


def _around(review: MappingReview) -> list[dict[str, Any]]:
    """What came in besides the entity in question: where, for whom, whom to ask for."""
    others = []
    for entity in ENTITIES:
        given = review.incoming.get(entity)
        if entity == review.entity_type or not given:
            continue
        rows = [row for row in compare(entity, given, {}) if row.sent]
        others.append(
            {
                "label": EntityType(entity).label,
                "external_id": given.get("external_id", ""),
                "text": ", ".join(row.sent for row in rows),
            }
        )
    return others


def _parent(review: MappingReview) -> dict[str, str] | None:
    if review.parent is None:
        return None
    return {"name": str(review.parent), "link": link_of("customer", review.parent.pk)}


def _nearby(review: MappingReview, linked: int | None) -> list[dict[str, Any]]:
    """The first locations or contacts of the customer that was linked, to choose from."""
    if review.parent_id is None or review.status != ReviewStatus.OPEN:
        return []
    return cards_of(review, list(linkable(review).order_by("pk")[:MOST_NEARBY]), linked)


def _found(review: MappingReview, search: str, linked: int | None) -> list[dict[str, Any]]:
    rows = FINDERS[review.entity_type](linkable(review), search).order_by("pk")[:MOST_FOUND]
    return cards_of(review, list(rows), linked)


def _result(review: MappingReview) -> dict[str, str] | None:
    """The record that a decision led to."""
    record = getattr(review, review.entity_type)
    return (
        {"name": str(record) or f"#{record.pk}", "link": link_of(review.entity_type, record.pk)}
        if record
        else None
    )


def _other_questions(review: MappingReview) -> list[dict[str, Any]]:
    """Open questions about the rest of what came in: the customer's comes first."""
    given: dict[str, Any] = {
        entity: Given(kept.get("external_id", ""), {n: v for n, v in kept.items() if n != "external_id"})
        for entity, kept in review.incoming.items()
    }
    context = Context(**given)
    asked = Q()
    for entity in ENTITIES:
        key = context.key(entity)
        if key is not None and entity != review.entity_type:
            asked |= Q(entity_type=key.entity, key_kind=key.kind, external_id=key.value)
    if not asked:
        return []
    rows = MappingReview.objects.filter(
        asked, tenant_id=review.tenant_id, source_system=review.source_system, status=ReviewStatus.OPEN
    )
    return [
        {
            "id": row.pk,
            "entity": row.get_entity_type_display(),
            "kind": row.get_kind_display(),
            "is_customer": row.entity_type == EntityType.CUSTOMER,
        }
        for row in rows
    ]
