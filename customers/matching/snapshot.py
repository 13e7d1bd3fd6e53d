"""The part of the registry that a chunk of contexts may touch, read in a constant number of statements.

Decisions then work in memory, one after the other, so that an item sees what an earlier one of the same chunk
created; nothing is written before all are decided.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from customers.matching.blocks import hashed, place_keys
from customers.matching.candidates import Candidates, read_candidates, record_keys
from customers.matching.context import Context, Key
from customers.matching.counting import frequencies_of
from customers.matching.frequency import ANYWHERE
from customers.matching.identity import identity_of, place_of
from customers.matching.policy import REGION, Policy
from customers.normalisation import address_key, city_key, email_key, name_key
from ordinavo_connect.api.statements import prepared_cursor


@dataclass(slots=True, eq=False)
class Record:
    """A row of the registry in memory. `id` is None for a new one until it is written.

    Args:
        entity: "customer", "location" or "contact".
        values: its columns by name.
        owner: the customer of a location or contact.
        external_ids: by source system, the newest where there are several; None where they were not read.
        is_new: whether this chunk creates it.
        changed: the columns that this chunk changes.
    """

    entity: str
    values: dict[str, Any]
    id: int | None = None
    owner: "Record | None" = None
    external_ids: dict[str, str] | None = None
    is_new: bool = False
    changed: set[str] = field(default_factory=set)

    def text(self, name: str) -> str:
        return self.values.get(name) or ""


@dataclass(slots=True)
class Reference:
    """What leads to a record, how that came about, and whether staff is asked about it all the same."""

    record: Record
    origin: str
    is_asked: bool = False


@dataclass(slots=True)
class Memory:
    """What staff decided of a key.

    Args:
        dismissed: records that it is not.
        answered: whether there is a decision that stands.
        kept: the record that the key was linked to by it.
        name: the name that came in when it was decided.
    """

    dismissed: set[int] = field(default_factory=set)
    answered: bool = False
    kept: int | None = None
    name: str = ""


COLUMNS = {
    "customer": ("number", "name", "type", "industry", "email", "phone"),
    "location": (
        "name",
        "street",
        "postal_code",
        "city",
        "country",
        "latitude",
        "longitude",
        "access_notes",
        "default_work_minutes",
        "default_priority",
    ),
    "contact": ("display_name", "role", "email", "phone"),
}


class Snapshot:
    """Facts for a chunk of contexts.

    Attributes:
        references: by key.
        by_number: customers by their number.
        locations_at: locations by customer and address key.
        locations_in: locations by customer and city key.
        contacts_with: contacts by customer and e-mail key.
        contacts_named: contacts by customer and name key.
        locations_of: locations by customer, those that were read.
        candidates: customers by name and address.
        memory: decisions of staff, by key; only of keys that lead nowhere yet, or may be asked about.
        named: records that have an external ID of the source system already, as (entity, id).
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.candidates = Candidates(policy, ANYWHERE)
        self.references: dict[Key, Reference] = {}
        self.by_number: dict[str, Record] = {}
        self.locations_at: dict[tuple[Record, str], list[Record]] = defaultdict(list)
        self.locations_in: dict[tuple[Record, str], list[Record]] = defaultdict(list)
        self.contacts_with: dict[tuple[Record, str], list[Record]] = defaultdict(list)
        self.contacts_named: dict[tuple[Record, str], list[Record]] = defaultdict(list)
        self.locations_of: dict[Record, list[Record]] = defaultdict(list)
        self.memory: dict[Key, Memory] = defaultdict(Memory)
        self.named: set[Record] = set()
        self._records: dict[tuple[str, int], Record] = {}

    def customer(self, customer_id: int) -> Record | None:
        return self._records.get(("customer", customer_id))

    def add(self, record: Record) -> None:
        """Index a record by what it may be found by."""
        if record.id is not None:
            self._records[record.entity, record.id] = record
        if record.entity == "customer":
            if number := record.text("number"):
                self.by_number.setdefault(number, record)
            if record.is_new and self.policy.by_name:
                self.candidates.note(record, None)
        elif record.owner is not None and record.entity == "location":
            address = address_key(record.text("street"), record.text("postal_code"), record.text("city"))
            if address and record not in (there := self.locations_at[record.owner, address]):
                there.append(record)
            city = city_key(record.text("city"))
            if city and record not in (around := self.locations_in[record.owner, city]):
                around.append(record)
            if record not in (all_ := self.locations_of[record.owner]):
                all_.append(record)
            if record.is_new and self.policy.by_name:
                self.candidates.note(record.owner, record)
        elif record.owner is not None:
            self._add_contact(record, record.owner)

    def _add_contact(self, record: Record, owner: Record) -> None:
        if email := email_key(record.text("email")):
            people = self.contacts_with[owner, email]
            people += [record] if record not in people else []
        if name := name_key(record.text("display_name")):
            people = self.contacts_named[owner, name]
            people += [record] if record not in people else []

    def load_pair(self, row: Sequence[Any]) -> tuple[Record, Record | None]:
        """A customer's row followed by one of its locations', all of it null where it has none."""
        width = 1 + len(COLUMNS["customer"])
        customer = self._load("customer", row[:width])
        location = row[width:]
        return customer, self._load("location", location) if location[0] is not None else None

    def _load(self, entity: str, row: Sequence[Any]) -> Record:
        """A row as `id[, customer_id], columns…`; each record is one object."""
        known = self._records.get((entity, row[0]))
        if known is not None:
            return known
        offset = 1 if entity == "customer" else 2
        record = Record(entity, dict(zip(COLUMNS[entity], row[offset:], strict=True)), id=row[0])
        if entity != "customer":
            record.owner = self._records[("customer", row[1])]
        self.add(record)
        return record


