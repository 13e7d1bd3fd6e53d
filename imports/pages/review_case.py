"""One case for a reviewer, as plain data: what came in beside the records that it may be."""

from collections import Counter
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from customers.comparison import FIELDS, compare, reasons
from customers.matching.context import Context, Given
from customers.models import EntityType, ExternalReference, KeyKind, Location, MappingReview, ReviewStatus
from customers.reviews import MODELS, key_of, same_key, what_contradicts_undo, what_prevents_creation
from customers.search import FINDERS
from imports.decisions import waiting_targets
from imports.mapping import ENTITIES
from imports.models import Target
from imports.pages.decisions_about import undoings
from imports.pages.outcomes import state
from imports.pages.registry_records import link_of
from imports.pages.senders_of import items_as_received
from ordinavo_connect.clients.admin_lists import moment

# Records of the customer that are offered besides the candidates.
MOST_NEARBY = 20
# Records that a search shows; whoever sees more types another word.
MOST_FOUND = 10


def case_of(review: MappingReview, *, search: str = "") -> dict[str, Any]:
    """Everything that the page of a review shows. `search` looks for further records of the registry."""
    sent = _sent(review)
    records = _records(review)
    linked = _linked_now(review)
    cards = [_card(review, record, sent, linked) for record in records]
    _count_what_hangs_on(review, cards)
    seen = {card["id"] for card in cards}
    others = _other_questions(review)
    return {
        "sent": [row for row in compare(review.entity_type, sent, {}) if row.sent],
        "key": review.external_id if review.key_kind == KeyKind.ID else "",
        "entity": EntityType(review.entity_type).label,
        "kind": state(review.kind, review.get_kind_display()),
        "status": review.get_status_display(),
        "opened": moment(review.opened_at),
        "seen": moment(review.last_seen_at),
        "decided": moment(review.decided_at),
        "around": _around(review),
        "warning": review.warning,
        "candidates": cards,
        "parent": _parent(review),
        "nearby": [card for card in _nearby(review, sent, linked) if card["id"] not in seen],
        "search": search,
        "found": _found(review, search, sent, linked) if search else [],
        "waiting": waiting_targets(review),
        "linked": _linked_already(review, linked),
        "cannot_create": what_prevents_creation(review) if review.status == ReviewStatus.OPEN else None,
        "cannot_undo": [] if review.status == ReviewStatus.OPEN else what_contradicts_undo(review),
        "result": _result(review),
        "received": items_as_received(review),
        "undone": _undone(review),
        "others": others,
        "customer_first": next((other["id"] for other in others if other["is_customer"]), None),
    }


def _undone(review: MappingReview) -> dict[str, Any] | None:
    """Who took the decision back, and when."""
    log = undoings([review.pk]).get(review.pk) if review.status == ReviewStatus.UNDONE else None
    return {"who": log.user.get_username(), "when": moment(log.action_time)} if log else None


def linkable(review: MappingReview) -> Any:
    """The records that a review may be linked to: of the tenant, and of the customer that was linked, if one was.

    A location of another customer would contradict the customer of every target that waits.
    """
    rows: Any = MODELS[review.entity_type].objects.filter(tenant_id=review.tenant_id)
    if review.entity_type == EntityType.CUSTOMER:
        return rows
    rows = rows.select_related("customer")
    return rows.filter(customer_id=review.parent_id) if review.parent_id else rows


def _sent(review: MappingReview) -> dict[str, Any]:
    given: dict[str, Any] = review.incoming.get(review.entity_type, {})
    return given


def _records(review: MappingReview) -> list[Any]:
    """The candidates that are still there, best first."""
    rows: Any = MODELS[review.entity_type].objects.filter(
        tenant_id=review.tenant_id, pk__in=review.candidates
    )
    if review.entity_type != EntityType.CUSTOMER:
        rows = rows.select_related("customer")
    found = {row.pk: row for row in rows}
    return [found[i] for i in review.candidates if i in found]


def _linked_now(review: MappingReview) -> int | None:
    """The record that the reference leads to right now."""
    reference = ExternalReference.objects.filter(**same_key(review)).first()
    return getattr(reference, f"{review.entity_type}_id") if reference else None


def _linked_already(review: MappingReview, linked: int | None) -> int:
    """How many targets are linked by this reference already: a decision for another record moves them too."""
    if linked is None:
        return 0
    entity = review.entity_type
    keys = {f"{entity}_key": str(key_of(review)), f"{entity}_id": linked}
    return Target.objects.filter(
        tenant_id=review.tenant_id, source_system=review.source_system, **keys
    ).count()


def _card(review: MappingReview, record: Any, sent: dict[str, Any], linked: int | None) -> dict[str, Any]:
    """A record beside what came in."""
    entity = review.entity_type
    known = {name: getattr(record, name) for name in FIELDS[entity]}
    why = reasons(entity, sent, known)
    if record.pk == linked:
        why.insert(0, _("this external ID leads here today"))
    customer = None if entity == EntityType.CUSTOMER else record.customer
    is_of_parent = customer is None or review.parent_id in (None, customer.pk)
    if not is_of_parent:
        why.append(_("belongs to %(customer)s") % {"customer": customer})
    return {
        "id": record.pk,
        "name": str(record) or f"#{record.pk}",
        "link": link_of(entity, record.pk),
        "customer": str(customer) if customer else "",
        "rows": [row for row in compare(entity, sent, known) if row.verdict != "blank"],
        "why": why,
        "can_link": is_of_parent,
        "is_linked": record.pk == linked,
    }


def _count_what_hangs_on(review: MappingReview, cards: list[dict[str, Any]]) -> None:
    """How many jobs and locations the candidates have: a reviewer knows a customer by its size."""
    ids = [card["id"] for card in cards]
    if not ids:
        return
    column = f"{review.entity_type}_id"
    jobs: Counter[int] = Counter(_counts(Target, column, ids))
    places: Counter[int] = Counter()
    if review.entity_type == EntityType.CUSTOMER:
        places = Counter(_counts(Location, column, ids))
    for card in cards:
        card["jobs"], card["places"] = jobs[card["id"]], places[card["id"]]


def _counts(model: Any, column: str, ids: list[int]) -> dict[int, int]:
    rows = model.objects.filter(**{f"{column}__in": ids}).order_by()
    return dict(rows.values_list(column).annotate(Count("pk")))


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


def _nearby(review: MappingReview, sent: dict[str, Any], linked: int | None) -> list[dict[str, Any]]:
    """The first locations or contacts of the customer that was linked, to choose from."""
    if review.parent_id is None or review.status != ReviewStatus.OPEN:
        return []
    rows = linkable(review).order_by("pk")[:MOST_NEARBY]
    return [_card(review, record, sent, linked) for record in rows]


def _found(
    review: MappingReview, search: str, sent: dict[str, Any], linked: int | None
) -> list[dict[str, Any]]:
    rows = FINDERS[review.entity_type](linkable(review), search).order_by("pk")[:MOST_FOUND]
    return [_card(review, record, sent, linked) for record in rows]


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
