"""What an import tells the world: the facts of its events (API contract, Webhooks)."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from customers.matching.snapshot import Record
from imports.results import Result, Scope
from imports.targets import TargetState
from ordinavo_connect.api.statements import prepared_cursor
from webhooks.events import catalogue
from webhooks.events.outbox import Fact

_TYPES = {
    "Imported": catalogue.TARGET_IMPORTED,
    "Updated": catalogue.TARGET_UPDATED,
    "Cancelled": catalogue.TARGET_CANCELLED,
    "Rejected": catalogue.TARGET_REJECTED,
}


def item_facts(results: Iterable[Result], scope: Scope) -> list[Fact]:
    """What some items tell, in their order; one that changed nothing tells nothing. One statement."""
    told = [result for result in results if result.status in _TYPES]
    linked = linked_facts((result.state.links for result in told if result.state), tenant_id=scope.tenant_id)
    return [Fact(_TYPES[result.status], _facts(result, linked, scope)) for result in told]


def _facts(result: Result, linked: dict[tuple[str, int], dict[str, Any]], scope: Scope) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    state = result.state
    if state is not None:
        facts = target_facts(state, linked, source_system=scope.source_system)
    else:
        sent = result.item.target.title if result.item.target else None
        facts["target"] = {
            "id": None,
            "externalIds": {scope.source_system: result.item.external_id} if result.item.external_id else {},
            "title": sent,
        }
    outcome: dict[str, Any] = {"id": scope.job_id, "itemIndex": result.item.index, "outcome": result.status}
    if result.error_code:
        outcome |= {
            "errorCode": result.error_code,
            "errorMessage": result.error_message,
            "details": [error.as_json() for error in result.details],
        }
    return facts | {"importJob": outcome}


def target_facts(
    state: TargetState, linked: dict[tuple[str, int], dict[str, Any]], *, source_system: str
) -> dict[str, Any]:
    """A target and what it is linked to, as events tell of them.

    The external IDs of the source system are those that it sent; priority and fields are there for the
    conditions of subscriptions.
    """
    facts: dict[str, Any] = {}
    default_priority = ""
    for entity in ("customer", "location", "contact"):
        record_id = state.link_id(entity)
        if record_id is None or (entity, record_id) not in linked:
            continue
        facts[entity] = dict(linked[entity, record_id])
        kind, _, value = state.keys.get(entity, "").partition(":")
        if kind == "id":
            facts[entity]["externalIds"] = facts[entity]["externalIds"] | {source_system: value}
        default_priority = facts[entity].pop("defaultPriority", "") or default_priority
    facts["target"] = {
        "id": state.id,
        "externalIds": {source_system: state.external_id},
        "title": state.values["title"],
        "status": state.status,
        "mappingStatus": state.mapping.get("status"),
        "priority": state.values["priority"] or default_priority or "Normal",
        "templateKey": state.values["template_key"],
        "customFields": state.values["custom_fields"],
    }
    return facts


def linked_facts(
    links: Iterable[dict[str, Record | int | None]], *, tenant_id: int
) -> dict[tuple[str, int], dict[str, Any]]:
    """Facts of the records that targets are linked to, by entity and id: at most two statements.

    What the chunk decided on is known; links that targets merely kept are read. `externalIds` are by source
    system; the newest where there are several.
    """
    known: dict[tuple[str, int], dict[str, Any]] = {}
    kept: dict[str, set[int]] = {entity: set() for entity in _COLUMNS}
    for link in links:
        for entity, record in link.items():
            if isinstance(record, int):
                kept[entity].add(record)
            elif record is not None and record.id is not None:
                known.setdefault(
                    (entity, record.id), _facts_of(entity, record.id, record.values, record.external_ids)
                )
    unread = {entity: ids - {i for e, i in known if e == entity} for entity, ids in kept.items()}
    if any(unread.values()):
        known |= _read(unread, tenant_id)
    _add_external_ids(known, tenant_id)
    return known


def _facts_of(
    entity: str, record_id: int, values: Mapping[str, Any], external_ids: dict[str, str] | None = None
) -> dict[str, Any]:
    facts = {"id": record_id} | {name: values[column] for name, column in _COLUMNS[entity].items()}
    if entity == "location":
        facts["hasCoordinates"] = facts.pop("latitude") is not None
    return facts | {"externalIds": external_ids}


def _read(ids: dict[str, set[int]], tenant_id: int) -> dict[tuple[str, int], dict[str, Any]]:
    statement = " UNION ALL ".join(
        f"SELECT '{entity}', id, to_jsonb(x) FROM customers_{entity} x"
        " WHERE id = ANY(%s::bigint[]) AND tenant_id = %s"
        for entity in _COLUMNS
    )
    with prepared_cursor() as cursor:
        cursor.execute(
            statement, [value for entity in _COLUMNS for value in (sorted(ids[entity]), tenant_id)]
        )
        return {
            (entity, record_id): _facts_of(entity, record_id, orjson.loads(values))
            for entity, record_id, values in cursor.fetchall()
        }


def _add_external_ids(facts: dict[tuple[str, int], dict[str, Any]], tenant_id: int) -> None:
    """Read those of the records that were not found by a reference."""
    unread = {key: told for key, told in facts.items() if told["externalIds"] is None}
    if not unread:
        return
    for told in unread.values():
        told["externalIds"] = {}
    statement = " UNION ALL ".join(
        f"SELECT '{entity}', {entity}_id, source_system, external_id, id FROM customers_externalreference"
        f" WHERE {entity}_id = ANY(%s::bigint[]) AND tenant_id = %s AND key_kind = 'id'"
        for entity in _COLUMNS
    )
    ids = {entity: sorted(i for e, i in unread if e == entity) for entity in _COLUMNS}
    with prepared_cursor() as cursor:
        cursor.execute(
            f"{statement} ORDER BY 5", [value for entity in _COLUMNS for value in (ids[entity], tenant_id)]
        )
        for entity, record_id, source_system, external_id, _ in cursor.fetchall():
            facts[entity, record_id]["externalIds"][source_system] = external_id


# Name in the facts → column of the registry.
_COLUMNS = {
    "customer": {"number": "number", "name": "name"},
    "location": {
        "name": "name",
        "city": "city",
        "latitude": "latitude",
        "defaultPriority": "default_priority",
    },
    "contact": {"displayName": "display_name", "email": "email", "phone": "phone", "role": "role"},
}
