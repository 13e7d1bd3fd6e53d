"""What tests of the pages of webhooks set up: subscriptions, and deliveries with attempts as a sender leaves them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ordinavo_connect.clients.models import Tenant
from tests.webhooks.calls import URL, happened
from webhooks.delivery.models import Attempt, Body, Delivery, Subscription
from webhooks.delivery.privacy import body_of, profile_of
from webhooks.delivery.signing import delivery_headers
from webhooks.delivery.subscriptions import create_subscription, signing_keys
from webhooks.events.models import Event


def endpoint(tenant: Tenant, *, url: str = URL, name: str = "ERP", **fields: Any) -> Subscription:
    """A subscription to everything, whose test is not queued any more."""
    defaults = {"source_system": "erp", "event_types": ["*"]}
    subscription = create_subscription(tenant, url=url, name=name, **defaults | fields).subscription
    Delivery.objects.filter(subscription=subscription).delete()
    return subscription


def queued(subscription: Subscription, event: Event | None = None, **fields: Any) -> Delivery:
    """A delivery that waits."""
    event = event or happened(subscription.tenant, at=timezone.now(), position=1)
    profile = profile_of(subscription)
    body, _made = Body.objects.get_or_create(
        tenant=subscription.tenant,
        event=event,
        profile=profile.key,
        defaults={"content": body_of(event, profile)},
    )
    now = timezone.now()
    defaults = {"due_at": now, "created_at": now, "event_type": event.type}
    return Delivery.objects.create(
        tenant=subscription.tenant, subscription=subscription, event=event, body=body, **defaults | fields
    )


def attempted(delivery: Delivery, *, at: datetime | None = None, **fields: Any) -> Attempt:
    """One more attempt, signed; delivered unless `status_code` says otherwise."""
    at = at or timezone.now() - timedelta(minutes=1)
    sent = fields.get("body") or delivery.body
    headers = delivery_headers(
        event_id=delivery.event.event_id,
        event_type=delivery.event_type,
        delivery_id=delivery.pk,
        timestamp=int(at.timestamp()),
        body=bytes(sent.content),
        keys=signing_keys(delivery.subscription, at=at),
    )
    defaults = {"duration_ms": 24, "status_code": 204, "request_headers": headers}
    delivery.attempt_count += 1
    delivery.save(update_fields=["attempt_count"])
    return Attempt.objects.create(
        tenant_id=delivery.tenant_id,
        delivery=delivery,
        number=delivery.attempt_count,
        started_at=at,
        **defaults | fields,
    )


def delivered(delivery: Delivery, **fields: Any) -> Delivery:
    attempted(delivery, **fields)
    Delivery.objects.filter(pk=delivery.pk).update(
        status="Delivered", due_at=None, delivered_at=timezone.now()
    )
    delivery.refresh_from_db()
    return delivery


def given_up(delivery: Delivery, **fields: Any) -> Delivery:
    attempted(delivery, **{"status_code": 500, "error_message": "The receiver failed: 500."} | fields)
    Delivery.objects.filter(pk=delivery.pk).update(status="Failed", due_at=None)
    delivery.refresh_from_db()
    return delivery
