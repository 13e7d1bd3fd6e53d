"""A registry of customers, each with a location, a contact and an external ID for all three."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, connections, transaction

from customers.history import explain_changes

_STREETS = (
    "Hachestraße",
    "Kortumstr.",
    "Westenhellweg",
    "Am Stadtgarten",
    "Rüttenscheider Straße",
    "Ringstr.",
)
_CITIES = (
    ("45127", "Essen"),
    ("44787", "Bochum"),
    ("44137", "Dortmund"),
    ("50667", "Köln"),
    ("48143", "Münster"),
)
_TRADES = ("Medical Supply", "Bäckerei", "Logistik", "Kältetechnik", "Hausverwaltung", "Retail")

_COLUMNS = (
    *("number", "name", "name_key", "street", "postal_code", "city", "address_key", "city_key"),
    *("latitude", "longitude", "person", "email", "email_key", "person_key", "phone", "suffix"),
    *("customer_keys", "location_keys"),
)


def customer(number: int) -> dict[str, Any]:
    """The customer of a number: what is loaded, and what an item sends of it."""
    postal_code, city = _CITIES[number % len(_CITIES)]
    return {
        "number": f"K-{number:07d}",
        "name": f"{_TRADES[number % len(_TRADES)]} {number} GmbH",
        "street": f"{_STREETS[number % len(_STREETS)]} {number % 200 + 1}",
        "postal_code": postal_code,
        "city": city,
        "latitude": 51.0 + number % 1000 / 1000,
        "longitude": 7.0 + number % 777 / 1000,
        "person": f"Anna Weber {number}",
        "email": f"anna.weber.{number}@example.com",
        "phone": f"+49 201 {number:07d}",
        "suffix": f"{number:07d}",
    }


def load(*, tenant_id: int, source_system: str, customers: int) -> None:
    """Load the registry, and analyse the tables afterwards: a plan made for empty ones costs many times as much."""
    with transaction.atomic(), connection.cursor() as cursor:
        explain_changes("benchmark")
        columns = ", ".join(f"{name} {_type(name)}" for name in _COLUMNS)
        cursor.execute(f"CREATE TEMPORARY TABLE loaded ({columns}) ON COMMIT DROP")
        with cursor.copy(f"COPY loaded ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in _rows(customers, tenant_id):
                copy.write_row(row)
        for statement in _STATEMENTS:
            cursor.execute(statement, {"tenant": tenant_id, "source": source_system})
    analyse()


def analyse() -> None:
    """As autovacuum would do in time."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


def _type(column: str) -> str:
    if column.endswith("_keys"):
        return "int[]"
    return "float" if column in ("latitude", "longitude") else "text"


def _rows(customers: int, tenant_id: int) -> Iterator[tuple[Any, ...]]:
    from customers.matching.snapshot import derived  # models can be imported only where the database is known

    for number in range(customers):
        row = customer(number)
        computed = derived("customer", row, tenant_id=tenant_id)
        row |= {"name_key": computed["name_key"], "customer_keys": computed["match_keys"]}
        computed = derived("location", row, tenant_id=tenant_id, customer_name=row["name"])
        row |= computed | {"location_keys": computed["match_keys"]}
        row |= derived("contact", row | {"display_name": row["person"]}, tenant_id=tenant_id)
        yield tuple(row[name] for name in _COLUMNS)


def _references(entity: str, prefix: str, rows: str) -> str:
    links = ", ".join(f"{name}_id" for name in ("customer", "location", "contact"))
    values = ", ".join("x.id" if name == entity else "NULL" for name in ("customer", "location", "contact"))
    return f"""
        INSERT INTO customers_externalreference
            (tenant_id, source_system, entity_type, key_kind, external_id, origin, created_at, {links})
        SELECT %(tenant)s, %(source)s, '{entity}', 'id', '{prefix}' || loaded.suffix, 'entered', now(), {values}
        FROM loaded JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.number = loaded.number {rows}
    """


_STATEMENTS = (
    """
    INSERT INTO customers_customer
        (tenant_id, number, name, name_key, match_keys, type, industry, email, phone, created_at, updated_at)
    SELECT %(tenant)s, number, name, name_key, customer_keys, '', '', email, phone, now(), now() FROM loaded
    """,
    """
    INSERT INTO customers_location
        (tenant_id, customer_id, name, street, postal_code, city, country, address_key, city_key, match_keys,
         latitude, longitude, access_notes, default_work_minutes, default_priority, created_at, updated_at)
    SELECT c.tenant_id, c.id, 'Main house', l.street, l.postal_code, l.city, 'DE', l.address_key, l.city_key,
           l.location_keys, l.latitude, l.longitude, '', 45, 'Normal', now(), now()
    FROM loaded l JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.number = l.number
    """,
    """
    INSERT INTO customers_contact
        (tenant_id, customer_id, display_name, person_key, role, email, email_key, phone, created_at, updated_at)
    SELECT c.tenant_id, c.id, l.person, l.person_key, 'Operations Manager', l.email, l.email_key, l.phone, now(), now()
    FROM loaded l JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.number = l.number
    """,
    _references("customer", "CUST-", "CROSS JOIN LATERAL (SELECT c.id) x"),
    _references("location", "LOC-", "JOIN customers_location x ON x.customer_id = c.id"),
    _references("contact", "CONT-", "JOIN customers_contact x ON x.customer_id = c.id"),
)
