"""Linking a target to what its context leads to, in memory, and unlinking it from what it no longer means."""

from typing import Any

from customers.matching.context import Context
from customers.matching.decision import Decision, Pending, apply, ask, decide, explained
from customers.matching.snapshot import Record, Snapshot
from customers.matching.writing import incoming
from imports import mapping
from imports.contract import Item
from imports.results import Refused, Result, Scope
from imports.targets import TargetState


def link(
    item: Item,
    context: Context,
    draft: TargetState,
    result: Result,
    facts: Snapshot,
    pending: Pending,
    scope: Scope,
) -> None:
    """Decide what the context leads to, and link the draft to it.

    Raises:
        Refused: the client refuses unmapped targets; staff is asked all the same.
    """
    assert item.target is not None
    for entity in mapping.ENTITIES:
        if entity in item.target.model_fields_set and getattr(item.target, entity) is None:
            _unlink(draft, entity)
    decision = decide(context, facts, scope.policy, _kept_customer(draft, context, facts))
    if decision.status is None:
        return
    result.decision = decision
    ask(decision, facts, pending)
    if scope.refuse_unmapped and decision.status not in ("Mapped", "Created"):
        raise Refused("mapping_required", decision=decision)
    apply(decision, facts, pending)
    previous = draft.keys.get("customer", "")
    for verdict in decision:
        draft.links[verdict.entity] = verdict.record
        draft.verdicts[verdict.entity] = verdict
        if verdict.key is not None:
            draft.keys[verdict.entity] = str(verdict.key)
    draft.context |= incoming(context)
    if context.customer is not None:
        _drop_foreign(draft, decision, same_customer=previous == draft.keys["customer"])


def _kept_customer(draft: TargetState, context: Context, facts: Snapshot) -> Record | None:
    if context.customer is not None:
        return None
    link = draft.links.get("customer")
    return link if isinstance(link, Record) else facts.customer(link or 0)


def _unlink(draft: TargetState, entity: str) -> None:
    draft.links[entity] = None
    for kept in (draft.keys, draft.context, draft.verdicts):
        kept.pop(entity, None)
    if draft.mapping:
        draft.mapping = mapping.without(draft.mapping, entity)


def _drop_foreign(draft: TargetState, decision: Decision, *, same_customer: bool) -> None:
    """Links that the target kept, to a location or contact of another customer than it is linked to now."""
    customer = draft.links.get("customer")
    assert decision.customer is not None
    for entity in ("location", "contact"):
        link = draft.links.get(entity)
        if link is None or getattr(decision, entity) is not None:
            continue
        if customer is None:
            foreign = not same_customer
        else:
            owner = link.owner if isinstance(link, Record) else draft.owners.get(entity)
            foreign = owner is not customer and owner != getattr(customer, "id", customer)
        if foreign:
            _unlink(draft, entity)
            message = f"The target's {entity} belongs to another customer and is no longer linked."
            decision.customer.warn(f"{entity}_customer_mismatch", message, entity)


def link_changes(state: TargetState, draft: TargetState) -> dict[str, list[Any]]:
    """Links that changed; a record that is new has no id yet, see `_settle`."""
    return {
        entity: [state.link_id(entity), draft.links.get(entity)]
        for entity in mapping.ENTITIES
        if _identity(state.links.get(entity)) != _identity(draft.links.get(entity))
    }


def _identity(link: Record | int | None) -> Any:
    if isinstance(link, Record):
        return link.id if link.id is not None else id(link)
    return link


def _take_back(decision: Decision) -> None:
    """What a refused item would have created is not there; the log says why it was refused all the same."""
    for verdict in decision:
        if verdict.creates:
            verdict.record, verdict.matched_by, verdict.creates = None, None, False


def _explanations(decision: Decision, scope: Scope) -> dict[str, dict[str, Any]]:
    """Why, of each entity that was given; only where it was asked for, since each takes its time."""
    return {
        verdict.entity: verdict.explanation or explained(verdict, decision.context, scope.policy)
        for verdict in decision
        if verdict.key is not None
    }


def settle(results: list[Result], scope: Scope) -> None:
    """Once the registry is written, new records have ids: complete what was noted before."""
    for result in results:
        if result.decision is not None:
            if result.status == "Rejected":
                _take_back(result.decision)
            if scope.explains:
                result.explanations = _explanations(result.decision, scope)
            result.mapping = mapping.as_kept(result.decision)
        if result.changes:
            for entity in mapping.ENTITIES:
                if entity in result.changes and isinstance(result.changes[entity][1], Record):
                    result.changes[entity][1] = result.changes[entity][1].id
        if result.state is not None and result.state.verdicts:
            kept = mapping.merged(result.state.mapping, mapping.parts_as_kept(result.state.verdicts.values()))
            result.state.is_changed = result.state.is_changed or kept != result.state.mapping
            result.state.mapping = kept
