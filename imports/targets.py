"""Targets in memory: what an import changes on them, and what of it is an error."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from customers.matching.decision import Verdict
from customers.matching.snapshot import Record
from imports.contract import Item, TargetIn, window_alone
from ordinavo_connect.api.errors import FieldError
from ordinavo_connect.api.statements import prepared_cursor

# Field of the shape → column and its blank value.
_SIMPLE = {
    "title": ("title", ""),
    "description": ("description", ""),
    "external_type": ("external_type", ""),
    "template_key": ("template_key", ""),
    "source_updated_at": ("source_updated_at", None),
}
_PLANNING = {
    "priority": ("priority", ""),
    "estimated_work_minutes": ("work_minutes", None),
    "due_date": ("due_date", None),
    "due_at_utc": ("due_at", None),
    "route_date": ("route_date", None),
    "preferred_time_window_start": ("window_start", None),
    "preferred_time_window_end": ("window_end", None),
    "fixed_time": ("fixed_time", False),
}
_BUSINESS_VALUE = {
    "expected_revenue": ("expected_revenue", None),
    "customer_tier": ("customer_tier", ""),
    "close_probability": ("close_probability", None),
}
# Column → its name in the API, for changes.
API_NAMES = {
    "title": "title",
    "description": "description",
    "external_type": "externalType",
    "template_key": "templateKey",
    "priority": "planning.priority",
    "work_minutes": "planning.estimatedWorkMinutes",
    "due_date": "planning.dueDate",
    "due_at": "planning.dueAtUtc",
    "route_date": "planning.routeDate",
    "window_start": "planning.preferredTimeWindowStart",
    "window_end": "planning.preferredTimeWindowEnd",
    "fixed_time": "planning.fixedTime",
    "expected_revenue": "businessValue.expectedRevenue",
    "customer_tier": "businessValue.customerTier",
    "close_probability": "businessValue.closeProbability",
    "required_skills": "requiredSkills",
    "custom_fields": "customFields",
    "latitude": "location.latitude",
    "longitude": "location.longitude",
    "source_updated_at": "sourceUpdatedAt",
}
CONTENT = tuple(name for name in API_NAMES if name != "source_updated_at")
COLUMNS = tuple(API_NAMES)
JSON_COLUMNS = ("required_skills", "custom_fields")
_BLANK: dict[str, Any] = dict.fromkeys(COLUMNS) | {
    column: blank for table in (_SIMPLE, _PLANNING, _BUSINESS_VALUE) for column, blank in table.values()
}
MAX_CUSTOM_FIELDS = 50


@dataclass(slots=True)
class TargetState:
    """A target in memory, while a chunk is imported.

    Args:
        values: its columns of `COLUMNS`.
        links: by entity, the record or the id of it that the target is linked to.
        owners: of the linked location and contact, the id of their customer, as far as they were read.
        keys: by entity, how the source system named it: "id:CUST-1".
        context: what was last given: {"customer": {"external_id": …, …}, …}.
        mapping: what became of it: see `imports.mapping`.
        verdicts: by entity, what this chunk decided; it goes into `mapping` once new records have ids.
    """

    external_id: str
    id: int | None = None
    status: str = "Open"
    values: dict[str, Any] = field(
        default_factory=lambda: {**_BLANK, "required_skills": [], "custom_fields": {}}
    )
    links: dict[str, Record | int | None] = field(default_factory=dict)
    owners: dict[str, int | None] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    mapping: dict[str, Any] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    content_hash: str = ""
    exists: bool = False
    is_changed: bool = False

    def link_id(self, entity: str) -> int | None:
        link = self.links.get(entity)
        return link.id if isinstance(link, Record) else link


def load_targets(
    external_ids: Iterable[str], *, tenant_id: int, source_system: str
) -> dict[str, TargetState]:
    """The targets that exist, locked in the order of their external IDs: one statement."""
    columns = ", ".join(f"t.{name}" for name in COLUMNS)
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT t.external_id, t.id, t.status, t.customer_id, t.location_id, t.contact_id,
                   l.customer_id, p.customer_id, t.customer_key, t.location_key, t.contact_key,
                   t.context, t.mapping, t.content_hash, {columns}
            FROM imports_target t
            LEFT JOIN customers_location l ON l.id = t.location_id
            LEFT JOIN customers_contact p ON p.id = t.contact_id
            WHERE t.tenant_id = %s AND t.source_system = %s AND t.external_id = ANY(%s::text[])
            ORDER BY t.external_id
            FOR UPDATE OF t
            """,
            [tenant_id, source_system, sorted(set(external_ids))],
        )
        return {row[0]: _state(row) for row in cursor.fetchall()}


