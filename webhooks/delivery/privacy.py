"""What leaves the house: the one place that makes a body out of the facts of an event.

`payloads` names what may leave; a profile says which of its switches are on. Two subscriptions of one profile
get the same bytes. Source: API contract, Webhooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from webhooks.delivery.models import Subscription
from webhooks.delivery.payloads import PARTS, Field, Part, Switch
from webhooks.events.catalogue import PAYLOAD_VERSION
from webhooks.events.models import Event

Facts = Mapping[str, Any]

SOURCE = "ordinavo"
DEFAULT_SWITCHES: frozenset[Switch] = frozenset(("customer", "location", "contact"))
# The letter of each switch in a profile's key, in the order of the letters.
_LETTERS: dict[Switch, str] = {
    "customer": "c",
    "location": "l",
    "contact": "p",
    "contactDetails": "d",
    "reportSummary": "s",
    "billingDetails": "b",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """All that decides what a body carries. The default switches are those of the API contract."""

    source_system: str
    switches: frozenset[Switch] = DEFAULT_SWITCHES
    payload_version: str = PAYLOAD_VERSION

    @property
    def key(self) -> str:
        """`2026-06-18/clp/erp`: stable, at most 128 characters, for `Body.profile`."""
        letters = "".join(letter for switch, letter in _LETTERS.items() if switch in self.switches)
        return f"{self.payload_version}/{letters}/{self.source_system}"


def profile_of(subscription: Subscription) -> Profile:
    """What a subscription's bodies carry."""
    chosen: dict[Switch, bool] = {
        "customer": subscription.include_customer,
        "location": subscription.include_location,
        "contact": subscription.include_contact,
        "contactDetails": subscription.include_contact_details,
        "reportSummary": subscription.include_report_summary,
        "billingDetails": subscription.include_billing_details,
    }
    switches = frozenset(switch for switch, is_on in chosen.items() if is_on)
    return Profile(subscription.source_system, switches, subscription.payload_version)


def body_of(event: Event, profile: Profile) -> bytes:
    """The bytes that receivers of a profile get of an event. The event's tenant should be loaded."""
    return orjson.dumps(render(event, profile))


def render(event: Event, profile: Profile) -> dict[str, Any]:
    """The body of an event as a JSON value. The event's tenant should be loaded."""
    body = _rendered(
        event.event_id,
        event.type,
        event.occurred_at,
        event.facts,
        tenant=event.tenant.slug,
        profile=profile,
    )
    # A test may carry a sample: the body of another type, as this subscription would get it.
    if sample := event.facts.get("sample"):
        body["sample"] = _rendered(
            sample["eventId"],
            sample["type"],
            datetime.fromisoformat(sample["occurredAt"]),
            sample["facts"],
            tenant=event.tenant.slug,
            profile=profile,
        )
    return body


def _rendered(
    event_id: str, event_type: str, occurred_at: datetime, facts: Facts, *, tenant: str, profile: Profile
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "eventId": event_id,
        "eventType": event_type,
        "occurredAt": moment(occurred_at),
        "tenantId": tenant,
        "source": SOURCE,
        "payloadVersion": profile.payload_version,
    }
    for part in PARTS[event_type]:
        content = facts.get(part.name)
        if content and _is_on(part, profile):
            body[part.name] = _object(part.fields, content, profile)
    return body


def moment(value: datetime) -> str:
    """`2026-06-18T07:30:00Z`, with microseconds where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _object(fields: tuple[Field, ...], facts: Facts, profile: Profile) -> dict[str, Any]:
    return {
        each.name: _value(each, facts, profile)
        for each in fields
        if _is_on(each, profile) and not (each.optional and each.fact not in facts)
    }


def _value(each: Field, facts: Facts, profile: Profile) -> Any:
    value = facts.get(each.fact)
    if each.fact == "externalIds":
        value = (value or {}).get(profile.source_system)
    if each.fields:
        return [_object(each.fields, entry, profile) for entry in value or ()]
    if isinstance(value, str):
        return value[: each.max_length] or None
    # Only what the table describes leaves; an object that got here is a bug, and stays inside.
    return None if isinstance(value, dict | list) else value


def _is_on(each: Field | Part, profile: Profile) -> bool:
    return each.switch is None or each.switch in profile.switches
