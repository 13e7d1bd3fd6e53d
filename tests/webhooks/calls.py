"""What tests of the webhook endpoints do and look up again and again."""

from datetime import UTC, datetime
from typing import Any

from ordinavo_connect.clients.models import Tenant
from webhooks.delivery.models import Delivery, Subscription
from webhooks.delivery.samples import sample_facts
from webhooks.events.models import Event
from webhooks.events.outbox import event_id

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
URL = "https://receiver.example.com/hooks"
SUBSCRIPTIONS = "/webhooks/subscriptions"


def subscribed(api: Any, *, url: str = URL, event_types: tuple[str, ...] = ("*",), **fields: Any) -> Any:
    """The answer to a new subscription."""
    response = api.post(SUBSCRIPTIONS, {"url": url, "eventTypes": list(event_types), **fields})
    assert response.status_code == 201, response.content
    return response.json()


def kept(body: dict[str, Any]) -> Subscription:
    return Subscription.objects.get(pk=body["id"])


def happened(
    tenant: Tenant,
    event_type: str = "target.imported",
    *,
    source_system: str = "erp",
    at: datetime = NOON,
    position: int | None = None,
    **facts: Any,
) -> Event:
    """An event with the facts of the sample; `position` as fan-out gives it."""
    return Event.objects.create(
        tenant=tenant,
        event_id=event_id(),
        type=event_type,
        source_system=source_system,
        position=position,
        occurred_at=at,
        created_at=at,
        facts=sample_facts(event_type, source_system=source_system) | facts,
    )


def errors_of(response: Any) -> dict[str, str]:
    """Codes of what was refused, by field."""
    assert response.status_code == 400, response.content
    error = response.json()["error"]
    assert error["code"] == "validation_failed"
    return {detail["field"]: detail["code"] for detail in error["details"]}


def settle(delivery: Delivery, status: str = "Delivered") -> None:
    """As a sender does it."""
    Delivery.objects.filter(pk=delivery.pk).update(
        status=status, due_at=None, claim=None, attempt_count=1, delivered_at=NOON
    )
