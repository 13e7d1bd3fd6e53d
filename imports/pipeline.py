"""The one way in: from checked items to targets, links, log and events, a chunk at a time.

Constraints: the number of statements is the same for one item as for a thousand; items are applied in order, the
same external ID twice as two requests would; an item that breaks a rule of the database takes no neighbour with
it; what two requests touch is locked in one order. So: facts are read for the whole chunk, each item is decided in
memory, and what came of it is written at once.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from customers.matching.context import Context
from customers.matching.decision import Pending
from customers.matching.snapshot import Snapshot, gather
from customers.matching.writing import MAX_ROUNDS, Overtaken, write
from imports import mapping
from imports.contract import Item
from imports.import_log import log_items
from imports.linking import link, link_changes, settle
from imports.questions import close_moot
from imports.relinking import relink
from imports.results import Refused, Result, Scope, reject
from imports.targets import (
    TargetState,
    content_hash,
    faults,
    further_faults,
    given_columns,
    load_targets,
    merge,
    write_targets,
)


def import_chunk(items: list[Item], scope: Scope) -> list[Result]:
    """Import some items in the transaction that is open, in a savepoint where the scope is careful, and log them.

    Returns:
        What became of each, in their order.

    Raises:
        Overtaken: other requests were first too often.
        IntegrityError, DataError: an item breaks a rule of the database, and the scope is not careful.
    """
    if not scope.is_careful:
        return _import(items, scope)
    return [result for run in _runs(items) for result in _import_run(run, scope)]


def _runs(items: list[Item]) -> Iterator[list[Item]]:
    """Items that can be decided on facts that are read at once: almost always all of them.

    A place or person that is given without its customer is that of the customer which the target has by then; where
    an earlier item of the same target may have changed that, the facts are read anew.
    """
    run: list[Item] = []
    seen: set[str] = set()
    for item in items:
        if item.external_id in seen and _leans_on_target(item):
            yield run
            run, seen = [], set()
        run.append(item)
        seen.add(item.external_id)
    yield run


def _leans_on_target(item: Item) -> bool:
    target = item.target
    if target is None or mapping.given(target.customer) is not None:
        return False
    return bool(target.location or target.contact or target.customer)


def _import_run(items: list[Item], scope: Scope) -> list[Result]:
    for _ in range(MAX_ROUNDS):
        try:
            with transaction.atomic():
                results = _import(items, scope)
                _check_links()
                return results
        except Overtaken:
            continue
        except (IntegrityError, DataError) as error:
            if _is_a_race(error):
                continue
            return _isolate(items, scope, error)
    raise Overtaken


def _check_links() -> None:
    """Foreign keys are checked at the end of a transaction; a savepoint is only worth something if they are now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _is_a_race(error: Exception) -> bool:
    """A unique key was taken between reading and writing: another round sees it."""
    return getattr(error.__cause__, "sqlstate", "") == "23505"


def _isolate(items: list[Item], scope: Scope, error: Exception) -> list[Result]:
    """Find the item that breaks a rule of the database, by halves, and reject it alone."""
    if len(items) == 1:
        message = "The item breaks a rule of the database."
        with transaction.atomic():
            result = reject(items[0], "validation_failed", message)
            log_items([result], scope)
        return [result]
    middle = len(items) // 2
    return _import_run(items[:middle], scope) + _import_run(items[middle:], scope)


def _import(items: list[Item], scope: Scope) -> list[Result]:
    valid = [item for item in items if item.target is not None and not item.refusal]
    states = load_targets(
        (item.external_id for item in items if not item.refusal),
        tenant_id=scope.tenant_id,
        source_system=scope.source_system,
    )
    contexts = _contexts(valid, states)
    facts = gather(contexts.values(), scope.policy)
    pending = Pending()
    results = [_apply(item, states, contexts.get(item.index), facts, pending, scope) for item in items]
    superseded = write(pending, scope.policy, reason=f"import job {scope.job_id}")
    settle(results, scope)
    # Of several items of one target the last draft is the target.
    touched = {result.state.external_id: result.state for result in results if result.state is not None}
    written = write_targets(
        list(touched.values()),
        tenant_id=scope.tenant_id,
        source_system=scope.source_system,
        client_id=scope.policy.client_id,
        now=scope.now,
    )
    if not written:
        raise Overtaken
    for result in results:
        if result.state is not None:
            result.state.id = touched[result.state.external_id].id
    log_items(results, scope)
    accepted = [result.decision for result in results if result.decision and result.status != "Rejected"]
    close_moot(accepted, facts, scope.policy)
    if superseded:
        relink(
            superseded,
            tenant_id=scope.tenant_id,
            source_system=scope.source_system,
            now=scope.now,
            reason=f"a reference that import job {scope.job_id} made known",
        )
    return results


def _contexts(items: list[Item], states: dict[str, TargetState]) -> dict[int, Context]:
    """The context of each item, by its index."""
    contexts: dict[int, Context] = {}
    for item in items:
        if item.operation == "cancel" or item.target is None:
            continue
        state = states.get(item.external_id)
        context = mapping.context_of(
            item.target,
            kept_customer=state.link_id("customer") if state else None,
            kept_key=state.keys.get("customer", "") if state else "",
        )
        contexts[item.index] = context
    return contexts