def _state(row: tuple[Any, ...]) -> TargetState:
    values = dict(zip(COLUMNS, row[14:], strict=True))
    for name in JSON_COLUMNS:
        values[name] = orjson.loads(values[name])
    return TargetState(
        external_id=row[0],
        id=row[1],
        status=row[2],
        links={"customer": row[3], "location": row[4], "contact": row[5]},
        owners={"location": row[6], "contact": row[7]},
        keys={
            name: key for name, key in zip(("customer", "location", "contact"), row[8:11], strict=True) if key
        },
        context=orjson.loads(row[11]),
        mapping=orjson.loads(row[12]),
        content_hash=row[13],
        values=values,
        exists=True,
    )


def given_columns(target: TargetIn) -> dict[str, Any]:
    """The columns that a payload gives, as their new values; an explicit null is the blank value.

    `custom_fields` are as given, to be merged; None: all are cleared.
    """
    columns: dict[str, Any] = {}
    _take(target, _SIMPLE, columns)
    for name, table in (("planning", _PLANNING), ("business_value", _BUSINESS_VALUE)):
        if name in target.model_fields_set:
            part = getattr(target, name)
            if part is None:
                columns |= dict(table.values())
            else:
                _take(part, table, columns)
    if "required_skills" in target.model_fields_set:
        columns["required_skills"] = target.required_skills or []
    if "custom_fields" in target.model_fields_set:
        columns["custom_fields"] = target.custom_fields
    return columns


def _take(part: Any, table: dict[str, tuple[str, Any]], columns: dict[str, Any]) -> None:
    for name in part.model_fields_set & table.keys():
        column, blank = table[name]
        value = getattr(part, name)
        columns[column] = blank if value is None else value


def merge(state: TargetState, columns: dict[str, Any]) -> dict[str, list[Any]]:
    """Apply given columns to a target.

    Returns:
        What changed, by the API's names: [old, new].
    """
    if "custom_fields" in columns:
        given = columns["custom_fields"]
        merged = {} if given is None else state.values["custom_fields"] | given
        columns = columns | {
            "custom_fields": {name: value for name, value in merged.items() if value is not None}
        }
    changes = {
        API_NAMES[name]: [state.values[name], value]
        for name, value in columns.items()
        if not _is_same(name, state.values[name], value)
    }
    state.values |= columns
    return changes


def _is_same(name: str, old: Any, new: Any) -> bool:
    """As JSON values in what is JSON: 1 and true are two."""
    if name in JSON_COLUMNS:
        return orjson.dumps(old, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            new, option=orjson.OPT_SORT_KEYS
        )
    return bool(old == new)


def faults(state: TargetState, item: Item) -> list[FieldError]:
    """What does not fit together on a target, given and kept fields seen as one; at the caller's own paths."""
    errors = []
    start, end = state.values["window_start"], state.values["window_end"]
    if start is not None and end is not None and end <= start:
        message = "The end of the time window lies after its start."
        errors.append(
            FieldError(_path(item, "timeWindowEndUtc", "preferredTimeWindowEnd"), "window_order", message)
        )
    if state.values["fixed_time"] and start is None:
        message = "A fixed time needs the start of the time window."
        errors.append(FieldError("planning.fixedTime", "window_required", message))
    if len(state.values["custom_fields"]) > MAX_CUSTOM_FIELDS:
        message = f"At most {MAX_CUSTOM_FIELDS} keys are allowed, those that the target has included."
        errors.append(FieldError("customFields", "too_many", message))
    return errors


