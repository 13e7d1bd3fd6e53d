"""Writes of subscriptions: made, changed, tested, given a new secret, deleted.

Values come checked (`endpoints`, `contract`). Each function is one transaction, or a part of the caller's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from ordinavo_connect.clients.models import IntegrationClient, Tenant
from webhooks.delivery.endpoints import origin_of
from webhooks.delivery.models import Attempt, Body, Delivery, Notice, Subscription, SubscriptionStatus
from webhooks.delivery.privacy import body_of, profile_of
from webhooks.delivery.samples import sample_event_id, sample_facts, sample_time
from webhooks.delivery.sealing import header_names, sealed, sealed_headers, unsealed
from webhooks.delivery.signing import new_secret
from webhooks.events.catalogue import WEBHOOK_TEST
from webhooks.events.models import Event
from webhooks.events.outbox import event_id
from webhooks.events.waiting import waiting_events

DEFAULT_OVERLAP_HOURS = 24
DELIVERIES_CHANNEL = "ordinavo_deliveries"

# What a change of the address or a new start makes void: failures of before.
_FRESH: dict[str, Any] = {
    "failing_since": None,
    "consecutive_failures": 0,
    "breaker_opened_at": None,
    "breaker_until": None,
    "last_error": "",
}


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """`secret` is shown now and never again."""

    subscription: Subscription
    secret: str


@transaction.atomic
def create_subscription(
    tenant: Tenant,
    *,
    source_system: str,
    url: str,
    event_types: Sequence[str],
    client: IntegrationClient | None = None,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> NewSubscription:
    """Make a subscription and queue a test of its address.

    Args:
        source_system: whose external IDs it gets, and whose clients see it.
        client: who made it; None: staff did.
        fields: other columns of a subscription.
    """
    secret = new_secret()
    subscription = Subscription.objects.create(
        tenant=tenant,
        client=client,
        source_system=source_system,
        url=url,
        event_types=list(event_types),
        secret=sealed(secret),
        headers=sealed_headers(headers or {}),
        after_event=Event.objects.aggregate(newest=Max("pk"))["newest"] or 0,
        earlier_events=waiting_events(),
        **fields,
    )
    queue_test(subscription)
    return NewSubscription(subscription, secret)


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription as it is after a change, and the names of the headers that did not go along to a new origin."""

    subscription: Subscription
    dropped_headers: tuple[str, ...] = ()


@transaction.atomic
def change_subscription(
    subscription: Subscription, *, changes: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Changed:
    """Change some columns, the headers where they are given.

    A new address, and a disabled subscription that is enabled, start afresh and queue a test. Where the origin of
    the address changes, headers that are not given again are dropped: their values, an Authorization say, were
    meant for the receiver before, and whoever may name an address must not get to read them there. The secret
    that signs stays: it never travels.
    """
    row = Subscription.objects.select_for_update().select_related("tenant").get(pk=subscription.pk)
    is_moved = changes.get("url", row.url) != row.url
    is_enabled = row.status == SubscriptionStatus.DISABLED and "status" in changes
    dropped: tuple[str, ...] = ()
    if headers is None and is_moved and origin_of(changes["url"]) != origin_of(row.url):
        dropped, headers = tuple(header_names(row.headers)), {}
    new = dict(changes)
    if headers is not None:
        new["headers"] = sealed_headers(headers)
    if is_moved or is_enabled:
        new |= _FRESH | {"verdict": None}
    if "status" in changes:
        new["disabled_reason"] = ""
    for name, value in new.items():
        setattr(row, name, value)
    row.save(update_fields=[*new, "updated_at"])
    if is_moved or is_enabled:
        queue_test(row)
    wake_senders(row.pk)
    return Changed(row, dropped)


@transaction.atomic
def delete_subscription(subscription: Subscription) -> None:
    """Delete it with its deliveries; what waits is dropped.

    The row is locked first, so that no fan-out adds a delivery meanwhile. Statements for whole tables: there may be
    a million deliveries, which Django would load to delete.
    """
    row = Subscription.objects.select_for_update().filter(pk=subscription.pk)
    if not row.exists():
        return
    deliveries = Delivery.objects.filter(subscription_id=subscription.pk)
    # Its deliveries, too: else a sender that settles one could add an attempt between the statements.
    with connection.cursor() as cursor:
        locked = "SELECT 1 FROM delivery_delivery WHERE subscription_id = %s ORDER BY id FOR UPDATE"
        cursor.execute(f"SELECT count(*) FROM ({locked}) locked", [subscription.pk])
    Attempt.objects.filter(delivery__in=deliveries)._raw_delete(row.db)
    deliveries._raw_delete(row.db)
    Notice.objects.filter(subscription_id=subscription.pk)._raw_delete(row.db)
    row._raw_delete(row.db)


@transaction.atomic
def rotate_secret(subscription: Subscription, *, overlap_hours: int = DEFAULT_OVERLAP_HOURS) -> str:
    """Give it a new secret; the old one signs besides it for some hours. The new secret is shown once."""
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    secret = new_secret()
    row.previous_secret = row.secret if overlap_hours else ""
    row.previous_secret_until = timezone.now() + timedelta(hours=overlap_hours) if overlap_hours else None
    row.secret = sealed(secret)
    row.save(update_fields=["secret", "previous_secret", "previous_secret_until", "updated_at"])
    return secret


def signing_keys(subscription: Subscription, *, at: datetime) -> list[str]:
    """The secrets that sign at a time, the newest first.

    Raises:
        sealing.Unreadable: the key that sealed them is missing.
    """
    keys = [unsealed(subscription.secret)]
    until = subscription.previous_secret_until
    if subscription.previous_secret and until is not None and at < until:
        keys.append(unsealed(subscription.previous_secret))
    return keys


@transaction.atomic
def queue_test(subscription: Subscription, *, sample_of: str | None = None) -> Delivery:
    """Send it a signed `webhook.test` at once, also while it is paused or disabled.

    Args:
        sample_of: an event type, whose sample stands in the body as `sample`. A sample never travels as an event
            of its own: an ERP would bill it.
    """
    now = timezone.now()
    facts: dict[str, Any] = {"subscription": {"id": subscription.pk, "name": subscription.name}}
    if sample_of is not None:
        facts["sample"] = {
            "eventId": sample_event_id(sample_of),
            "type": sample_of,
            "occurredAt": sample_time(sample_of),
            "facts": sample_facts(sample_of, source_system=subscription.source_system),
        }
    event = Event.objects.create(
        tenant=subscription.tenant,
        event_id=event_id(),
        type=WEBHOOK_TEST,
        source_system=subscription.source_system,
        occurred_at=now,
        created_at=now,
        facts=facts,
    )
    profile = profile_of(subscription)
    body = Body.objects.create(
        tenant_id=event.tenant_id, event=event, profile=profile.key, content=body_of(event, profile)
    )
    delivery = Delivery.objects.create(
        tenant_id=event.tenant_id,
        subscription=subscription,
        event=event,
        body=body,
        event_type=event.type,
        due_at=now,
        due_reason="by_hand",
        is_forced=True,
        created_at=now,
    )
    wake_senders(subscription.pk)
    return delivery


def wake_senders(subscription_id: int | None = None) -> None:
    """Tell the senders, when the transaction commits, that something is due: of a subscription, or anywhere."""
    payload = "" if subscription_id is None else str(subscription_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [DELIVERIES_CHANNEL, payload])
