"""A registry of a million customers: loaded without the triggers that keep history and words, which are made anew."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from customers.models import SearchText
from tests.benchmarks import registry

_TABLES = tuple(
    f"customers_{name}" for name in ("customer", "location", "contact", "externalreference", "searchtext")
)
_INDEXES = SearchText._meta.indexes
_WORDS = "customers.migrations.0005_search_text"


def load(*, tenant_id: int, source_system: str, customers: int) -> None:
    """As `registry.load`, in a fraction of the time."""
    with _without_triggers():
        registry.load(tenant_id=tenant_id, source_system=source_system, customers=customers)
    registry.analyse()


@contextmanager
def _without_triggers() -> Iterator[None]:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for index in _INDEXES:
            cursor.execute(f"DROP INDEX {index.name}")
    yield
    with owner.cursor() as cursor:
        cursor.execute("TRUNCATE customers_searchtext")
        for statement in importlib.import_module(_WORDS).FILL:
            cursor.execute(statement)
        with owner.schema_editor() as editor:
            for index in _INDEXES:
                editor.add_index(SearchText, index)
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