def further_faults(state: TargetState | None, item: Item) -> list[FieldError]:
    """What does not fit together on an item that is invalid anyhow, so that all is told at once."""
    planning = window_alone(item.raw)
    if planning is None or item.operation == "cancel":
        return []
    draft = TargetState(item.external_id)
    if state is not None:
        draft.values = {**state.values}
    columns: dict[str, Any] = {}
    _take(planning, _PLANNING, columns)
    draft.values |= columns
    known = {error.field for error in item.errors}
    return [error for error in faults(draft, item) if error.field not in known]


def _path(item: Item, alias: str, name: str) -> str:
    planning = item.raw.get("planning") if isinstance(item.raw, dict) else None
    return f"planning.{alias}" if isinstance(planning, dict) and alias in planning else f"planning.{name}"


def content_hash(values: dict[str, Any]) -> str:
    """SHA-256 of what a target says, for reconciling; its status and time of change are no part of it."""
    content = {name: values[name] for name in CONTENT}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def write_targets(
    states: list[TargetState], *, tenant_id: int, source_system: str, client_id: int | None, now: datetime
) -> bool:
    """Insert what is new, update what changed: two statements at most.

    Args:
        client_id: who sent them; None: not sent, each keeps its client.

    Returns:
        False where another request created one of them meanwhile.
    """
    new = sorted((s for s in states if not s.exists), key=lambda state: state.external_id)
    changed = sorted((s for s in states if s.exists and s.is_changed), key=lambda state: state.external_id)
    written = ", ".join((*_WRITTEN, *COLUMNS))
    if new:
        with prepared_cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO imports_target
                    (tenant_id, source_system, client_id, external_id, {written}, created_at, updated_at)
                SELECT %s, %s, %s, external_id, {written}, %s, %s
                FROM json_populate_recordset(NULL::imports_target, %s::json)
                ON CONFLICT DO NOTHING
                RETURNING id, external_id
                """,
                [tenant_id, source_system, client_id, now, now, _json(new)],
            )
            ids = {external_id: target_id for target_id, external_id in cursor.fetchall()}
        if len(ids) != len(new):
            return False
        for state in new:
            state.id = ids[state.external_id]
    if changed:
        assignments = ", ".join(f"{name} = u.{name}" for name in (*_WRITTEN, *COLUMNS))
        with prepared_cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE imports_target t SET {assignments}, client_id = coalesce(%s, t.client_id), updated_at = %s
                FROM json_populate_recordset(NULL::imports_target, %s::json) u
                WHERE t.id = u.id AND t.tenant_id = %s
                """,
                [client_id, now, _json(changed), tenant_id],
            )
    return True


_WRITTEN = (
    "status",
    "customer_id",
    "location_id",
    "contact_id",
    "customer_key",
    "location_key",
    "contact_key",
    "context",
    "mapping",
    "mapping_status",
    "content_hash",
)


def _json(states: list[TargetState]) -> str:
    rows = [
        state.values
        | {
            "id": state.id,
            "external_id": state.external_id,
            "status": state.status,
            "customer_id": state.link_id("customer"),
            "location_id": state.link_id("location"),
            "contact_id": state.link_id("contact"),
            "customer_key": state.keys.get("customer", ""),
            "location_key": state.keys.get("location", ""),
            "contact_key": state.keys.get("contact", ""),
            "context": state.context,
            "mapping": state.mapping,
            "mapping_status": state.mapping.get("status") or "",
            "content_hash": state.content_hash,
        }
        for state in states
    ]
    return orjson.dumps(rows).decode()
