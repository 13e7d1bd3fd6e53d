"""The words that records are found by, kept by triggers; and reading a registry in the order of its changes.

The triggers are of statements, not of rows: an import of a thousand customers runs each of them once.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

_FUNCTIONS = r"""
    -- As customers.normalisation.text_key: lower case, umlauts spelt out, accents and punctuation dropped.
    CREATE FUNCTION customers_words(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT trim(regexp_replace(replace(
            CASE WHEN octet_length(value) = char_length(value) THEN lower(value)
            ELSE regexp_replace(normalize(
                replace(replace(replace(replace(replace(replace(replace(
                    normalize(lower(normalize(value, NFKC)), NFC),
                    'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss'), 'æ', 'ae'), 'ø', 'oe'), 'œ', 'oe'),
                NFD), '[\u0300-\u036f]', '', 'g') END,
            '&', ' und '), '[\W_]+', ' ', 'g'))
    $$;

    CREATE FUNCTION customers_customer_text(name_key text, number text)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT ' ' || name_key || ' ' || customers_words(number)
    $$;

    CREATE FUNCTION customers_location_text(
        name text, address_key text, postal_code text, city_key text, customer_name text
    ) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT ' ' || customers_words(name) || ' ' || CASE
            WHEN address_key <> '' THEN translate(address_key, '|', ' ')
            ELSE customers_words(postal_code) || ' ' || city_key END || ' ' || coalesce(customer_name, '')
    $$;

    CREATE FUNCTION customers_contact_text(display_name text, email_key text, customer_name text)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT ' ' || customers_words(display_name) || ' ' || customers_words(email_key)
            || ' ' || coalesce(customer_name, '')
    $$;
"""

# The words of each table's rows `x`, with their customer `c`.
_TEXTS = {
    "customer": "customers_customer_text(x.name_key, x.number)",
    "location": "customers_location_text(x.name, x.address_key, x.postal_code, x.city_key, c.name_key)",
    "contact": "customers_contact_text(x.display_name, x.email_key, c.name_key)",
}


def _of(entity: str, rows: str) -> str:
    """Query: tenant, id and words of the rows of a table or transition table."""
    owner = "" if entity == "customer" else "LEFT JOIN customers_customer c ON c.id = x.customer_id"
    return f"SELECT x.tenant_id, x.id, {_TEXTS[entity]} AS text FROM {rows} x {owner}"


def _function(entity: str, operation: str, body: str) -> str:
    name = f"customers_{entity}_words_{operation.lower()}"
    tables = {
        "INSERT": "NEW TABLE AS new_values",
        "UPDATE": "OLD TABLE AS old_values NEW TABLE AS new_values",
        "DELETE": "OLD TABLE AS old_values",
    }[operation]
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$;
        CREATE TRIGGER {name} AFTER {operation} ON customers_{entity} REFERENCING {tables}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}();
    """


def _drop(entity: str, operation: str) -> str:
    return f"DROP FUNCTION customers_{entity}_words_{operation.lower()}() CASCADE;"


def _filled(entity: str, rows: str = "") -> str:
    return f"""
        INSERT INTO customers_searchtext (tenant_id, entity_type, record_id, text)
        SELECT w.tenant_id, '{entity}', w.id, w.text FROM ({_of(entity, rows or f"customers_{entity}")}) w;
    """


def _updated(entity: str, words: str) -> str:
    """Only where words changed: most updates are of something else."""
    return f"""
        UPDATE customers_searchtext s SET text = w.text FROM ({words}) w
        WHERE s.tenant_id = w.tenant_id AND s.entity_type = '{entity}' AND s.record_id = w.id
            AND s.text <> w.text;
    """


def _renamed(entity: str) -> str:
    """A customer's new name is among the words of its locations and contacts."""
    of_renamed = f"""
        {_of(entity, f"customers_{entity}")}
        JOIN new_values n ON n.id = x.customer_id JOIN old_values o ON o.id = n.id AND o.name_key <> n.name_key
    """
    return _updated(entity, of_renamed)


_DELETED = """
    DELETE FROM customers_searchtext s USING old_values o
    WHERE s.tenant_id = o.tenant_id AND s.entity_type = '{entity}' AND s.record_id = o.id;
"""

_TRIGGERS = [
    (entity, operation, body)
    for entity in _TEXTS
    for operation, body in (
        ("INSERT", _filled(entity, "new_values")),
        (
            "UPDATE",
            _updated(entity, _of(entity, "new_values"))
            + (_renamed("location") + _renamed("contact") if entity == "customer" else ""),
        ),
        ("DELETE", _DELETED.format(entity=entity)),
    )
]


FILL = [_filled(entity) for entity in _TEXTS]


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0002_tenant_currency"),
        ("customers", "0004_match_key_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "entity_type",
                        "record_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.tenant",
                    ),
                ),
                (
                    "entity_type",
                    models.CharField(
                        choices=[
                            ("customer", "Customer"),
                            ("location", "Location"),
                            ("contact", "Contact"),
                        ],
                        max_length=8,
                    ),
                ),
                ("record_id", models.BigIntegerField()),
                ("text", models.TextField()),
            ],
        ),
        migrations.RunSQL(
            _FUNCTIONS,
            """
            DROP FUNCTION customers_contact_text, customers_location_text, customers_customer_text, customers_words;
            """,
        ),
        *(
            migrations.RunSQL(_function(entity, operation, body), _drop(entity, operation))
            for entity, operation, body in _TRIGGERS
        ),
        # The records that are there already; the index comes after them, which takes a tenth of the time.
        *(migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in FILL),
        # Any owner of a database may create it; embedded PostgreSQL has it already.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        *(
            migrations.AddIndex(
                model_name="searchtext",
                index=django.contrib.postgres.indexes.GinIndex(
                    django.contrib.postgres.indexes.OpClass(models.F("text"), name="gin_trgm_ops"),
                    condition=models.Q(("entity_type", entity)),
                    gin_pending_list_limit=1024,
                    name=f"search_text_{entity}",
                ),
            )
            for entity in _TEXTS
        ),
        *(
            migrations.AddIndex(
                model_name=entity,
                index=models.Index(fields=["tenant", "updated_at", "id"], name=f"{entity}_by_update"),
            )
            for entity in _TEXTS
        ),
    ]
