"""Targets that wait for a reference, mapped again when it leads somewhere else than before.

A decision of staff, its undo, or an import that came to know a reference: all of them end here, so that every
target of that reference is linked at once, by the rules of the client that sent it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from customers.matching.context import Context, Given, Key
from customers.matching.decision import Decision, Pending, apply, ask, decide
from customers.matching.policy import Policy, policy_of
from customers.matching.snapshot import gather
from customers.matching.writing import MAX_ROUNDS, Overtaken, write
from imports import mapping
from imports.facts import linked_facts, target_facts
from imports.questions import close_moot
from imports.targets import TargetState, load_targets, write_targets
from ordinavo_connect.api.statements import prepared_cursor
from ordinavo_connect.clients.models import IntegrationClient
from ordinavo_connect.clients.scopes import CUSTOMERS_WRITE
from webhooks.events import catalogue
from webhooks.events.outbox import Fact, emit

# Targets that are mapped again in one go: bounds memory, not the number that is linked.
CHUNK = 1000


def relink(
    keys: Iterable[Key], *, tenant_id: int, source_system: str, now: datetime, reason: str, user: Any = None
) -> int:
    """Map every target again that was sent with one of these keys, in the transaction that is open.

    Each by the rules of the client that sent it.

    Args:
        reason, user: for the history of what is written to the registry.

    Returns:
        How many targets changed.
    """
    changed: set[str] = set()
    known = list(keys)
    # A target that comes later may make a reference known that an earlier one asked for: another round, each time
    # with references that were not there before.
    while known:
        found, known = _relink_once(known, tenant_id, source_system, now, reason, user)
        changed |= found
    return len(changed)


def _relink_once(
    keys: list[Key], tenant_id: int, source_system: str, now: datetime, reason: str, user: Any
) -> tuple[set[str], list[Key]]:
    """Returns the targets that changed, by external ID, and the references that they made known."""
    waiting = _waiting(keys, tenant_id, source_system)
    changed: set[str] = set()
    made: set[Key] = set()
    for client in IntegrationClient.objects.filter(pk__in={client_id for _, client_id in waiting}).order_by(
        "pk"
    ):
        policy = policy_of(client, may_write=CUSTOMERS_WRITE in client.scopes)
        sent = [external_id for external_id, client_id in waiting if client_id == client.pk]
        for start in range(0, len(sent), CHUNK):
            found, known = _relink_chunk(sent[start : start + CHUNK], policy, now, reason, user)
            changed |= found
            made |= known
    return changed, sorted(made)


def _waiting(keys: list[Key], tenant_id: int, source_system: str) -> list[tuple[str, int]]:
    """The targets that were sent with a key, as external ID and client, in the order in which they are locked."""
    by_entity = {entity: [str(key) for key in keys if key.entity == entity] for entity in mapping.ENTITIES}
    with prepared_cursor() as cursor:
        cursor.execute(
            " UNION ".join(
                f"""
                SELECT external_id, client_id FROM imports_target
                WHERE tenant_id = %s AND source_system = %s AND {entity}_key = ANY(%s::text[]) AND {entity}_key <> ''
                """
                for entity in by_entity
            )
            + " ORDER BY 1",
            [value for waiting in by_entity.values() for value in (tenant_id, source_system, waiting)],
        )
        return list(cursor.fetchall())


def _relink_chunk(
    external_ids: list[str], policy: Policy, now: datetime, reason: str, user: Any
) -> tuple[set[str], set[Key]]:
    for _ in range(MAX_ROUNDS):
        try:
            with transaction.atomic():
                return _map_again(external_ids, policy, now, reason, user)
        except Overtaken:
            continue
    raise Overtaken


def _map_again(
    external_ids: list[str], policy: Policy, now: datetime, reason: str, user: Any
) -> tuple[set[str], set[Key]]:
    loaded = load_targets(external_ids, tenant_id=policy.tenant_id, source_system=policy.source_system)
    # As they came: what the first created, the next finds.
    states = sorted(loaded.values(), key=lambda state: state.id or 0)
    contexts = [_kept_context(state) for state in states]
    facts = gather(contexts, policy)
    pending = Pending()
    decisions = []
    for context in contexts:
        kept = facts.customer(context.kept_customer or 0)
        decision = decide(context, facts, policy, kept)
        ask(decision, facts, pending)
        apply(decision, facts, pending)
        decisions.append(decision)
    write(pending, policy, reason=reason, user=user)
    changed = []
    for state, decision in zip(states, decisions, strict=True):
        new = mapping.merged(_without_stale_customer(state, decision), mapping.as_kept(decision) or {})
        links = {verdict.entity: verdict.record for verdict in decision}
        if "customer" in state.mapping and "customer" not in new:
            links["customer"] = None
        before = {entity: state.link_id(entity) for entity in links}
        state.links |= links
        if new != state.mapping or any(before[entity] != state.link_id(entity) for entity in links):
            state.mapping, state.is_changed = new, True
            changed.append(state)
    write_targets(
        changed,
        tenant_id=policy.tenant_id,
        source_system=policy.source_system,
        client_id=None,
        now=now,
    )
    close_moot(decisions, facts, policy)
    _show_on_items(changed)
    linked = linked_facts((state.links for state in changed), tenant_id=policy.tenant_id)
    emit(
        (
            Fact(catalogue.TARGET_UPDATED, target_facts(state, linked, source_system=policy.source_system))
            for state in changed
        ),
        tenant_id=policy.tenant_id,
        source_system=policy.source_system,
        occurred_at=now,
    )
    return {state.external_id for state in changed}, set(pending.references)


def _kept_context(state: TargetState) -> Context:
    given = {
        entity: Given(kept.get("external_id", ""), {n: v for n, v in kept.items() if n != "external_id"})
        for entity, kept in state.context.items()
    }
    kept_customer = None if "customer" in given else state.link_id("customer")
    if "customer" not in given and state.mapping.get("customer", {}).get("matchedBy") == "location":
        kept_customer = None  # the location leads to it again
    return Context(
        customer=given.get("customer"),
        location=given.get("location"),
        contact=given.get("contact"),
        kept_customer=kept_customer,
        keys={
            entity: Key(entity, *key.split(":", 1)) for entity, key in state.keys.items() if entity in given
        },
    )


def _without_stale_customer(state: TargetState, decision: Decision) -> dict[str, Any]:
    """A target's mapping without the customer that its location led to, where the location leads there no more."""
    if decision.customer is None and state.mapping.get("customer", {}).get("matchedBy") == "location":
        return mapping.without(state.mapping, "customer")
    return state.mapping


