"""A conflict: two facts that contradict. Which record each leads to, what that rests on, and the ways out."""

from typing import Any

from django.utils.translation import gettext as _

from customers.comparison import as_one
from customers.models import Customer, ExternalReference, MappingReview
from customers.normalisation import name_key
from customers.reviews import parties_of, same_key
from imports.pages.registry_records import link_of
from ordinavo_connect.clients.admin_lists import moment


def conflict_of(review: MappingReview) -> dict[str, Any] | None:
    """Both sides of a conflict between an external ID and a customer number; None where it is none."""
    parties = parties_of(review)
    if parties is None:
        return None
    keeper, holder = parties
    reference = ExternalReference.objects.filter(**same_key(review)).first()
    number = review.incoming["customer"]["number"]
    return {
        "number": number,
        "keeper": _side(keeper) | {"rests": _rests_on(reference), "who": _who_linked(reference)},
        "holder": _side(holder) | _since_when(holder, number),
        "same": _seem_one(keeper, holder),
    }


def _side(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.pk,
        "name": customer.name,
        "number": customer.number,
        "link": link_of("customer", customer.pk),
    }


def _rests_on(reference: ExternalReference | None) -> dict[str, Any]:
    if reference is None:
        return {}
    return {"how": reference.get_origin_display(), "when": moment(reference.created_at)}


def _who_linked(reference: ExternalReference | None) -> str:
    """Who last said where the external ID leads; blank where an import did."""
    if reference is None:
        return ""
    entry = reference.events.order_by("-pgh_id").first()  # type: ignore[attr-defined]
    return ((entry.pgh_context or {}).get("username") or "") if entry else ""


def _since_when(holder: Customer, number: str) -> dict[str, Any]:
    """Since when, and by whom, the number stands there: from the history."""
    entries: Any = holder.events.order_by("-pgh_id")[:50]  # type: ignore[attr-defined]
    entry = None
    for row in entries:
        if row.number != number:
            break
        entry = row
    if entry is None:
        return {"since": moment(holder.created_at), "who": ""}
    return {"since": moment(entry.pgh_created_at), "who": (entry.pgh_context or {}).get("username") or ""}


def _seem_one(keeper: Customer, holder: Customer) -> list[str]:
    """Why both may be one customer, in words; then neither way out is right, and they would be merged."""
    same = as_one(_facts(keeper), _facts(holder))
    has_one_name = bool(keeper.name) and name_key(keeper.name) == name_key(holder.name)
    return [_("same name"), *same] if has_one_name else (same if len(same) > 1 else [])


def _facts(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in ("email", "phone")}
