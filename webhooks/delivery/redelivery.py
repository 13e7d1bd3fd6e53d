"""Sending again by hand: one delivery, or every event since a moment (API contract, Webhooks).

Both go to a subscription that is paused or disabled, too. What is under way at this moment stays with the sender
that has it, and starts a new row of retries where it fails.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from ordinavo_connect.api.statements import prepared_cursor
from webhooks.delivery import notices
from webhooks.delivery.conditions import matches
from webhooks.delivery.models import Body, Delivery, Subscription
from webhooks.delivery.privacy import Profile, body_of, profile_of
from webhooks.delivery.subscriptions import wake_senders
from webhooks.events.catalogue import WEBHOOK_TEST, types_of
from webhooks.events.models import Event

# Events that are rendered and written at a time: some megabytes of bodies.
CHUNK = 1000

# One replay at a time in a tenant: of the advisory locks of two numbers, these are ours.
REPLAYS_LOCK = 0x7265_706C  # "repl"

# Settled ones and those that wait are due at once; one that a sender has keeps its claim and the claim's end.
_DUE_AGAIN = """
    status = 'Pending', is_forced = true, retry_count = 0, delivered_at = NULL,
    due_at = CASE WHEN d.claim IS NOT NULL AND d.due_at > now() THEN d.due_at ELSE now() END,
    claim = CASE WHEN d.claim IS NOT NULL AND d.due_at > now() THEN d.claim END
"""


class ReplayRunning(Exception):
    """A replay of the tenant is being queued: another one waits, or a few of them would keep every web thread."""

    code = "rate_limited"
    # In which that one has its answer, as a rule.
    seconds = 10

    def __init__(self) -> None:
        self.message = _("A replay is being queued just now; try again when that is done.")
        super().__init__(self.message)


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

    1. Only what has no body of this profile yet is read and rendered; with conditions, all is read.
    2. All deliveries are written by one statement, in which each event leads to its body and its delivery by an
       index (`LATERAL` with a limit). A join goes by the sizes of tables as they were known last: while these were
       thought to be empty, 60,000 events took half a minute.
    3. One at a time in a tenant.

    Args:
        since: events that occurred then or later; `until` is the end, itself left out.
        event_types: exact names, prefixes or `*`: of these only.

    Returns:
        The number of deliveries.

    Raises:
        ReplayRunning: another one of the tenant has not ended.
    """
    _take_turn(subscription.tenant_id)
    types = set(types_of(subscription.event_types)) - {WEBHOOK_TEST}
    if event_types is not None:
        types &= set(types_of(event_types))
    events = Event.objects.filter(tenant_id=subscription.tenant_id, type__in=types, occurred_at__gte=since)
    if until is not None:
        events = events.filter(occurred_at__lt=until)
    count = _queue(subscription, _with_bodies(subscription, events))
    if until is None and event_types is None:
        notices.end_offer(subscription, since=since)
    wake_senders(subscription.pk)
    return count


def _take_turn(tenant_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s::int)", [REPLAYS_LOCK, tenant_id])
        if not cursor.fetchone()[0]:
            raise ReplayRunning


def _with_bodies(subscription: Subscription, events: QuerySet[Event]) -> list[int]:
    """The ids of those that fit, ascending; each has its body now."""
    profile = profile_of(subscription)
    there = Body.objects.filter(event=OuterRef("pk"), profile=profile.key)
    if not subscription.conditions:
        ids = list(events.order_by("pk").values_list("pk", flat=True))
        for chunk in _chunks(events.filter(~Exists(there))):
            _keep_bodies(subscription, profile, chunk)
        return ids
    ids = []
    for chunk in _chunks(events.annotate(has_body=Exists(there))):
        chosen = [event for event in chunk if matches(subscription, event)]
        _keep_bodies(subscription, profile, [event for event in chosen if not event.has_body])  # type: ignore[attr-defined]
        ids += [event.pk for event in chosen]
    return ids


def _chunks(events: QuerySet[Event]) -> Iterator[list[Event]]:
    """Events in the order of their ids, some at a time, of one statement."""
    rows = events.order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _keep_bodies(subscription: Subscription, profile: Profile, events: Sequence[Event]) -> None:
    if not events:
        return
    for event in events:
        event.tenant = subscription.tenant  # Else each would be read.
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO delivery_body (tenant_id, event_id, profile, content)
            SELECT %s, given.id, %s, given.content FROM unnest(%s::bigint[], %s::bytea[]) AS given (id, content)
            ORDER BY given.id
            ON CONFLICT (event_id, profile) DO NOTHING
            """,
            [
                subscription.tenant_id,
                profile.key,
                [event.pk for event in events],
                [body_of(event, profile) for event in events],
            ],
        )


def _queue(subscription: Subscription, ids: list[int]) -> int:
    profile = profile_of(subscription)
    with connection.cursor() as cursor:
        # In the order in which senders settle, so that neither waits for the other.
        cursor.execute(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM delivery_delivery WHERE id = ANY (ARRAY(
                    SELECT found.id FROM unnest(%s::bigint[]) AS asked(id) CROSS JOIN LATERAL (
                        SELECT id FROM delivery_delivery WHERE event_id = asked.id AND subscription_id = %s LIMIT 1
                    ) found
                )) ORDER BY id FOR UPDATE
            ) locked
            """,
            [ids, subscription.pk],
        )
        cursor.execute(
            f"""
            INSERT INTO delivery_delivery AS d
                (tenant_id, subscription_id, event_id, body_id, event_type, status, attempt_count, retry_count,
                 due_at, due_reason, is_forced, created_at)
            SELECT e.tenant_id, %s, e.id, b.id, e.type, 'Pending', 0, 0, now(), 'replay', true, now()
            FROM unnest(%s::bigint[]) WITH ORDINALITY AS asked(id, number)
            CROSS JOIN LATERAL (SELECT * FROM events_event WHERE id = asked.id LIMIT 1) e
            CROSS JOIN LATERAL (
                SELECT id FROM delivery_body WHERE event_id = asked.id AND profile = %s LIMIT 1
            ) b
            ORDER BY asked.number
            ON CONFLICT (event_id, subscription_id) DO UPDATE SET
                {_DUE_AGAIN}, due_reason = 'replay', body_id = EXCLUDED.body_id
            """,
            [subscription.pk, ids, profile.key],
        )
        count: int = cursor.rowcount
    return count
