"""Billing events as the API shows them (API contract, Shapes)."""

from collections.abc import Mapping
from typing import Any

from routing.billing.events import parts_of
from routing.billing.models import BillingEvent, BillingStatus

Facts = Mapping[str, Any]


def billing_events(events: list[BillingEvent], *, source_system: str) -> list[dict[str, Any]]:
    """Each with its customer, location, report and target; external IDs are those of the source system."""
    parts = parts_of(events)
    return [_shown(event, parts[event.pk], source_system) for event in events]


def _shown(event: BillingEvent, parts: Facts, source_system: str) -> dict[str, Any]:
    billing = dict(parts["billingEvent"])
    report, target = parts["visitReport"], parts["target"]
    return {
        "billingEvent": billing
        | {
            "documentNumber": billing["documentNumber"] or None,
            "waitsFor": event.waits_for or None,
            # Of the last refusal; what is offered again has none yet.
            "error": (event.error or None) if event.status == BillingStatus.FAILED else None,
        },
        "customer": _customer(parts.get("customer"), source_system),
        "location": _location(parts.get("location"), source_system),
        "visitReport": {
            name: report[name] for name in ("id", "title", "status", "result", "isBillable", "billingStatus")
        },
        "target": {
            "id": target["id"],
            "externalId": target["externalIds"].get(source_system),
            "title": target["title"],
        },
    }


def _customer(facts: Facts | None, source_system: str) -> dict[str, Any] | None:
    if not facts:
        return None
    return {
        "ordinavoCustomerId": facts["id"],
        "externalId": facts["externalIds"].get(source_system),
        "customerNumber": facts["number"] or None,
        "name": facts["name"],
    }


def _location(facts: Facts | None, source_system: str) -> dict[str, Any] | None:
    if not facts:
        return None
    return {
        "ordinavoLocationId": facts["id"],
        "externalId": facts["externalIds"].get(source_system),
        "name": facts["name"] or None,
        "city": facts["city"] or None,
        "hasCoordinates": facts["hasCoordinates"],
    }
