"""Keeping the keys true by which candidates are found: those of a location rest on its customer's name, too."""

from collections.abc import Iterable

import orjson

from customers.matching.snapshot import derived
from ordinavo_connect.api.statements import prepared_cursor


def rekey_locations(customer_ids: Iterable[int], *, tenant_id: int) -> None:
    """Compute the keys of all locations of customers whose name changed: two statements, in the open transaction."""
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            SELECT l.id, l.street, l.postal_code, l.city, c.name
            FROM customers_location l JOIN customers_customer c ON c.id = l.customer_id
            WHERE l.customer_id = ANY(%s::bigint[]) AND l.tenant_id = %s ORDER BY l.id FOR NO KEY UPDATE OF l
            """,
            [sorted(customer_ids), tenant_id],
        )
        rows = [
            {
                "id": location_id,
                "match_keys": derived(
                    "location",
                    {"street": street, "postal_code": postal_code, "city": city},
                    tenant_id=tenant_id,
                    customer_name=name,
                )["match_keys"],
            }
            for location_id, street, postal_code, city, name in cursor.fetchall()
        ]
        if rows:
            cursor.execute(
                """
                UPDATE customers_location l SET match_keys = u.match_keys
                FROM json_populate_recordset(NULL::customers_location, %s::json) u WHERE l.id = u.id
                """,
                [orjson.dumps(rows).decode()],
            )
