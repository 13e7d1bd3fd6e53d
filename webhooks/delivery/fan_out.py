"""Who gets an event: positions for what is committed, and a delivery for each subscription that asked for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import structlog
from django.db import transaction

from ordinavo_connect.api.statements import PreparedCursor, prepared_cursor
from webhooks.delivery.conditions import matches
from webhooks.delivery.models import Subscription, SubscriptionStatus
from webhooks.delivery.privacy import Profile, body_of, profile_of
from webhooks.delivery.subscriptions import DELIVERIES_CHANNEL
from webhooks.events.catalogue import WEBHOOK_TEST, fits
from webhooks.events.models import Event

log = structlog.get_logger(__name__)

# One fan-out at a time in a database: of the advisory locks, this one is ours.
LOCK = 0x6F72_6469_6E61_766F  # "ordinavo"
# Events of one transaction: they take a fraction of a second, and some megabytes.
LIMIT = 500
# A notification names subscriptions, up to so many, or none: then senders look everywhere.
NAMED_SUBSCRIPTIONS = 100


@dataclass(frozen=True, slots=True)
class FanOut:
    """What one fan-out did.

    Attributes:
        events: that got their position.
        is_busy: another one is at it; nothing was done.
    """

    events: int = 0
    deliveries: int = 0
    is_busy: bool = False


@dataclass(slots=True)
class _Plan:
    """The rows to be written: bodies by event and profile, deliveries by event and subscription."""

    bodies: dict[tuple[int, str], bytes] = field(default_factory=dict)
    deliveries: list[tuple[int, int, str]] = field(default_factory=list)  # event, subscription, profile


def fan_out(*, limit: int = LIMIT) -> FanOut:
    """Give committed events their positions, and write what subscribers get of them.

    1. One at a time: so positions ascend in the order in which they become visible, and a reader that has seen
       one never finds a smaller one later. The lock is taken by a statement of its own: one that takes it and
       reads would read from a snapshot older than the lock.
    2. An event is seen once its transaction is committed. One of a lower id that commits later gets a higher
       position; of one target, ids ascend in the order of cause, since its row is locked.
    3. Bytes are rendered once for each privacy profile; what a replay or a test wrote before stays as it is.
    4. A subscription gets what fan-out meets once it is there, except what was committed before it and waited: so
       an event whose transaction was open meanwhile is sent, whatever its id.
    5. All in one transaction: a crash leaves the events waiting, as if nothing had been tried.
    """
    with transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return FanOut(is_busy=True)
        events = _waiting(limit)
        if not events:
            return FanOut()
        _number(cursor, events)
        plan = _planned(events, _subscriptions(cursor, {event.tenant_id for event in events}))
        _write(cursor, plan)
        ids = frozenset(subscription_id for _, subscription_id, _ in plan.deliveries)
        _notify(cursor, ids)
    return FanOut(len(events), len(plan.deliveries))


def _waiting(limit: int) -> list[Event]:
    return list(Event.objects.filter(position=None).select_related("tenant").order_by("id")[:limit])


def _number(cursor: PreparedCursor, events: Sequence[Event]) -> None:
    # Of a sequence: events may be wiped, and a number that a receiver keeps as its cursor is never given twice.
    cursor.execute(
        """
        UPDATE events_event e SET position = given.position
        FROM (
            SELECT id, nextval('events_position') AS position FROM (
                SELECT id FROM unnest(%s::bigint[]) WITH ORDINALITY AS asked(id, number) ORDER BY number
            ) ordered
        ) given
        WHERE e.id = given.id
        """,
        [[event.pk for event in events]],
    )


def _subscriptions(cursor: PreparedCursor, tenant_ids: Iterable[int]) -> dict[int, list[Subscription]]:
    """By tenant, those that may get events; they stay until the transaction ends."""
    cursor.execute(
        """
        SELECT id FROM delivery_subscription WHERE tenant_id = ANY(%s::bigint[]) AND status = ANY(%s::text[])
        ORDER BY id FOR KEY SHARE
        """,
        [sorted(tenant_ids), [SubscriptionStatus.ACTIVE.value, SubscriptionStatus.PAUSED.value]],
    )
    found: dict[int, list[Subscription]] = defaultdict(list)
    for subscription in Subscription.objects.filter(id__in=[row[0] for row in cursor.fetchall()]).order_by(
        "id"
    ):
        found[subscription.tenant_id].append(subscription)
    return found


def _planned(events: Iterable[Event], subscriptions: dict[int, list[Subscription]]) -> _Plan:
    plan, profiles = (
        _Plan(),
        {each.pk: profile_of(each) for found in subscriptions.values() for each in found},
    )
    asking: dict[tuple[int, str], list[Subscription]] = {}
    for event in events:
        if event.type == WEBHOOK_TEST:
            continue  # Its one delivery was written with it.
        key = event.tenant_id, event.type
        if key not in asking:
            asking[key] = _asking(event.type, subscriptions.get(event.tenant_id, ()))
        try:
            _plan_event(plan, event, asking[key], profiles)
        except Exception:
            # One event that cannot be rendered must not keep all others: a replay brings it once it can.
            log.exception("webhook_event_not_rendered", event_id=event.event_id, event_type=event.type)
    return plan


def _asking(event_type: str, subscriptions: Iterable[Subscription]) -> list[Subscription]:
    return [each for each in subscriptions if any(fits(pattern, event_type) for pattern in each.event_types)]


def _plan_event(
    plan: _Plan, event: Event, subscriptions: Iterable[Subscription], profiles: dict[int, Profile]
) -> None:
    chosen = [each for each in subscriptions if not _is_earlier(event, each) and matches(each, event)]
    bodies = {profile.key: body_of(event, profile) for profile in {profiles[each.pk] for each in chosen}}
    plan.bodies |= {(event.pk, key): content for key, content in bodies.items()}
    plan.deliveries += [(event.pk, each.pk, profiles[each.pk].key) for each in chosen]


def _is_earlier(event: Event, subscription: Subscription) -> bool:
    return any(first <= event.pk <= last for first, last in subscription.earlier_events)


def _write(cursor: PreparedCursor, plan: _Plan) -> None:
    if not plan.deliveries:
        return
    cursor.execute(
        """
        INSERT INTO delivery_body (tenant_id, event_id, profile, content)
        SELECT e.tenant_id, e.id, given.profile, given.content
        FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) AS given(event_id, profile, content)
        JOIN events_event e ON e.id = given.event_id
        ON CONFLICT (event_id, profile) DO NOTHING
        """,
        [[event for event, _ in plan.bodies], [key for _, key in plan.bodies], list(plan.bodies.values())],
    )
    events, subscriptions, profiles = zip(*plan.deliveries, strict=True)
    cursor.execute(
        """
        INSERT INTO delivery_delivery
            (tenant_id, subscription_id, event_id, body_id, event_type, status, attempt_count, retry_count,
             due_at, due_reason, is_forced, created_at)
        SELECT e.tenant_id, given.subscription_id, e.id, b.id, e.type, 'Pending', 0, 0,
               now(), 'first', false, now()
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[])
             WITH ORDINALITY AS given(event_id, subscription_id, profile, number)
        JOIN events_event e ON e.id = given.event_id
        JOIN delivery_body b ON b.event_id = given.event_id AND b.profile = given.profile
        ORDER BY given.number
        ON CONFLICT (event_id, subscription_id) DO NOTHING
        """,
        [list(events), list(subscriptions), list(profiles)],
    )


def _notify(cursor: PreparedCursor, subscription_ids: frozenset[int]) -> None:
    """Once a transaction, heard when it is committed: PostgreSQL takes such commits one after the other."""
    if not subscription_ids:
        return
    few = len(subscription_ids) <= NAMED_SUBSCRIPTIONS
    payload = ",".join(map(str, sorted(subscription_ids))) if few else ""
    cursor.execute("SELECT pg_notify(%s, %s)", [DELIVERIES_CHANNEL, payload])