def gather(contexts: Iterable[Context], policy: Policy) -> Snapshot:
    """Read what deciding these contexts needs.

    Runs the same statements for one context as for a thousand: references; customers by number, id, and those of
    the records that references lead to; and, only where a key leads nowhere, locations and contacts of the
    customers in question, candidates by name, decisions of staff, and which candidates have an external ID already.
    """
    contexts = [context for context in contexts if context.customer or context.location or context.contact]
    snapshot = Snapshot(policy)
    if not contexts:
        return snapshot
    keys = {key for context in contexts for key in _keys(context)}
    found = _references(keys, policy)
    _customers(snapshot, contexts, found, policy)
    for key, (origin, is_asked, external_ids, row) in found.items():
        record = snapshot._load(key.entity, row)
        record.external_ids = external_ids
        snapshot.references[key] = Reference(record, origin, is_asked)
    unknown = [context for context in contexts if _is_open(context, snapshot, policy)]
    if unknown:
        if policy.by_name:
            _by_name(snapshot, unknown, policy)
        _candidates(snapshot, unknown, policy)
        _memory(snapshot, {key for context in unknown for key in _keys(context)}, policy)
        _named(snapshot, policy)
    return snapshot


def _keys(context: Context) -> Iterable[Key]:
    return filter(None, (context.key("customer"), context.key("location"), context.key("contact")))


# How the reference came about, whether staff is asked about it, the record's external IDs, and its row.
Found = dict[Key, tuple[str, bool, dict[str, str], list[Any]]]


