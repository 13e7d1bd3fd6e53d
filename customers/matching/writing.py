"""What a chunk of decisions wrote to the registry: a constant number of statements, in one fixed order of rows.

Rows that several requests may touch are written sorted, so parallel imports of the same objects neither deadlock
nor duplicate. Where another request was first, nothing is written: `Overtaken` sends the chunk round again, and
this time it sees what the other did.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from customers.history import explain_changes
from customers.matching.context import Context, Given, Key
from customers.matching.decision import MAX_CANDIDATES, Pending
from customers.matching.keeping import rekey_locations
from customers.matching.policy import Policy
from customers.matching.snapshot import COLUMNS, Record, derived
from ordinavo_connect.api.statements import prepared_cursor

# Whoever was overtaken sees, when it tries again, what the other did; each round settles one rival.
MAX_ROUNDS = 10


class Overtaken(Exception):
    """Another request created, in the meantime, what this one decided to create or to ask for."""


_TABLES = {entity: f"customers_{entity}" for entity in COLUMNS}
_DERIVED = {
    "customer": ("name_key", "match_keys"),
    "location": ("address_key", "city_key", "match_keys"),
    "contact": ("email_key", "person_key"),
}
_TEXT = {
    entity: [c for c in columns if c not in ("latitude", "longitude", "default_work_minutes")]
    for entity, columns in COLUMNS.items()
}


def write(pending: Pending, policy: Policy, *, reason: str, user: Any = None) -> set[Key]:
    """Write what the decisions of a chunk want, in the transaction that is open.

    Args:
        reason: what for, for the history.
        user: the member of staff whose decision led to it, if one did.

    Returns:
        Keys whose open question was answered by what was written.

    Raises:
        Overtaken: another request was first; the savepoint is to be rolled back.
    """
    if not (pending.created or pending.updated or pending.references or pending.reviews):
        return set()
    if pending.created or pending.updated or pending.references:
        explain_changes(reason, user=user, client_id=policy.client_id)
    # First of all: a question that a later item of the chunk asks stays open.
    superseded = _supersede(pending.references, policy)
    _number(pending.created)
    _store_references(pending.references, policy)
    for entity in COLUMNS:
        # First what is there: a number that an update sets free may be a new customer's.
        _update(entity, [record for record in pending.updated.values() if record.entity == entity], policy)
        _insert(entity, [record for record in pending.created if record.entity == entity], policy)
    _rekey_renamed(pending.updated.values(), policy)
    _open_reviews(pending, policy)
    return superseded


def _number(records: list[Record]) -> None:
    """Give new records their ids, one statement for all."""
    if not records:
        return
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT "
            + ", ".join(
                f"ARRAY(SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, %s))"
                for table in _TABLES.values()
            ),
            [sum(record.entity == entity for record in records) for entity in _TABLES],
        )
        ids = dict(zip(_TABLES, map(iter, cursor.fetchone()), strict=True))
    for record in records:
        record.id = next(ids[record.entity])


def _store_references(references: dict[Key, tuple[Record, str]], policy: Policy) -> None:
    if not references:
        return
    rows = [
        {
            "entity_type": key.entity,
            "key_kind": key.kind,
            "external_id": key.value,
            f"{key.entity}_id": record.id,
            "origin": origin,
        }
        for key, (record, origin) in sorted(references.items(), key=lambda entry: entry[0])
    ]
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO customers_externalreference
                (tenant_id, source_system, entity_type, key_kind, external_id,
                 customer_id, location_id, contact_id, origin, created_at)
            SELECT %s, %s, entity_type, key_kind, external_id, customer_id, location_id, contact_id, origin, now()
            FROM json_populate_recordset(NULL::customers_externalreference, %s::json)
            ON CONFLICT DO NOTHING
            """,
            [policy.tenant_id, policy.source_system, orjson.dumps(rows).decode()],
        )
        if cursor.rowcount != len(rows):
            raise Overtaken


