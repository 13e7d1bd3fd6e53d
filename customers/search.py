"""Finding records of the registry as people type them: `rrm001` finds RRM-001, `hache str essen` finds Hachestraße.

What is exact is answered by an index: a number, an external ID. Only where nothing is, the words are looked for among
the words of the tenant's records (`SearchText`), each anywhere in them, in any order.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from customers.models import Customer, EntityType, ExternalReference, KeyKind, SearchText
from customers.normalisation import street_key, text_key

# Where letters and digits of a number meet, people leave a separator out or write another.
_SEPARATORS = ("", "-", " ", "_", ".", "/")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
# Numbers of more parts than this are typed as they are.
_MOST_PARTS = 3
# More words than this narrow nothing further down.
_MOST_WORDS = 6
# Shorter words are looked for at the beginning of words: inside of them they are everywhere, and no index has them.
_SHORT = 3
# Records with one exact name in all source systems; bounds what a search reads before it looks for words.
_MOST_EXACT = 100
# Where a search looks how common its words are: at so many places of the registry, at so many records each.
_PLACES, _RECORDS_A_PLACE = 20, 250
# Records that a statement names one by one; bounds its length.
_MOST_NAMED = 10_000


def spellings(number: str) -> list[str]:
    """A number as it may be written: as typed, in upper case, and with other separators."""
    typed = number.strip()
    parts = _PARTS.findall(typed)
    found = {typed, typed.upper()}
    if 1 < len(parts) <= _MOST_PARTS:
        for separator in _SEPARATORS:
            found |= {separator.join(parts), separator.join(parts).upper()}
    return sorted(found)


def exact_ids(entity: str, term: str, *, tenant_id: int, source_system: str | None = None) -> list[int]:
    """Ids of the records with this number or external ID, however it is typed.

    Args:
        source_system: whose external IDs; None: any.
    """
    names = spellings(term)
    references = ExternalReference.objects.filter(
        tenant_id=tenant_id, entity_type=entity, key_kind=KeyKind.ID, external_id__in=names
    )
    if source_system is not None:
        references = references.filter(source_system=source_system)
    found = set(references.values_list(entity, flat=True)[:_MOST_EXACT])
    if entity == EntityType.CUSTOMER:
        found |= set(
            Customer.objects.filter(tenant_id=tenant_id, number__in=names).values_list("pk", flat=True)
        )
    return sorted(found)


def words_of(entity: str, term: str) -> list[str]:
    """What is typed as the words of records are kept; none where it has no letter or digit."""
    key = street_key(term) if entity == EntityType.LOCATION else text_key(term)
    return key.split()[:_MOST_WORDS]


def found(entity: str, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Of rows of one tenant those that are meant: by number or external ID, or else by their words."""
    tenant = rows.order_by().values_list("tenant_id", flat=True)[:1]
    if (tenant_id := next(iter(tenant), None)) is None:
        return rows.none()
    exact = rows.filter(pk__in=exact_ids(entity, term, tenant_id=tenant_id))
    if exact.exists():
        return exact
    if not (words := words_of(entity, term)):
        return rows.none()
    if (few := _few_ids(words, entity=entity, tenant_id=tenant_id)) is not None:
        return rows.filter(pk__in=few)
    texts = SearchText.objects.filter(
        _all_of(words), tenant_id=OuterRef("tenant_id"), entity_type=entity, record_id=OuterRef("pk")
    )
    return rows.filter(Exists(texts))


def _few_ids(words: list[str], *, entity: str, tenant_id: int) -> list[int] | None:
    """Ids of all records that have the words; None where they are many.

    Few are named one by one: a list that is ordered by name would otherwise be walked along in vain.
    """
    is_common, texts = _texts_with(words, entity=entity, tenant_id=tenant_id)
    if is_common:
        return None
    ids = list(texts.values_list("record_id", flat=True)[: _MOST_NAMED + 1])
    return ids if len(ids) <= _MOST_NAMED else None


found_customers = partial(found, "customer")
found_locations = partial(found, "location")
found_contacts = partial(found, "contact")

FINDERS: dict[str, Callable[[QuerySet[Any], str], QuerySet[Any]]] = {
    "customer": found_customers,
    "location": found_locations,
    "contact": found_contacts,
}


def texts_with(words: list[str], *, entity: str, tenant_id: int) -> QuerySet[Any]:
    """The texts of the records that have all of the words, with `place`, the id of the record, to be ordered by.

    1. Common words: read the records in their order until the page is full; few are read in vain.
    2. Rare ones: take all that there are from the index of words, and sort them. The order is then told in a way
       that no index has, so that PostgreSQL does not look for them one by one in a million records.

    Its own estimate takes words for independent of each other, and errs by a thousand where they are not; so it is
    looked up which case this is.
    """
    is_common, texts = _texts_with(words, entity=entity, tenant_id=tenant_id)
    return texts.annotate(place=F("record_id") if is_common else F("record_id") + 0)


def _texts_with(words: list[str], *, entity: str, tenant_id: int) -> tuple[bool, QuerySet[SearchText]]:
    """Whether the words are common, and the texts that have all of them."""
    is_common = _places_with(words, entity=entity, tenant_id=tenant_id) * 2 >= _PLACES
    return is_common, SearchText.objects.filter(_all_of(words), tenant_id=tenant_id, entity_type=entity)


def _places_with(words: list[str], *, entity: str, tenant_id: int) -> int:
    """At how many of the places that are looked at a record has all of the words: 0 to `_PLACES`."""
    like = " AND ".join(["text LIKE %s"] * len(words))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH span AS (
                SELECT min(record_id) AS low, max(record_id) AS high
                FROM customers_searchtext WHERE tenant_id = %s AND entity_type = %s
            )
            SELECT count(*) FROM span, generate_series(0, %s) n, LATERAL (
                SELECT 1 FROM (
                    SELECT text FROM customers_searchtext
                    WHERE tenant_id = %s AND entity_type = %s AND record_id >= low + (high - low) * n / %s
                    ORDER BY record_id LIMIT %s
                ) near WHERE {like} LIMIT 1
            ) hit
            """,
            [
                *(tenant_id, entity, _PLACES - 1, tenant_id, entity, _PLACES, _RECORDS_A_PLACE),
                *(f"%{_part(word)}%" for word in words),
            ],
        )
        (places,) = cursor.fetchone()
    return int(places)


def _all_of(words: list[str]) -> Q:
    condition = Q()
    for word in words:
        condition &= Q(text__contains=_part(word))
    return condition


def _part(word: str) -> str:
    """What the text of a record has where it has the word; letters and digits only, so that LIKE has no signs."""
    return f" {word}" if len(word) < _SHORT else word
