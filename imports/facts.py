"""What an import tells the world: the facts of its events (API contract, Webhooks)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson

from customers.matching.snapshot import Record
from imports.targets import TargetState
from ordinavo_connect.api.statements import prepared_cursor
from webhooks.events import catalogue
from webhooks.events.outbox import Fact

if TYPE_CHECKING:
    from imports.pipeline import Result, Scope

_TYPES = {
    "Imported": catalogue.TARGET_IMPORTED,
    "Updated": catalogue.TARGET_UPDATED,
    "Cancelled": catalogue.TARGET_CANCELLED,
    "Rejected": catalogue.TARGET_REJECTED,
}


def item_facts(results: "Iterable[Result]", scope: "Scope") -> list[Fact]:
    """What some items tell, in their order; one that changed nothing tells nothing. One statement."""
    told = [result for result in results if result.status in _TYPES]
    linked = linked_facts((result.state.links for result in told if result.state), tenant_id=scope.tenant_id)
    return [Fact(_TYPES[result.status], _facts(result, linked, scope)) for result in told]


def _facts(result: "Result", linked: dict[tuple[str, int], dict[str, Any]], scope: "Scope") -> dict[str, Any]:
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
    """Facts of the records that targets are linked to, by entity and id: one statement.

    `externalIds` are by source system; the newest where there are several.
    """
    ids: dict[str, set[int]] = defaultdict(set)
    for link in links:
        for entity, record in link.items():
            record_id = record.id if isinstance(record, Record) else record
            if record_id is not None:
                ids[entity].add(record_id)
    if not ids:
        return {}
    parameters: list[Any] = []
    for entity in _FACTS_SQL:
        parameters += [sorted(ids[entity]), tenant_id]
    with prepared_cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_FACTS_SQL.values()), parameters)
        return {(entity, record_id): _loads(facts) for entity, record_id, facts in cursor.fetchall()}


def _loads(facts: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(facts) if isinstance(facts, str | bytes) else facts
    return loaded


def _facts_sql(entity: str, columns: str) -> str:
    return f"""
    SELECT '{entity}', x.id, jsonb_build_object('id', x.id, {columns}, 'externalIds', coalesce((
        SELECT jsonb_object_agg(r.source_system, r.external_id ORDER BY r.id)
        FROM customers_externalreference r
        WHERE r.{entity}_id = x.id AND r.key_kind = 'id'
    ), '{{}}'))
    FROM customers_{entity} x WHERE x.id = ANY(%s::bigint[]) AND x.tenant_id = %s
    """


_FACTS_SQL = {
    "customer": _facts_sql("customer", "'number', x.number, 'name', x.name"),
    "location": _facts_sql(
        "location",
        "'name', x.name, 'city', x.city, 'hasCoordinates', x.latitude IS NOT NULL, "
        "'defaultPriority', x.default_priority",
    ),
    "contact": _facts_sql(
        "contact", "'displayName', x.display_name, 'email', x.email, 'phone', x.phone, 'role', x.role"
    ),
}
