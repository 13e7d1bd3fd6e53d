"""Give every row of the registry the keys by which it is found as a candidate, a slice of rows at a time."""

import orjson
from django.db import migrations

# Rows that are computed and written in one statement: bounds memory.
SLICE = 5000

CUSTOMERS = "SELECT id, tenant_id, name, email, phone FROM customers_customer WHERE id > %s ORDER BY id LIMIT %s"
LOCATIONS = """
    SELECT l.id, l.tenant_id, l.street, l.postal_code, l.city, c.name
    FROM customers_location l JOIN customers_customer c ON c.id = l.customer_id
    WHERE l.id > %s ORDER BY l.id LIMIT %s
"""
CONTACTS = "SELECT id, tenant_id, display_name FROM customers_contact WHERE id > %s ORDER BY id LIMIT %s"


def fill(apps, schema_editor):
    fill_column(schema_editor, "customer", "match_keys", CUSTOMERS, ("name", "email", "phone"))
    fill_column(schema_editor, "location", "match_keys", LOCATIONS, ("street", "postal_code", "city", "customer"))
    fill_column(schema_editor, "contact", "person_key", CONTACTS, ("display_name",))


def fill_column(schema_editor, entity, column, statement, names):
    from customers.matching.snapshot import derived  # the rules of the day, as a row that is written now gets them

    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(statement, [last, SLICE])
            rows = cursor.fetchall()
            if not rows:
                return
            filled = []
            for last, tenant_id, *values in rows:
                values = dict(zip(names, values, strict=True))
                computed = derived(
                    entity, values, tenant_id=tenant_id, customer_name=values.pop("customer", None)
                )
                filled.append({"id": last, column: computed[column]})
            cursor.execute(
                f"""
                UPDATE customers_{entity} t SET {column} = u.{column}
                FROM json_populate_recordset(NULL::customers_{entity}, %s::json) u WHERE t.id = u.id
                """,
                [orjson.dumps(filled).decode()],
            )


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0002_match_keys'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