def _references(keys: set[Key], policy: Policy) -> Found:
    """References, with all that an import wants to know of them: one statement."""
    columns = ", ".join(
        f"{alias}.{name}"
        for entity, alias in (("customer", "c"), ("location", "l"), ("contact", "p"))
        for name in (("id",) if entity == "customer" else ("id", "customer_id")) + COLUMNS[entity]
    )
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.entity_type, r.key_kind, r.external_id, r.origin, EXISTS (
                SELECT 1 FROM customers_mappingreview o
                WHERE o.tenant_id = r.tenant_id AND o.source_system = r.source_system
                  AND o.entity_type = r.entity_type AND o.key_kind = r.key_kind
                  AND o.external_id = r.external_id AND o.status = 'open'
            ), CASE r.entity_type {_EXTERNAL_IDS} END, {columns}
            FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked (entity_type, key_kind, external_id)
            JOIN customers_externalreference r
              ON r.tenant_id = %s AND r.source_system = %s AND r.entity_type = asked.entity_type
             AND r.key_kind = asked.key_kind AND r.external_id = asked.external_id
            LEFT JOIN customers_customer c ON c.id = r.customer_id
            LEFT JOIN customers_location l ON l.id = r.location_id
            LEFT JOIN customers_contact p ON p.id = r.contact_id
            """,
            [*_columns(keys), policy.tenant_id, policy.source_system],
        )
        rows = cursor.fetchall()
    return {
        Key(*row[:3]): (row[3], row[4], orjson.loads(row[5] or b"{}"), list(row[slice(*_SLICES[row[0]])]))
        for row in rows
    }


_EXTERNAL_IDS = " ".join(
    f"""
    WHEN '{entity}' THEN (
        SELECT jsonb_object_agg(x.source_system, x.external_id ORDER BY x.id) FROM customers_externalreference x
        WHERE x.{entity}_id = r.{entity}_id AND x.key_kind = 'id'
    )
    """
    for entity in COLUMNS
)


def _slices() -> dict[str, tuple[int, int]]:
    """Where the columns of each entity stand in a row of `_references`."""
    slices, start = {}, 6
    for entity, columns in COLUMNS.items():
        width = len(columns) + (1 if entity == "customer" else 2)
        slices[entity] = (start, start + width)
        start += width
    return slices


_SLICES = _slices()


def _columns(keys: Iterable[Key]) -> tuple[list[str], list[str], list[str]]:
    """Keys as the arrays of entity types, kinds and values that `unnest` takes."""
    ordered = sorted(keys)
    return [key.entity for key in ordered], [key.kind for key in ordered], [key.value for key in ordered]


def _customers(
    snapshot: Snapshot,
    contexts: Iterable[Context],
    found: Found,
    policy: Policy,
) -> None:
    """Customers by number, those that targets keep, and the owners of locations and contacts."""
    here: dict[int, list[Any]] = {}
    for key, (*_, row) in found.items():
        if key.entity == "customer":
            here[row[0]] = row
    numbers = {c.customer.text("number") for c in contexts if c.customer} - {row[1] for row in here.values()}
    numbers.discard("")
    wanted = {row[1] for key, (*_, row) in found.items() if key.entity != "customer"}
    wanted |= {context.kept_customer for context in contexts if context.kept_customer}
    wanted -= here.keys()
    rows = list(here.values())
    if numbers or wanted:
        columns = ", ".join(("id", *COLUMNS["customer"]))
        with prepared_cursor() as cursor:
            cursor.execute(
                f"""
                SELECT {columns} FROM customers_customer
                WHERE tenant_id = %s AND number = ANY(%s::text[]) AND number <> ''
                UNION
                SELECT {columns} FROM customers_customer WHERE tenant_id = %s AND id = ANY(%s::bigint[])
                """,
                [policy.tenant_id, sorted(numbers), policy.tenant_id, sorted(wanted)],
            )
            rows += cursor.fetchall()
    for row in rows:
        snapshot._load("customer", row)


def _by_name(snapshot: Snapshot, contexts: list[Context], policy: Policy) -> None:
    """Customers whose name and address are near, for contexts whose customer no reference leads to."""
    asking = [context for context in contexts if _asks_by_name(context, snapshot)]
    if asking:
        snapshot.candidates.frequencies = frequencies_of(policy.tenant_id)
        read_candidates(snapshot, asking, policy, snapshot.candidates)


def _asks_by_name(context: Context, snapshot: Snapshot) -> bool:
    key = context.key("customer")
    return (
        key is not None and key not in snapshot.references and snapshot.candidates.asked(context) is not None
    )


def _is_open(context: Context, snapshot: Snapshot, policy: Policy) -> bool:
    """Whether something of a context cannot be told by references alone."""
    customer = _likely_customer(context, snapshot)
    for key in _keys(context):
        reference = snapshot.references.get(key)
        if reference is None or (policy.only_by_hand and reference.origin != "manual"):
            return True
        if (
            reference.origin == "manual"
            and key.entity == "customer"
            and _is_said_otherwise(context, reference)
        ):
            return True
        if key.entity != "customer" and customer is not None and reference.record.owner is not customer:
            return True
    if context.customer is None or not (number := context.customer.text("number")):
        return False
    return number in snapshot.by_number and snapshot.by_number[number] is not customer


def _is_said_otherwise(context: Context, reference: Reference) -> bool:
    """Whether the name is not the record's: what staff decided on may have been another, see `decision`."""
    given = context.customer.text("name") if context.customer else ""
    return bool(given) and name_key(given) != name_key(reference.record.text("name"))


