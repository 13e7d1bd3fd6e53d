"""The rows of a former run again, by two statements: one INSERT … SELECT for targets and one COPY for items.

What an import decides is known beforehand here (texts, hashes, what came of each item), so this is the floor that
the database itself sets: the same columns, constraints and indexes, links looked up by external ID, one transaction,
one durable commit, one connection.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from imports.models import ImportItem, ImportJob, Target

_LINKS = ("customer", "location", "contact")


@dataclass(frozen=True)
class _Given:
    """What is known before the clock starts.

    Args:
        items: (external ID, the other columns of `_ITEM_COLUMNS` as texts), in order.
    """

    job_id: int
    items: list[tuple[str, tuple[str | None, ...]]]


def seconds(*, like: str, name: str) -> float:
    """How long it takes to write what was imported with external IDs that start with `like`, under new ones."""
    with transaction.atomic(), connection.cursor() as cursor:
        given = _prepare(cursor, like, name)
        start = time.perf_counter()
        _copy_items(cursor, given, _insert_targets(cursor))
    return time.perf_counter() - start


def _columns(model: type[models.Model], *, without: tuple[str, ...] = ()) -> list[str]:
    return [field.column for field in model._meta.concrete_fields if field.column not in ("id", *without)]


_TARGET_COLUMNS = _columns(Target)
_ITEM_COLUMNS = _columns(ImportItem, without=("job_id", "index", "external_id", "target_id"))


def _prepare(cursor: Any, like: str, name: str) -> _Given:
    new_id = "%s || '-' || external_id"
    cursor.execute(
        "CREATE TEMPORARY TABLE given ON COMMIT DROP AS SELECT * FROM imports_target WHERE external_id LIKE %s",
        [f"{like}%"],
    )
    cursor.execute(f"UPDATE given SET external_id = {new_id}", [name])
    cursor.execute("ANALYZE given")
    texts = ", ".join(f"{column}::text" for column in _ITEM_COLUMNS)
    cursor.execute(
        f'SELECT {new_id}, {texts} FROM imports_importitem WHERE external_id LIKE %s ORDER BY job_id, "index"',
        [name, f"{like}%"],
    )
    items = [(row[0], row[1:]) for row in cursor.fetchall()]
    job = ", ".join(_columns(ImportJob))
    cursor.execute(
        f"INSERT INTO imports_importjob ({job}) SELECT {job} FROM imports_importjob ORDER BY id DESC LIMIT 1"
        " RETURNING id"
    )
    return _Given(job_id=cursor.fetchone()[0], items=items)


def _insert_targets(cursor: Any) -> dict[str, int]:
    values = [
        f"{name}.{name}_id" if (name := column.removesuffix("_id")) in _LINKS else f"given.{column}"
        for column in _TARGET_COLUMNS
    ]
    joins = [
        f"""
        JOIN customers_externalreference {name} ON {name}.tenant_id = given.tenant_id
         AND {name}.source_system = given.source_system AND {name}.entity_type = '{name}'
         AND {name}.key_kind = 'id' AND {name}.external_id = substr(given.{name}_key, 4)
        """
        for name in _LINKS
    ]
    cursor.execute(
        f"""
        INSERT INTO imports_target ({", ".join(_TARGET_COLUMNS)})
        SELECT {", ".join(values)} FROM given {" ".join(joins)} RETURNING external_id, id
        """
    )
    return dict(cursor.fetchall())


def _copy_items(cursor: Any, given: _Given, targets: dict[str, int]) -> None:
    columns = ("job_id", '"index"', "external_id", "target_id", *_ITEM_COLUMNS)
    with cursor.copy(f"COPY imports_importitem ({', '.join(columns)}) FROM STDIN") as copy:
        for index, (external_id, texts) in enumerate(given.items):
            copy.write_row((given.job_id, index, external_id, targets[external_id], *texts))
