"""What tells one customer or place from another, as it is compared: of what came in, and of what is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from customers.matching.legal_forms import split_legal_form
from customers.normalisation import (
    city_key,
    email_domain,
    email_key,
    name_key,
    phone_key,
    split_street,
    text_key,
)


@dataclass(frozen=True, slots=True)
class Place:
    """An address, as it is compared; what was not given is blank.

    Args:
        house: the house number with its suffix; of a range, its parts separated by a space.
    """

    street: str = ""
    house: str = ""
    postal: str = ""
    city: str = ""
    country: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.street or self.postal or self.city)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a customer is, without where.

    Args:
        words: of the name, without the legal form.
        form: the legal form; blank: none was named.
        phones: E.164.
        emails: whole addresses.
        domains: of the addresses, those that belong to one company.
    """

    words: tuple[str, ...]
    form: str = ""
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


NOWHERE = Place()


@lru_cache(maxsize=50_000)
def place_of(street: str, postal_code: str, city: str, country: str = "") -> Place:
    """The place of an address as it was written."""
    name, house = split_street(street)
    postal = text_key(postal_code).replace(" ", "")
    if len(postal) > 4 and postal[0] == "d" and postal[1:].isdigit():
        postal = postal[1:]  # "D-45127"
    return Place(name, house, postal, city_key(city), country.upper())


def identity_of(
    name: str, *, phones: Iterable[str] = (), emails: Iterable[str] = (), region: str
) -> Identity:
    """The identity of a customer as it was written.

    Args:
        region: ISO 3166-1 alpha-2, in which phone numbers without a country code are read.
    """
    words, form = split_legal_form(name_key(name))
    return Identity(
        words,
        form,
        frozenset(key for phone in phones if (key := phone_key(phone, region))),
        frozenset(key for email in emails if "@" in (key := email_key(email))),
        frozenset(key for email in emails if (key := email_domain(email))),
    )
