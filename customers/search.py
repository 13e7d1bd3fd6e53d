"""Finding records of the registry as people type them: `rrm001` finds RRM-001, `muller str` finds Müllerstraße.

What is exact is answered by an index: a number, an external ID. Only where nothing is, the words are looked for in
the normalised columns of the tenant's rows.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import ExternalReference
from customers.normalisation import street_key, text_key

# Where letters and digits of a number meet, people leave a separator out or write another.
_SEPARATORS = ("", "-", " ", "_", ".", "/")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
# Numbers of more parts than this are typed as they are.
_MOST_PARTS = 3
# More words than this narrow nothing further down.
_MOST_WORDS = 6


def spellings(number: str) -> list[str]:
    """A number as it may be written: as typed, in upper case, and with other separators."""
    typed = number.strip()
    parts = _PARTS.findall(typed)
    found = {typed, typed.upper()}
    if 1 < len(parts) <= _MOST_PARTS:
        for separator in _SEPARATORS:
            found |= {separator.join(parts), separator.join(parts).upper()}
    return sorted(found)


def found_customers(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Customers by number, external ID, or words of the name."""
    exact = Q(number__in=spellings(term)) | Q(pk__in=_by_external_id(rows, term, "customer"))
    return _exact_or_words(rows, exact, text_key(term), lambda word: Q(name_key__contains=word))


def found_locations(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Locations by external ID, or words of their name, their address and their customer."""
    return _exact_or_words(
        rows,
        Q(pk__in=_by_external_id(rows, term, "location")),
        street_key(term),
        lambda word: (
            Q(address_key__contains=word)
            | Q(city_key__contains=word)
            | Q(name__icontains=word)
            | Q(customer__name_key__contains=word)
        ),
    )


def found_contacts(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Contacts by external ID, or words of their name, their e-mail address and their customer."""
    return _exact_or_words(
        rows,
        Q(pk__in=_by_external_id(rows, term, "contact")),
        term.casefold(),
        lambda word: (
            Q(email_key__contains=word)
            | Q(display_name__icontains=word)
            | Q(customer__name_key__contains=text_key(word))
        ),
    )


FINDERS: dict[str, Callable[[QuerySet[Any], str], QuerySet[Any]]] = {
    "customer": found_customers,
    "location": found_locations,
    "contact": found_contacts,
}


def _exact_or_words(rows: QuerySet[Any], exact: Q, key: str, by_word: Callable[[str], Q]) -> QuerySet[Any]:
    if rows.filter(exact).exists():
        return rows.filter(exact)
    words = key.split()[:_MOST_WORDS]
    for word in words:
        rows = rows.filter(by_word(word))
    return rows if words else rows.none()


def _by_external_id(rows: QuerySet[Any], term: str, entity: str) -> Iterable[int]:
    """Ids of records with this external ID in any source system; `rows` are already those of one tenant."""
    references = ExternalReference.objects.filter(
        entity_type=entity,
        key_kind="id",
        external_id__in=spellings(term),
        tenant__in=rows.values("tenant")[:1],
    )
    return list(references.values_list(entity, flat=True)[:100])
