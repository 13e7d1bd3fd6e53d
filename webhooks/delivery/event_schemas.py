"""The JSON Schema of every event type's body, made from the tables that decide what leaves."""

from collections.abc import Iterable, Sequence
from typing import Any

from webhooks.delivery.payloads import PARTS, Field, Part
from webhooks.delivery.privacy import SOURCE
from webhooks.events.catalogue import DESCRIPTIONS, PAYLOAD_VERSION, WEBHOOK_TEST

_SWITCHED = "There where the subscription includes `{}`."


def body_schema(event_type: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of a body. Keys may be added to it; receivers ignore what they do not know."""
    parts = PARTS[event_type]
    properties: dict[str, Any] = {
        "eventId": {"type": "string", "description": "`evt_` and a ULID; the same in every attempt."},
        "eventType": {"const": event_type},
        "occurredAt": {"type": "string", "format": "date-time"},
        "tenantId": {"type": "string", "description": "The tenant's public name."},
        "source": {"const": SOURCE},
        "payloadVersion": {"const": PAYLOAD_VERSION},
    }
    required = [*properties, *(part.name for part in parts if not part.optional and part.switch is None)]
    properties |= {part.name: _part(part) for part in parts}
    if event_type == WEBHOOK_TEST:
        properties["sample"] = {
            "type": "object",
            "description": "Where a sample was asked for: the body of an event of that type.",
        }
    return {
        "type": "object",
        "description": DESCRIPTIONS[event_type],
        "properties": properties,
        "required": required,
    }


def _part(part: Part) -> dict[str, Any]:
    return {"description": _described(part.description, part), **_object(part.fields)}


def _object(fields: Sequence[Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {each.name: _field(each) for each in fields},
        "required": [each.name for each in fields if not each.optional and each.switch is None],
    }


def _field(each: Field) -> dict[str, Any]:
    schema = dict(each.schema)
    if description := _described(str(schema.get("description", "")), each):
        schema["description"] = description
    if each.fields:
        return schema | {"items": _object(each.fields)}
    if each.max_length:
        schema["maxLength"] = each.max_length
    return _nullable(schema) if each.nullable else schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    choices: Iterable[Any] = schema.get("enum", ())
    with_null = {"enum": [*choices, None]} if choices else {}
    return schema | {"type": [schema["type"], "null"]} | with_null


def _described(description: str, each: Field | Part) -> str:
    switched = _SWITCHED.format(each.switch) if each.switch else ""
    return " ".join(text for text in (description, switched) if text)
