"""The records that a question may mean, each beside what came in: a constant number of statements for all."""

from collections import Counter
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.comparison import FIELDS, PLACE, Agreement, compare, compare_place, place_reasons, reasons
from customers.models import EntityType, ExternalReference, Location, MappingReview, ReviewKind
from customers.normalisation import address_key, city_key
from customers.reviews import MODELS, same_key
from imports.models import Target
from imports.pages.registry_records import link_of

# Keys choose among so many; matching proposes no more.
MOST_CHOSEN = 5
# Places of the candidates that are compared with the address that came in; a chain has more, in other cities.
_MOST_PLACES = 200


def linkable(review: MappingReview) -> Any:
    """The records that a review may be linked to: of the tenant, and of the customer that was linked, if one was.

    A location of another customer would contradict the customer of every target that waits.
    """
    rows: Any = MODELS[review.entity_type].objects.filter(tenant_id=review.tenant_id)
    if review.entity_type == EntityType.CUSTOMER:
        return rows
    rows = rows.select_related("customer")
    return rows.filter(customer_id=review.parent_id) if review.parent_id else rows


def linked_now(review: MappingReview) -> int | None:
    """The record that the reference leads to right now."""
    reference = ExternalReference.objects.filter(**same_key(review)).first()
    return getattr(reference, f"{review.entity_type}_id") if reference else None


def sent_of(review: MappingReview) -> dict[str, Any]:
    """What came in of the entity in question."""
    given: dict[str, Any] = review.incoming.get(review.entity_type, {})
    return given


def candidates_of(review: MappingReview, linked: int | None) -> list[dict[str, Any]]:
    """The candidates that are still there, best first, with their size."""
    rows: Any = MODELS[review.entity_type].objects.filter(
        tenant_id=review.tenant_id, pk__in=review.candidates
    )
    if review.entity_type != EntityType.CUSTOMER:
        rows = rows.select_related("customer")
    found = {row.pk: row for row in rows}
    records = [found[i] for i in review.candidates if i in found][:MOST_CHOSEN]
    cards = cards_of(review, records, linked)
    _count_what_hangs_on(review, cards)
    return cards


def cards_of(review: MappingReview, records: list[Any], linked: int | None) -> list[dict[str, Any]]:
    """Records beside what came in; of customers, with the place that is nearest to the address that came."""
    places = _nearest_places(review, records)
    scores = {each["id"]: each["score"] for each in review.explanation.get("candidates", [])}
    if review.kind == ReviewKind.CONFLICT:
        # Two facts contradict there; how alike the records are decides nothing.
        scores = {}
    return [_card(review, record, linked, places.get(record.pk), scores) for record in records]


def table_of(review: MappingReview, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The candidates field by field: a row for each field that anybody fills, a cell for each candidate."""
    rows = []
    for number, row in enumerate(_sent_rows(review)):
        cells = [(card["id"], card["rows"][number]) for card in cards]
        if row.sent or any(cell.known for _id, cell in cells):
            rows.append({"label": row.label, "sent": row.sent, "cells": cells})
    return rows


def _sent_rows(review: MappingReview) -> list[Agreement]:
    rows = compare(review.entity_type, sent_of(review), {})
    return [*rows, *compare_place(_place_sent(review), {})] if _has_place(review) else rows


def _has_place(review: MappingReview) -> bool:
    return review.entity_type == EntityType.CUSTOMER and bool(_place_sent(review))


def _place_sent(review: MappingReview) -> dict[str, Any]:
    given = review.incoming.get("location", {})
    return {name: given[name] for name in PLACE if given.get(name)}


def _card(
    review: MappingReview, record: Any, linked: int | None, place: Location | None, scores: dict[int, float]
) -> dict[str, Any]:
    """A record beside what came in."""
    entity, sent = review.entity_type, sent_of(review)
    known = {name: getattr(record, name) for name in FIELDS[entity]}
    rows, why = compare(entity, sent, known), reasons(entity, sent, known)
    if _has_place(review):
        there = {name: getattr(place, name) for name in PLACE} if place else {}
        rows += compare_place(_place_sent(review), there)
        why += place_reasons(_place_sent(review), there)
    if record.pk == linked:
        why.insert(0, _("this external ID leads here today"))
    customer = None if entity == EntityType.CUSTOMER else record.customer
    is_of_parent = customer is None or review.parent_id in (None, customer.pk)
    if not is_of_parent:
        why.append(_("belongs to %(customer)s") % {"customer": customer})
    score = scores.get(record.pk)
    return {
        "id": record.pk,
        "name": str(record) or f"#{record.pk}",
        "link": link_of(entity, record.pk),
        "customer": str(customer) if customer else "",
        "rows": rows,
        "why": why,
        "percent": None if score is None else round(100 * score),
        "can_link": is_of_parent,
        "is_linked": record.pk == linked,
    }


def _nearest_places(review: MappingReview, records: list[Any]) -> dict[int, Location]:
    """By customer, the place that agrees most with the address that came in: one statement."""
    if not records or not _has_place(review):
        return {}
    sent = _place_sent(review)
    street, code, city = (str(sent.get(name) or "") for name in ("street", "postal_code", "city"))
    wanted = (address_key(street, code, city), code, city_key(city))
    rows = Location.objects.filter(tenant_id=review.tenant_id, customer__in=records)
    near = rows.filter(Q(postal_code=code) | Q(city_key=wanted[2])).order_by("pk")[:_MOST_PLACES]
    best: dict[int, tuple[int, Location]] = {}
    for place in near:
        agrees = sum(
            weight
            for weight, ours, theirs in zip(
                (4, 2, 1), wanted, (place.address_key, place.postal_code, place.city_key), strict=True
            )
            if ours and ours == theirs
        )
        if agrees > best.get(place.customer_id, (0, place))[0]:
            best[place.customer_id] = (agrees, place)
    return {customer: place for customer, (_agrees, place) in best.items()}


def _count_what_hangs_on(review: MappingReview, cards: list[dict[str, Any]]) -> None:
    """How many targets and locations the candidates have: a reviewer knows a customer by its size."""
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


def explanation_of(review: MappingReview, cards: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Why the best candidate scored what it did, in words; None where names were not compared."""
    explained = review.explanation
    if not explained.get("fields"):
        return None
    names = {card["id"]: card["name"] for card in cards}
    runner_up, margin = explained.get("runnerUp"), explained.get("margin")
    return {
        "rule": _(explained["rule"]) if explained.get("rule") else "",
        "fields": [_field(each) for each in explained.get("fields", [])],
        "runner_up": names.get(runner_up["id"], "") if runner_up else "",
        "runner_up_percent": round(100 * runner_up["score"]) if runner_up else None,
        "margin": round(100 * margin) if margin is not None else None,
        "policy": {
            name: round(100 * value)
            for name, value in explained.get("policy", {}).items()
            if isinstance(value, int | float)
        },
        "best": names.get(explained["candidates"][0]["id"], "") if explained.get("candidates") else "",
    }


_FIELD_NAMES = {
    "name": gettext_lazy("name"),
    "displayName": gettext_lazy("name"),
    "legalForm": gettext_lazy("legal form"),
    "street": gettext_lazy("street"),
    "houseNumber": gettext_lazy("house number"),
    "postalCode": gettext_lazy("postal code"),
    "city": gettext_lazy("city"),
    "phone": gettext_lazy("phone"),
    "email": gettext_lazy("e-mail"),
}


def _field(each: dict[str, Any]) -> dict[str, Any]:
    name = each["field"]
    return {"name": str(_FIELD_NAMES.get(name, name)), "percent": round(100 * each["score"])}