def _insert(entity: str, records: list[Record], policy: Policy) -> None:
    if not records:
        return
    records.sort(key=lambda record: (record.text("number"), record.id))
    owner = () if entity == "customer" else ("customer_id",)
    columns = ", ".join(("id", *owner, *COLUMNS[entity], *_DERIVED[entity]))
    rows = [
        record.values
        | _derived(record, policy)
        | {"id": record.id}
        | ({"customer_id": record.owner.id} if record.owner else {})
        for record in records
    ]
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {_TABLES[entity]} (tenant_id, {columns}, created_at, updated_at)
            SELECT %s, {columns}, now(), now()
            FROM json_populate_recordset(NULL::{_TABLES[entity]}, %s::json)
            ON CONFLICT DO NOTHING
            """,
            [policy.tenant_id, orjson.dumps(rows).decode()],
        )
        if cursor.rowcount != len(rows):
            raise Overtaken


def _update(entity: str, records: list[Record], policy: Policy) -> None:
    """Change only the columns that the decisions changed; a blank that somebody filled meanwhile stays filled."""
    if not records:
        return
    rows = [
        {name: record.values[name] for name in record.changed}
        | {"id": record.id}
        | _derived_of_changed(record, policy)
        for record in sorted(records, key=lambda record: record.id or 0)
    ]
    fill_only = policy.update_policy == "fillBlanks"
    assignments = [_assignment(name, entity, fill_only=fill_only) for name in COLUMNS[entity]]
    assignments += [f"{name} = COALESCE(u.{name}, t.{name})" for name in _DERIVED[entity]]
    with prepared_cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {_TABLES[entity]} WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
            [[row["id"] for row in rows]],
        )
        if renumbered := [row["id"] for row in rows if "number" in row] if not fill_only else []:
            # Customers may take each other's numbers; a unique key is checked row by row.
            cursor.execute(
                "UPDATE customers_customer SET number = '' WHERE id = ANY(%s::bigint[])", [renumbered]
            )
        cursor.execute(
            f"""
            UPDATE {_TABLES[entity]} t SET {", ".join(assignments)}, updated_at = now()
            FROM json_populate_recordset(NULL::{_TABLES[entity]}, %s::json) u
            WHERE t.id = u.id AND t.tenant_id = %s
            """,
            [orjson.dumps(rows).decode(), policy.tenant_id],
        )


def _rekey_renamed(records: Iterable[Record], policy: Policy) -> None:
    renamed = [
        record.id or 0 for record in records if record.entity == "customer" and "name" in record.changed
    ]
    if renamed:
        rekey_locations(renamed, tenant_id=policy.tenant_id)


def _derived_of_changed(record: Record, policy: Policy) -> dict[str, Any]:
    """Computed columns, where one was changed that they are computed from."""
    return _derived(record, policy) if record.changed & _SOURCES[record.entity] else {}


_SOURCES = {
    "customer": {"name", "email", "phone"},
    "location": {"street", "postal_code", "city"},
    "contact": {"email", "display_name"},
}


def _derived(record: Record, policy: Policy) -> dict[str, Any]:
    name = record.owner.text("name") if record.owner else None
    return derived(record.entity, record.values, tenant_id=policy.tenant_id, customer_name=name)


def _assignment(name: str, entity: str, *, fill_only: bool) -> str:
    if not fill_only:
        return f"{name} = COALESCE(u.{name}, t.{name})"
    blank = f"t.{name} = ''" if name in _TEXT[entity] else f"t.{name} IS NULL"
    return f"{name} = CASE WHEN {blank} THEN COALESCE(u.{name}, t.{name}) ELSE t.{name} END"


def _open_reviews(pending: Pending, policy: Policy) -> None:
    """One open question for each key; one that is open already shows what came in last.

    The facts are read by several statements: a record that another request created between two of them is found by
    its name, but not by its external ID. So a key that led nowhere must not lead somewhere now.
    """
    if not pending.reviews:
        return
    rows = [
        {
            "entity_type": key.entity,
            "key_kind": key.kind,
            "external_id": key.value,
            "kind": verdict.kind or "ManualReview",
            "ground": verdict.ground,
            "explanation": verdict.explanation or {},
            "warning": next(iter(verdict.warnings), {}),
            "incoming": incoming(context),
            "candidates": [record.id for record in verdict.candidates[:MAX_CANDIDATES]],
            "parent_id": owner.id if owner is not None and key.entity != "customer" else None,
        }
        for key, (verdict, context, owner) in sorted(
            pending.reviews.items(), key=lambda entry: _place(entry[0])
        )
    ]
    unknown = sorted(pending.unknown - pending.references.keys())
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO customers_mappingreview
                (tenant_id, source_system, client_id, entity_type, key_kind, external_id, kind, status, warning,
                 ground, explanation, incoming, candidates, parent_id, opened_at, last_seen_at, note, undo)
            SELECT %s, %s, %s, entity_type, key_kind, external_id, kind, 'open', warning,
                   ground, explanation, incoming, candidates, parent_id, now(), now(), '', '{}'
            FROM json_populate_recordset(NULL::customers_mappingreview, %s::json)
            WHERE NOT EXISTS (
                SELECT 1 FROM unnest(%s::text[], %s::text[], %s::text[]) AS k (entity_type, key_kind, external_id)
                JOIN customers_externalreference USING (entity_type, key_kind, external_id)
                WHERE tenant_id = %s AND source_system = %s
            )
            ON CONFLICT (tenant_id, source_system, entity_type, key_kind, external_id) WHERE status = 'open'
            DO UPDATE SET kind = EXCLUDED.kind, warning = EXCLUDED.warning, incoming = EXCLUDED.incoming,
                ground = EXCLUDED.ground, explanation = EXCLUDED.explanation,
                candidates = EXCLUDED.candidates, parent_id = EXCLUDED.parent_id, client_id = EXCLUDED.client_id,
                last_seen_at = EXCLUDED.last_seen_at
            """,
            [
                *(policy.tenant_id, policy.source_system, policy.client_id, orjson.dumps(rows).decode()),
                [key.entity for key in unknown],
                [key.kind for key in unknown],
                [key.value for key in unknown],
                *(policy.tenant_id, policy.source_system),
            ],
        )
        if cursor.rowcount != len(rows):
            raise Overtaken