def _likely_customer(context: Context, snapshot: Snapshot) -> Record | None:
    if context.customer is None:
        return snapshot.customer(context.kept_customer) if context.kept_customer else None
    reference = snapshot.references.get(context.key("customer"))  # type: ignore[arg-type]
    return reference.record if reference else snapshot.by_number.get(context.customer.text("number"))


def _possible_customers(context: Context, snapshot: Snapshot) -> set[Record]:
    """Every customer that a context may end up at: by reference, by number, kept, or by a known location."""
    found = {snapshot.customer(context.kept_customer)} if context.kept_customer else set()
    for key in (context.key("customer"), context.key("location")):
        if key is not None and (reference := snapshot.references.get(key)) is not None:
            found.add(reference.record if key.entity == "customer" else reference.record.owner)
    if context.customer:
        found.add(snapshot.by_number.get(context.customer.text("number")))
    if snapshot.policy.by_name:
        found |= snapshot.candidates.likely(context)
    return {record for record in found if record is not None}


def _candidates(snapshot: Snapshot, contexts: Iterable[Context], policy: Policy) -> None:
    """Locations of the customers in question in the same place, and contacts with the same e-mail address."""
    if not policy.within_customer:
        return
    places: set[tuple[int, str]] = set()
    people: set[tuple[int, str]] = set()
    named: set[tuple[int, str]] = set()
    for context in contexts:
        for record in _possible_customers(context, snapshot):
            if context.location and (city := city_key(context.location.text("city"))):
                places.add((record.id or 0, city))
            if context.contact and (email := email_key(context.contact.text("email"))):
                people.add((record.id or 0, email))
            if (
                policy.by_name
                and context.contact
                and (name := name_key(context.contact.text("display_name")))
            ):
                named.add((record.id or 0, name))
    if places:
        _load_children(snapshot, "location", "city_key", places)
    if people:
        _load_children(snapshot, "contact", "email_key", people)
    if named:
        _load_children(snapshot, "contact", "person_key", named)


