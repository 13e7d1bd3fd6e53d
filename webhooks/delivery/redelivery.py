"""Sending again by hand: one delivery, or every event since a moment (API contract, Webhooks).

Both go to a subscription that is paused or disabled, too. What is under way at this moment stays with the sender
that has it, and starts a new row of retries where it fails.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from ordinavo_connect.api.statements import prepared_cursor
from webhooks.delivery.conditions import matches
from webhooks.delivery.models import Delivery, Subscription
from webhooks.delivery.privacy import body_of, profile_of
from webhooks.delivery.subscriptions import wake_senders
from webhooks.events.catalogue import WEBHOOK_TEST, types_of
from webhooks.events.models import Event

# Events that are rendered and written at a time: some megabytes of bodies.
CHUNK = 1000

# Settled ones and those that wait are due at once; one that a sender has keeps its claim and the claim's end.
_DUE_AGAIN = """
    status = 'Pending', is_forced = true, retry_count = 0, delivered_at = NULL,
    due_at = CASE WHEN d.claim IS NOT NULL AND d.due_at > now() THEN d.due_at ELSE now() END,
    claim = CASE WHEN d.claim IS NOT NULL AND d.due_at > now() THEN d.claim END
"""


@transaction.atomic
def redeliver(deliveries: QuerySet[Delivery]) -> int:
    """Send deliveries again, the same bytes under the same ids; how many they are."""
    ids = list(deliveries.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE delivery_delivery d SET {_DUE_AGAIN}, due_reason = 'by_hand' WHERE d.id = ANY(%s)", [ids]
        )
        count: int = cursor.rowcount
    wake_senders()
    return count


@transaction.atomic
def replay(
    subscription: Subscription,
    *,
    since: datetime,
    until: datetime | None = None,
    event_types: Sequence[str] | None = None,
) -> int:
    """Send every event of a period that fits, delivered before or not, rendered as the subscription is now.

    Args:
        since: events that occurred then or later; `until` is the end, itself left out.
        event_types: exact names, prefixes or `*`: of these only.

    Returns:
        The number of deliveries.
    """
    types = set(types_of(subscription.event_types)) - {WEBHOOK_TEST}
    if event_types is not None:
        types &= set(types_of(event_types))
    events = (
        Event.objects.filter(tenant_id=subscription.tenant_id, type__in=types, occurred_at__gte=since)
        .select_related("tenant")
        .order_by("id")
    )
    if until is not None:
        events = events.filter(occurred_at__lt=until)
    count = sum(
        _queue(subscription, [event for event in chunk if matches(subscription, event)])
        for chunk in _chunks(events)
    )
    wake_senders(subscription.pk)
    return count


def _chunks(events: QuerySet[Event]) -> Iterator[list[Event]]:
    """Events in the order of their ids, some at a time."""
    last = 0
    while chunk := list(events.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _queue(subscription: Subscription, events: list[Event]) -> int:
    if not events:
        return 0
    profile = profile_of(subscription)
    ids = [event.pk for event in events]
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO delivery_body (tenant_id, event_id, profile, content)
            SELECT %s, given.id, %s, given.content
            FROM unnest(%s::bigint[], %s::bytea[]) AS given (id, content) ORDER BY given.id
            ON CONFLICT (event_id, profile) DO NOTHING
            """,
            [subscription.tenant_id, profile.key, ids, [body_of(event, profile) for event in events]],
        )
        cursor.execute(
            f"""
            INSERT INTO delivery_delivery AS d
                (tenant_id, subscription_id, event_id, body_id, event_type, status, attempt_count, retry_count,
                 due_at, due_reason, is_forced, created_at)
            SELECT e.tenant_id, %s, e.id, b.id, e.type, 'Pending', 0, 0, now(), 'replay', true, now()
            FROM events_event e JOIN delivery_body b ON b.event_id = e.id AND b.profile = %s
            WHERE e.id = ANY(%s::bigint[]) ORDER BY e.id
            ON CONFLICT (event_id, subscription_id) DO UPDATE SET
                {_DUE_AGAIN}, due_reason = 'replay', body_id = EXCLUDED.body_id
            """,
            [subscription.pk, profile.key, ids],
        )
        return cursor.rowcount