def _place(key: Key) -> tuple[int, Key]:
    """The customer's question comes first in the queue: the others wait for its answer."""
    return list(COLUMNS).index(key.entity), key


def incoming(context: Context) -> dict[str, Any]:
    """A context as reviews and targets keep it: `{"customer": {"external_id": …, "name": …}, …}`."""
    given: Iterable[tuple[str, Given | None]] = (
        (name, getattr(context, name)) for name in ("customer", "location", "contact")
    )
    return {name: {"external_id": g.external_id} | g.facts for name, g in given if g is not None}


def _supersede(references: dict[Key, tuple[Record, str]], policy: Policy) -> set[Key]:
    """Close the questions that a new reference answers, before staff did."""
    if not references:
        return set()
    keys = sorted(references)
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            UPDATE customers_mappingreview r SET status = 'superseded', decided_at = now()
            FROM unnest(%s::text[], %s::text[], %s::text[]) AS known (entity_type, key_kind, external_id)
            WHERE r.tenant_id = %s AND r.source_system = %s AND r.status = 'open'
              AND r.entity_type = known.entity_type AND r.key_kind = known.key_kind
              AND r.external_id = known.external_id
            RETURNING r.entity_type, r.key_kind, r.external_id
            """,
            [
                [key.entity for key in keys],
                [key.kind for key in keys],
                [key.value for key in keys],
                policy.tenant_id,
                policy.source_system,
            ],
        )
        return {Key(*row) for row in cursor.fetchall()}