def _apply(
    item: Item,
    states: dict[str, TargetState],
    context: Context | None,
    facts: Snapshot,
    pending: Pending,
    scope: Scope,
) -> Result:
    """One item, in memory: later items of the chunk see what came of it."""
    if item.refusal:
        return reject(item, item.refusal)
    if item.target is None:
        further = further_faults(states.get(item.external_id), item)
        return reject(item, "validation_failed", details=[*item.errors, *further])
    try:
        return _apply_valid(item, states, context, facts, pending, scope)
    except Refused as refused:
        result = reject(item, refused.code, refused.message, refused.details)
        result.decision = refused.decision
        return result


def _apply_valid(
    item: Item,
    states: dict[str, TargetState],
    context: Context | None,
    facts: Snapshot,
    pending: Pending,
    scope: Scope,
) -> Result:
    state = states.get(item.external_id)
    if (skipped := _without_change(item, state)) is not None:
        return skipped
    if item.operation == "cancel":
        assert state is not None
        return _cancel(item, state)
    assert item.target is not None
    draft = _copy(state) if state else TargetState(external_id=item.external_id)
    result = Result(item, "Updated" if state else "Imported", state=draft)
    changes = merge(draft, given_columns(item.target) | _coordinates(item, draft, context))
    if errors := faults(draft, item):
        raise Refused("validation_failed", details=errors)
    if draft.status == "Cancelled":
        draft.status = "Open"
        changes["status"] = ["Cancelled", "Open"]
        result.warnings.append(_warning("target_reopened", "The target was cancelled; it is open again."))
    if context is not None:
        link(item, context, draft, result, facts, pending, scope)
    changes |= link_changes(state, draft) if state else {}
    draft.content_hash = content_hash(draft.values)
    draft.is_changed = (
        draft.is_changed or bool(changes) or (state is not None and draft.mapping != state.mapping)
    )
    if state is not None:
        result.changes = changes
        result.status = "Updated" if changes else "Unchanged"
    states[item.external_id] = draft
    result.content_hash = draft.content_hash
    return result


def _without_change(item: Item, state: TargetState | None) -> Result | None:
    """The operations that are refused, or leave the target as it is.

    Raises:
        Refused: the target exists already, is not there, or is cancelled.
    """
    if item.operation == "create":
        if state is not None:
            raise Refused("external_id_exists")
        return None
    if state is None:
        if item.operation == "upsert":
            return None
        raise Refused("target_not_found")
    if state.status == "Completed":
        return _as_it_is(item, state, "target_completed", "The target is completed and stays as it is.")
    if state.status == "Cancelled" and item.operation == "update":
        raise Refused("target_cancelled")
    assert item.target is not None
    known, sent = state.values["source_updated_at"], item.target.source_updated_at
    if known is not None and sent is not None and sent < known:
        return _as_it_is(
            item, state, "stale_update", "A newer update was applied before; this one is skipped."
        )
    if state.status == "Cancelled" and item.operation == "cancel":
        if sent is not None and sent != known:
            state.values["source_updated_at"], state.is_changed = sent, True
        return Result(item, "Unchanged", state=state, content_hash=state.content_hash, changes={})
    return None


def _as_it_is(item: Item, state: TargetState, code: str, message: str) -> Result:
    mentions = any(getattr(item.target, entity) for entity in mapping.ENTITIES)
    return Result(
        item,
        "Unchanged",
        state=state,
        mapping=state.mapping if mentions and state.mapping else None,
        warnings=[_warning(code, message)],
        changes={},
        content_hash=state.content_hash,
    )


def _cancel(item: Item, state: TargetState) -> Result:
    assert item.target is not None
    changes: dict[str, list[Any]] = {"status": [state.status, "Cancelled"]}
    if (sent := item.target.source_updated_at) is not None:
        changes |= merge(state, {"source_updated_at": sent})
    state.status, state.is_changed = "Cancelled", True
    return Result(item, "Cancelled", state=state, changes=changes, content_hash=state.content_hash)


def _copy(state: TargetState) -> TargetState:
    """A draft that a rejected item leaves no trace on."""
    return dataclasses.replace(
        state,
        values={**state.values},
        links={**state.links},
        owners={**state.owners},
        keys={**state.keys},
        context={**state.context},
        mapping={**state.mapping},
        verdicts={**state.verdicts},
    )


def _coordinates(item: Item, draft: TargetState, context: Context | None) -> dict[str, Any]:
    """Coordinates of the payload: they count whether or not a location is linked; a new place has its own."""
    assert item.target is not None
    if "location" not in item.target.model_fields_set:
        return {}
    place = item.target.location
    if place is not None and {"latitude", "longitude"} & place.model_fields_set:
        return {"latitude": place.latitude, "longitude": place.longitude}
    key = str(context.key("location")) if context and context.location else ""
    return {} if key and key == draft.keys.get("location") else {"latitude": None, "longitude": None}


def _warning(code: str, message: str) -> dict[str, str]:
    return {"code": code, "entity": "target", "field": "externalId", "message": message}
