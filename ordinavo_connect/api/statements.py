"""SQL that runs with every request: parsed and planned once a connection, not once a request.

Django's own cursor puts values into the text of a statement, so PostgreSQL sees a new one each time. Of an import
of one target, parsing and planning were the larger part of what the database did.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, cast

import psycopg
from django.db import connection

Parameters = Sequence[Any] | Mapping[str, Any]


class PreparedCursor:
    """A cursor whose statements are prepared; errors are Django's, and `connection.queries` knows of them."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        started = perf_counter()
        try:
            with connection.wrap_database_errors:
                self._cursor.execute(cast(Any, sql), parameters, prepare=True)
        finally:
            if connection.queries_logged:
                seconds = perf_counter() - started
                connection.queries_log.append({"sql": sql, "time": f"{seconds:.3f}"})

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()


@contextmanager
def prepared_cursor() -> Iterator[PreparedCursor]:
    """A cursor on Django's connection, in Django's transaction."""
    # As Django's own cursors do: a connection that broke between two requests is noticed before it is used.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    with psycopg.Cursor(raw) as cursor:
        yield PreparedCursor(cursor)
