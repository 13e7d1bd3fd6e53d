"""Whether a subscription gets an event: by its type, and by conditions on its facts.

Pure: plain values in, a reason out. Conditions look at the facts, whether or not the body carries them.
Source: API contract, Webhooks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webhooks.delivery.models import Subscription
from webhooks.events.catalogue import fits
from webhooks.events.models import Event

Facts = Mapping[str, Any]
Condition = Mapping[str, Any]  # {"field": "target.priority", "anyOf": ["High", "Urgent"]}

CUSTOM_FIELD = "target.customFields."
# A field of a condition, and where the facts have it; external IDs and the source system are looked up otherwise.
_IN_FACTS = {
    "customer.customerNumber": ("customer", "number"),
    "location.city": ("location", "city"),
    "target.priority": ("target", "priority"),
    "target.templateKey": ("target", "templateKey"),
    "visitReport.result": ("visitReport", "result"),
}
_EXTERNAL_IDS = {
    "customer.externalId": "customer",
    "location.externalId": "location",
    "target.externalId": "target",
}
SOURCE_SYSTEM = "sourceSystem"
FIELDS = (SOURCE_SYSTEM, *_EXTERNAL_IDS, *_IN_FACTS)


class _Absent:
    """What an event has not: it equals nothing."""


_ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a subscription does not get an event. `condition` is the first that does not hold; None: its type."""

    condition: Condition | None = None


def mismatch(
    event: Event, *, event_types: Sequence[str], conditions: Iterable[Condition], source_system: str
) -> Mismatch | None:
    """None where the event matches, else why it does not.

    Args:
        event_types: exact names, prefixes and `*`.
        conditions: all must hold.
        source_system: whose external IDs conditions mean, the subscription's.
    """
    if not any(fits(pattern, event.type) for pattern in event_types):
        return Mismatch()
    for condition in conditions:
        value = _value(condition["field"], event, source_system)
        if not any(_same(value, wanted) for wanted in condition["anyOf"]):
            return Mismatch(condition)
    return None


def matches(subscription: Subscription, event: Event) -> bool:
    """Whether an event is one of those that a subscription asked for."""
    return mismatch_of(subscription, event) is None


def mismatch_of(subscription: Subscription, event: Event) -> Mismatch | None:
    """As `mismatch`, by what stands in the subscription."""
    return mismatch(
        event,
        event_types=subscription.event_types,
        conditions=subscription.conditions,
        source_system=subscription.source_system,
    )


def is_field(name: str) -> bool:
    """Whether conditions may name it."""
    return name in FIELDS or (name.startswith(CUSTOM_FIELD) and len(name) > len(CUSTOM_FIELD))


def value_of(field: str, event: Event, *, source_system: str) -> Any:
    """What an event has in a field of a condition, for people; None where it has not."""
    value = _value(field, event, source_system)
    return None if value is _ABSENT else value


def _value(field: str, event: Event, source_system: str) -> Any:
    if field == SOURCE_SYSTEM:
        return _present(event.source_system)
    if field.startswith(CUSTOM_FIELD):
        fields = _part(event.facts, "target").get("customFields") or {}
        return fields.get(field.removeprefix(CUSTOM_FIELD), _ABSENT)
    if part := _EXTERNAL_IDS.get(field):
        external_ids = _part(event.facts, part).get("externalIds") or {}
        return _present(external_ids.get(source_system))
    part, name = _IN_FACTS[field]
    return _present(_part(event.facts, part).get(name))


def _part(facts: Facts, name: str) -> Facts:
    part: Facts = facts.get(name) or {}
    return part


def _present(value: Any) -> Any:
    return _ABSENT if value in (None, "") else value


def _same(left: Any, right: Any) -> bool:
    """As JSON values: 1 and 1.0 are one number, true is no number, and text is no number either."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
