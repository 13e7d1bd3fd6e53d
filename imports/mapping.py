"""What became of a target's context, in the form that items and targets keep and the API shows.

Kept: {"status": "Mapped", "warnings": [{"code", "entity", "field", "message"}], "customer": {"key": "id:CUST-1",
"id": 12, "matchedBy": "externalId", "kind": null, "rule": "…", "candidates": [12]}, "location": {…}, "contact": {…}};
an entity that was not given is left out. Where names were compared, the explanation stands beside
as "explanation" (see customers.matching.explanation).
"""

from collections.abc import Iterable
from typing import Any

from customers.matching.context import Context, Given
from customers.matching.decision import MAX_CANDIDATES, Decision, Verdict, overall_status
from imports.contract import ContactIn, CustomerIn, LocationIn, TargetIn

ENTITIES = ("customer", "location", "contact")
_COLUMNS = {
    "customer_number": "number",
    "default_estimated_work_minutes": "default_work_minutes",
}
_NO_FACTS = {"external_id", "contact_name"}


def given(part: CustomerIn | LocationIn | ContactIn | None) -> Given | None:
    """An entity of a payload in columns of the registry, without blanks; one that says nothing is none."""
    if part is None:
        return None
    facts = {
        _COLUMNS.get(name, name): value
        for name in type(part).model_fields
        if name not in _NO_FACTS and (value := getattr(part, name)) not in (None, "")
    }
    return Given(part.external_id or "", facts) if facts or part.external_id else None


def context_of(target: TargetIn, *, kept_customer: int | None, kept_key: str) -> Context:
    """The context of a payload; `contactName` counts as a contact where none is given.

    Args:
        kept_customer, kept_key: the customer that the target has, and how it was given.
    """
    contact = given(target.contact)
    if (
        contact is None
        and target.customer
        and target.customer.contact_name
        and "contact" not in target.model_fields_set
    ):
        contact = Given("", {"display_name": target.customer.contact_name})
    customer = given(target.customer)
    return Context(
        customer=customer,
        location=given(target.location),
        contact=contact,
        kept_customer=None if customer else kept_customer,
        kept_key="" if customer else kept_key,
    )


def as_kept(decision: Decision) -> dict[str, Any] | None:
    """A decision as an item keeps it; None where nothing was given. Ids are those after the registry was written."""
    verdicts = list(decision)
    return {"status": decision.status} | parts_as_kept(verdicts) if verdicts else None


def parts_as_kept(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """Verdicts by entity, with all their warnings."""
    verdicts = list(verdicts)
    warnings = [warning for verdict in verdicts for warning in verdict.warnings]
    return {"warnings": warnings} | {verdict.entity: verdict_as_kept(verdict) for verdict in verdicts}


def verdict_as_kept(verdict: Verdict) -> dict[str, Any]:
    record = verdict.record
    return {
        "key": str(verdict.key) if verdict.key else "",
        "id": record.id if record else None,
        "matchedBy": verdict.matched_by if record else None,
        "kind": verdict.kind,
        "rule": verdict.rule,
        "candidates": [candidate.id for candidate in verdict.candidates[:MAX_CANDIDATES]],
    } | ({"explanation": verdict.explanation} if verdict.explanation else {})


def status_of(mapping: dict[str, Any]) -> str | None:
    """The status of a whole mapping, from its parts; entities that nobody gave do not count."""
    parts = [mapping[name] for name in ENTITIES if mapping.get(name, {}).get("key")]
    return overall_status([(part["kind"], part["id"] is not None, part["matchedBy"]) for part in parts])


def merged(kept: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A target's mapping after an item that gave some of its entities."""
    parts = {name: new.get(name, kept.get(name)) for name in ENTITIES if name in new or name in kept}
    warnings = [w for w in kept.get("warnings", ()) if w["entity"] not in new] + new.get("warnings", [])
    return {"status": status_of(parts), "warnings": warnings} | parts


def without(kept: dict[str, Any], entity: str) -> dict[str, Any]:
    """A target's mapping once an entity was unlinked."""
    rest = {name: part for name, part in kept.items() if name != entity}
    warnings = [warning for warning in kept.get("warnings", ()) if warning["entity"] != entity]
    return rest | {"status": status_of(rest), "warnings": warnings}


def for_api(
    mapping: dict[str, Any] | None,
    *,
    with_ids: bool,
    explanations: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Any] | None:
    """`customerMapping` as the API shows it (API contract, Import).

    Args:
        explanations: by entity, where the caller asked why; None: nobody did.
        with_ids: whether the caller has `customers.read`; without, nothing of another record is told.
    """
    if not mapping or not mapping.get("status"):
        return None
    answer: dict[str, Any] = {"status": mapping["status"]}
    if with_ids:
        answer |= {
            "customerId": _part(mapping, "customer", "id"),
            "customerLocationId": _part(mapping, "location", "id"),
            "customerContactId": _part(mapping, "contact", "id"),
            "matchedBy": {name: _part(mapping, name, "matchedBy") for name in ENTITIES},
        }
        if explanations is not None:
            answer["explanation"] = {name: _shown(explanations.get(name)) for name in ENTITIES}
    return answer | {"warnings": mapping["warnings"]}


def _shown(explanation: dict[str, Any] | None) -> dict[str, Any] | None:
    """An explanation without what is kept for a replay alone."""
    return {name: explanation[name] for name in _EXPLANATION} if explanation else None


_EXPLANATION = ("rule", "fields", "candidates", "runnerUp", "margin", "policy")


def _part(mapping: dict[str, Any], entity: str, name: str) -> Any:
    return mapping.get(entity, {}).get(name)
