"""Events that wait for fan-out: committed, and without a position."""

from django.db import connection


def waiting_events() -> list[list[int]]:
    """Their ids, of all tenants, as [first, last] of each run: few, where senders keep up or none was there at all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT lower(run), upper(run) - 1 FROM (
                SELECT unnest(range_agg(int8range(id, id + 1))) AS run FROM events_event WHERE position IS NULL
            ) runs ORDER BY run
            """
        )
        return [list(row) for row in cursor.fetchall()]
