"""What a source system says of a target's customer, location and contact, and how it names them."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from customers.normalisation import address_key, city_key, email_key, name_key, text_key


class Key(NamedTuple):
    """How a source system names one record: the part of a reference below tenant and source system."""

    entity: str  # "customer", "location", "contact"
    kind: str  # "id": an external ID; "hash": of what was said, where no ID came
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class Given:
    """One entity as it was given.

    Args:
        external_id: blank where none came.
        facts: columns of the registry by name, only those that were given and are not blank:
            a customer's `number`, `name`, `type`, `industry`, `email`, `phone`;
            a location's `name`, `street`, `postal_code`, `city`, `country`, `latitude`, `longitude`,
            `access_notes`, `default_work_minutes`, `default_priority`;
            a contact's `display_name`, `role`, `email`, `phone`.
    """

    external_id: str
    facts: dict[str, Any]

    def text(self, name: str) -> str:
        return self.facts.get(name) or ""


@dataclass(frozen=True, slots=True)
class Context:
    """The context of one target.

    Args:
        customer, location, contact: as given; None where not given.
        kept_customer: id of the customer that the target keeps, where no customer was given this time.
        kept_key: how that customer was given before.
        keys: by entity, how it was named when it came; a context that is put together of several payloads would
            give other hashes.
    """

    customer: Given | None = None
    location: Given | None = None
    contact: Given | None = None
    kept_customer: int | None = None
    kept_key: str = ""
    keys: dict[str, Key] = field(default_factory=dict)

    def key(self, entity: str) -> Key | None:
        """The key of an entity, None where it was not given."""
        if entity in self.keys:
            return self.keys[entity]
        given = getattr(self, entity)
        if given is None:
            return None
        if given.external_id:
            key = Key(entity, "id", given.external_id)
        else:
            key = Key(entity, "hash", _HASHES[entity](self, given))
        # Asked for again and again; what it is made of never changes.
        self.keys[entity] = key
        return key


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _whatever(given: Given) -> str:
    """All that was said, where none of it identifies: two that say the same are one."""
    return "\x1e".join(f"{name}={given.facts[name]}" for name in sorted(given.facts))


def _customer_hash(context: Context, given: Given) -> str:
    name, number = name_key(given.text("name")), given.text("number")
    if not name and not number:
        return _digest("customer", _whatever(given))
    # The number counts: two of one name at one address with two numbers are two customers.
    place = context.location
    parts = [place.text(part) for part in ("street", "postal_code", "city")] if place else ["", "", ""]
    return _digest("customer", name, number, address_key(*parts) or city_key(parts[2]))


def _location_hash(context: Context, given: Given) -> str:
    address = address_key(given.text("street"), given.text("postal_code"), given.text("city"))
    words = [name_key(given.text("name")), address or city_key(given.text("city"))]
    if not any(words):
        words = [_whatever(given)]
    return _digest("location", _owner(context), *words)


def _contact_hash(context: Context, given: Given) -> str:
    words = [text_key(given.text("display_name")), email_key(given.text("email"))]
    if not any(words):
        words = [_whatever(given)]
    return _digest("contact", _owner(context), *words)


def _owner(context: Context) -> str:
    """Two customers at one address, or two of their people with one name, are told apart by the customer."""
    return str(context.key("customer") or context.kept_key or context.kept_customer or "")


_HASHES = {"customer": _customer_hash, "location": _location_hash, "contact": _contact_hash}