def _load_children(snapshot: Snapshot, entity: str, by: str, wanted: set[tuple[int, str]]) -> None:
    ordered = sorted(wanted)
    columns = ", ".join(f"x.{name}" for name in ("id", "customer_id", *COLUMNS[entity]))
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {columns} FROM unnest(%s::bigint[], %s::text[]) AS asked (customer_id, k)
            JOIN customers_{entity} x ON x.customer_id = asked.customer_id AND x.{by} = asked.k
            ORDER BY x.id
            """,
            [[customer for customer, _ in ordered], [key for _, key in ordered]],
        )
        for row in cursor.fetchall():
            snapshot._load(entity, row)


def _memory(snapshot: Snapshot, keys: set[Key], policy: Policy) -> None:
    """Dismissed candidates, and the last decision that stands: one statement.

    A link to a record that was deleted since leads to 0, which is no record's id.
    """
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            SELECT d.entity_type, d.key_kind, d.external_id, true, d.record_id, ''::text
            FROM unnest(%(e)s::text[], %(k)s::text[], %(v)s::text[]) AS asked (entity_type, key_kind, external_id)
            JOIN customers_dismissal d
              ON d.tenant_id = %(tenant)s AND d.source_system = %(source)s AND d.entity_type = asked.entity_type
             AND d.key_kind = asked.key_kind AND d.external_id = asked.external_id
            UNION ALL
            SELECT last.entity_type, last.key_kind, last.external_id, false,
                   coalesce(last.customer_id, last.location_id, last.contact_id,
                            CASE WHEN last.status <> 'dismissed' THEN 0 END),
                   coalesce(last.incoming -> last.entity_type ->> 'name', '')
            FROM unnest(%(e)s::text[], %(k)s::text[], %(v)s::text[]) AS asked (entity_type, key_kind, external_id)
            CROSS JOIN LATERAL (
                SELECT r.* FROM customers_mappingreview r
                WHERE r.tenant_id = %(tenant)s AND r.source_system = %(source)s
                  AND r.entity_type = asked.entity_type AND r.key_kind = asked.key_kind
                  AND r.external_id = asked.external_id AND r.status NOT IN ('open', 'undone', 'superseded')
                ORDER BY r.id DESC LIMIT 1
            ) AS last
            """,
            dict(zip("ekv", _columns(keys), strict=True))
            | {"tenant": policy.tenant_id, "source": policy.source_system},
        )
        for *key, is_dismissal, record_id, name in cursor.fetchall():
            memory = snapshot.memory[Key(*key)]
            if is_dismissal:
                memory.dismissed.add(record_id)
            else:
                memory.answered, memory.kept, memory.name = True, record_id, name


def _named(snapshot: Snapshot, policy: Policy) -> None:
    """Which records in memory have an external ID of the source system: one statement."""
    records = {**snapshot._records}
    ids = {entity: [i for e, i in records if e == entity] for entity in COLUMNS}
    with prepared_cursor() as cursor:
        cursor.execute(
            " UNION ".join(
                f"""
                SELECT '{entity}', {entity}_id FROM customers_externalreference
                WHERE {entity}_id = ANY(%s::bigint[]) AND tenant_id = %s AND source_system = %s AND key_kind = 'id'
                """
                for entity in COLUMNS
            ),
            [value for entity in COLUMNS for value in (ids[entity], policy.tenant_id, policy.source_system)],
        )
        snapshot.named |= {records[entity, record_id] for entity, record_id in cursor.fetchall()}


def derived(
    entity: str, values: dict[str, Any], *, tenant_id: int, customer_name: str | None = None
) -> dict[str, Any]:
    """The columns that are computed from others, for a row that is written.

    Args:
        customer_name: of a location, its customer's; where that changes, see `keeping.rekey_locations`.
    """
    if entity == "customer":
        keys = hashed(record_keys(values, region=REGION), tenant_id=tenant_id)
        return {"name_key": name_key(values.get("name") or ""), "match_keys": keys}
    if entity == "contact":
        return {
            "email_key": email_key(values.get("email") or ""),
            "person_key": name_key(values.get("display_name") or ""),
        }
    parts = [values.get(part) or "" for part in ("street", "postal_code", "city")]
    assert customer_name is not None, "A location is found by its customer's name, too."
    words = identity_of(customer_name, region=REGION).words
    keys = hashed(place_keys(words, place_of(*parts)), tenant_id=tenant_id)
    return {"address_key": address_key(*parts), "city_key": city_key(parts[2]), "match_keys": keys}
