"""Counting the words of a tenant's registry, now and then, and reading the counts for a chunk: one statement.

Counts need not be true to the record: what is common today was common yesterday. So they are counted anew by a task
when the registry has changed by much, not with every record that is written, which would make parallel imports wait
for each other.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from customers.matching.frequency import ANYWHERE, Frequencies
from customers.models import WordCounts
from ordinavo_connect.api.statements import prepared_cursor

# The most words that are kept of each kind: 20,000 of a million customers are 300 KiB.
MOST_WORDS = 20_000
# Counted anew when the registry has grown or shrunk by this share, or the counts are this old.
CHANGED_SHARE = 0.1
OLDEST = timedelta(days=1)
# A smaller registry says too little.
FEWEST_CUSTOMERS = 50
# How many tenants' counts a process remembers.
REMEMBERED = 32

_remembered: OrderedDict[int, tuple[datetime, Frequencies]] = OrderedDict()


def frequencies_of(tenant_id: int) -> Frequencies:
    """How common words are in a tenant's registry: one statement, which carries the counts only when they are new."""
    known = _remembered.get(tenant_id)
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            SELECT counted_at, customers, rare_below,
                   CASE WHEN counted_at IS DISTINCT FROM %s::timestamptz THEN counts END
            FROM customers_wordcounts WHERE tenant_id = %s
            """,
            [known[0] if known else None, tenant_id],
        )
        row = cursor.fetchone()
    if row is None:
        _remembered.pop(tenant_id, None)
        return ANYWHERE
    counted_at, customers, rare_below, counts = row
    if known is not None and known[0] == counted_at:
        _remembered.move_to_end(tenant_id)
        return known[1]
    found = Frequencies(customers, orjson.loads(counts), rare_below)
    _remembered[tenant_id] = (counted_at, found)
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
    return found


def count_changed() -> int:
    """Count the words of every tenant whose registry changed by much since; returns how many there were."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT tenant_id, count(*) FROM customers_customer GROUP BY tenant_id")
        sizes: dict[int, int] = dict(cursor.fetchall())
    known = {row.tenant_id: row for row in WordCounts.objects.defer("counts")}
    due = [
        tenant_id
        for tenant_id, size in sizes.items()
        if size >= FEWEST_CUSTOMERS and _is_due(known.get(tenant_id), size)
    ]
    for tenant_id in due:
        count_words(tenant_id)
    return len(due)


def _is_due(row: WordCounts | None, size: int) -> bool:
    if row is None:
        return True
    changed = abs(size - row.customers)
    return changed > CHANGED_SHARE * row.customers or (timezone.now() - row.counted_at > OLDEST)


@transaction.atomic
def count_words(tenant_id: int) -> None:
    """Count the words of a tenant's registry anew."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customer WHERE tenant_id = %s", [tenant_id])
        customers = cursor.fetchone()[0]
        rare_below = max(3, customers // MOST_WORDS)
        counts: dict[str, dict[str, int]] = {}
        for kind, statement in _COUNTS.items():
            cursor.execute(
                f"""
                SELECT word, count(*) FROM ({statement}) AS words WHERE word <> ''
                GROUP BY word HAVING count(*) >= %s ORDER BY count(*) DESC LIMIT %s
                """,
                [tenant_id, rare_below, MOST_WORDS],
            )
            counts[kind] = dict(cursor.fetchall())
    values: dict[str, Any] = {
        "customers": customers,
        "counts": counts,
        "rare_below": rare_below,
        "counted_at": timezone.now(),
    }
    WordCounts.objects.update_or_create(tenant_id=tenant_id, defaults=values)


_COUNTS = {
    "name": """
        SELECT DISTINCT id, unnest(string_to_array(name_key, ' ')) AS word
        FROM customers_customer WHERE tenant_id = %s
    """,
    # The house number, at its end or in front, does not belong to a street.
    "street": r"""
        SELECT regexp_replace(
            regexp_replace(split_part(address_key, '|', 1), '( [0-9]+[a-z]?)+$', ''), '^([0-9]+[a-z]? )+', ''
        ) AS word
        FROM customers_location WHERE tenant_id = %s
    """,
    "postal": "SELECT split_part(address_key, '|', 2) AS word FROM customers_location WHERE tenant_id = %s",
    "city": "SELECT city_key AS word FROM customers_location WHERE tenant_id = %s",
}