def _show_on_items(states: list[TargetState]) -> None:
    """The import log shows what became of an item's context in the end: two statements."""
    by_target = {state.id: state.mapping for state in states}
    if not by_target:
        return
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            SELECT id, target_id, mapping, warnings FROM imports_importitem
            WHERE target_id = ANY(%s::bigint[]) AND mapping IS NOT NULL ORDER BY id FOR UPDATE
            """,
            [list(by_target)],
        )
        rows = [
            row
            for item_id, target_id, kept, warnings in cursor.fetchall()
            if (row := _as_decided(item_id, orjson.loads(kept), orjson.loads(warnings), by_target[target_id]))
        ]
        if not rows:
            return
        cursor.execute(
            """
            UPDATE imports_importitem i
            SET mapping = u.mapping, mapping_status = u.mapping_status, warning_codes = u.warning_codes
            FROM json_populate_recordset(NULL::imports_importitem, %s::json) u WHERE i.id = u.id
            """,
            [orjson.dumps(rows).decode()],
        )


def _as_decided(
    item_id: int, kept: dict[str, Any], warnings: list[dict[str, Any]], now: dict[str, Any]
) -> dict[str, Any] | None:
    """An item's row with the mapping of its target, as far as both speak of the same references."""
    same = {
        entity
        for entity in mapping.ENTITIES
        if entity in kept and entity in now and kept[entity]["key"] == now[entity]["key"]
    }
    new = mapping.merged(
        kept,
        {entity: now[entity] for entity in same}
        | {"warnings": [w for w in now["warnings"] if w["entity"] in same]},
    )
    if new == kept:
        return None
    codes = sorted({warning["code"] for warning in [*warnings, *new["warnings"]]})
    return {"id": item_id, "mapping": new, "mapping_status": new["status"] or "", "warning_codes": codes}
