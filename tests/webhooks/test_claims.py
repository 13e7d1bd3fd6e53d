"""Deliveries are handed out once, settled by who holds them, and never lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant
from tests.webhooks.calls import happened
from tests.webhooks.event_loops import aside
from tests.webhooks.test_fan_out import subscribe
from webhooks.delivery.claims import (
    LEASE_SECONDS,
    Claimed,
    Connection,
    Result,
    Wanted,
    claim,
    has_others,
    mend_times,
    probes,
    release,
    settle,
    sign_on,
    take_over,
)
from webhooks.delivery.connections import connect
from webhooks.delivery.models import Attempt, Body, Delivery, Subscription
from webhooks.delivery.network import Exchange
from webhooks.delivery.retries import Again, Delivered, GivenUp, Outcome

pytestmark = pytest.mark.django_db(transaction=True)

OK = Exchange(12, 200, excerpt="ok", phases={"connect": 0.4, "firstByte": 3.1})
SENDER = 2**62 + 5
BROKEN = Exchange(7, 500, "http_status", "The endpoint answered 500 Internal Server Error.")


def on_connections(number: int, work: Callable[..., Awaitable[Any]]) -> Any:
    """What `work` gives, with connections as senders have them."""

    async def scene() -> Any:
        connections = [await connect("test") for _ in range(number)]
        try:
            return await work(*connections)
        finally:
            for connection in connections:
                await connection.close()

    return aside(asyncio.run)(scene())


def claimed(
    subscription: Subscription, room: int = 100, *, is_probe: bool = False, sender: int = SENDER, **asked: Any
) -> list[Claimed]:
    wanted = [Wanted(subscription.pk, room, is_probe)]
    return on_connections(1, lambda connection: claim(connection, wanted, sender=sender, **asked))  # type: ignore[no-any-return]


def ids(found: list[Claimed]) -> list[int]:
    return [each.id for each in found]


def settled(each: Claimed, outcome: Outcome, exchange: Exchange = OK) -> set[int]:
    results = [Result(each, outcome, exchange, {"webhook-id": each.event_id}, age=0.5)]
    return on_connections(1, lambda connection: settle(connection, results))  # type: ignore[no-any-return]


def make_delivery(subscription: Subscription, *, due_in: float = -1.0, **fields: Any) -> Delivery:
    """Due in so many seconds."""
    now = timezone.now()
    event = happened(subscription.tenant, at=now)
    body = Body.objects.create(tenant_id=event.tenant_id, event=event, profile="p", content=b'{"a":1}')
    defaults = {"due_at": now + timedelta(seconds=due_in), "created_at": now, "event_type": event.type}
    return Delivery.objects.create(
        tenant_id=event.tenant_id, subscription=subscription, event=event, body=body, **defaults | fields
    )


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    return subscribe(tenant)


def test_a_claim_carries_what_is_to_be_sent(subscription: Subscription) -> None:
    delivery = make_delivery(subscription, retry_count=2)
    (found,) = claimed(subscription)
    assert (found.id, found.subscription_id, found.retries) == (delivery.pk, subscription.pk, 2)
    assert (found.event_id, found.event_type) == (delivery.event.event_id, "target.imported")
    assert found.body == b'{"a":1}'


def test_the_oldest_come_first_up_to_the_room(subscription: Subscription) -> None:
    made = [make_delivery(subscription, due_in=due) for due in (-5, -50, -500, 5)]
    assert ids(claimed(subscription, 2)) == [made[1].pk, made[2].pk]
    assert ids(claimed(subscription, 2)) == [made[0].pk]


def test_what_is_claimed_is_not_claimed_again_before_its_lease_ends(subscription: Subscription) -> None:
    delivery = make_delivery(subscription)
    claimed(subscription)
    assert claimed(subscription) == []
    delivery.refresh_from_db()
    assert delivery.due_at is not None
    left = delivery.due_at - timezone.now()
    assert timedelta(seconds=LEASE_SECONDS - 60) < left <= timedelta(seconds=LEASE_SECONDS)
    Delivery.objects.update(due_at=timezone.now())
    assert ids(claimed(subscription)) == [delivery.pk]


def test_senders_at_once_share_and_overlap_in_nothing(subscription: Subscription) -> None:
    made = {make_delivery(subscription).pk for _ in range(40)}

    async def scene(*connections: Connection) -> list[list[Claimed]]:
        wanted = [Wanted(subscription.pk, 10)]
        return await asyncio.gather(*(claim(each, wanted, sender=SENDER) for each in connections))

    found = [each for part in on_connections(4, scene) for each in ids(part)]
    assert len(found) == len(set(found))
    assert set(found) <= made


def test_each_subscription_gets_its_room(tenant: Tenant) -> None:
    busy, quiet = subscribe(tenant), subscribe(tenant)
    for _ in range(20):
        make_delivery(busy)
    waiting = make_delivery(quiet)
    wanted = [Wanted(busy.pk, 5), Wanted(quiet.pk, 5)]
    found = on_connections(1, lambda connection: claim(connection, wanted, sender=SENDER))
    assert [each.subscription_id for each in found].count(busy.pk) == 5
    assert waiting.pk in ids(found)


def test_what_is_sent_by_hand_takes_of_the_room(subscription: Subscription) -> None:
    ordinary = [make_delivery(subscription, due_in=-500) for _ in range(4)]
    by_hand = [make_delivery(subscription, is_forced=True, due_reason="by_hand") for _ in range(2)]
    found = ids(claimed(subscription, 3))
    assert found == [ordinary[0].pk, *(each.pk for each in by_hand)]


@pytest.mark.parametrize("status", ["Paused", "Disabled"])
def test_only_what_is_forced_is_sent_while_paused_or_disabled(
    subscription: Subscription, status: str
) -> None:
    Subscription.objects.update(status=status)
    make_delivery(subscription)
    replayed = make_delivery(subscription, is_forced=True, due_reason="replay")
    retried = make_delivery(subscription, is_forced=True, due_reason="retry")
    by_hand = make_delivery(subscription, is_forced=True, due_reason="by_hand")
    assert ids(claimed(subscription)) == [replayed.pk, retried.pk, by_hand.pk]


def test_the_breaker_holds_all_back_but_what_is_sent_by_hand(subscription: Subscription) -> None:
    Subscription.objects.update(
        breaker_opened_at=timezone.now(), breaker_until=timezone.now() + timedelta(minutes=1)
    )
    ordinary = make_delivery(subscription)
    make_delivery(subscription, is_forced=True, due_reason="replay")
    by_hand = make_delivery(subscription, is_forced=True, due_reason="by_hand")
    assert ids(claimed(subscription)) == [by_hand.pk]
    assert ids(claimed(subscription, 1, is_probe=True)) == [ordinary.pk]


def test_one_sender_alone_gets_to_probe(subscription: Subscription) -> None:
    Subscription.objects.update(breaker_opened_at=timezone.now(), breaker_until=timezone.now())
    make_delivery(subscription)

    async def scene(*connections: Connection) -> list[list[int]]:
        return await asyncio.gather(*map(probes, connections))

    assert sorted(on_connections(3, scene)) == [[], [], [subscription.pk]]


@pytest.mark.parametrize(("due_in", "until_in"), [(60, -1), (-1, 60)])
def test_nothing_is_probed_where_nothing_is_due_or_the_breaker_still_holds(
    subscription: Subscription, due_in: float, until_in: float
) -> None:
    now = timezone.now()
    Subscription.objects.update(breaker_opened_at=now, breaker_until=now + timedelta(seconds=until_in))
    make_delivery(subscription, due_in=due_in)
    assert on_connections(1, probes) == []


def test_a_change_of_the_subscription_shows_in_the_next_claim(subscription: Subscription) -> None:
    make_delivery(subscription), make_delivery(subscription)  # noqa: B018
    (first,) = claimed(subscription, 1)
    Subscription.objects.update(url="https://elsewhere.example/")
    (second,) = claimed(subscription, 1)
    assert first.version != second.version


# The bound of requests under way, for all senders together

OTHER, THIRD = SENDER + 1, SENDER + 2


@pytest.fixture
def bounded(subscription: Subscription) -> Subscription:
    """Five requests under way at most, and more to send."""
    Subscription.objects.update(max_in_flight=5)
    for _ in range(20):
        make_delivery(subscription)
    return subscription


def test_senders_together_hold_what_the_bound_allows(bounded: Subscription) -> None:
    counts = [
        len(claimed(bounded, room, sender=each)) for each, room in ((SENDER, 3), (OTHER, 9), (THIRD, 9))
    ]
    assert counts == [3, 2, 0]
    # Nor does the first get any more now.
    assert claimed(bounded, 9) == []


def test_one_that_has_all_may_hold_more_and_others_wait(bounded: Subscription) -> None:
    held = claimed(bounded, 9)
    assert len(held) == 9
    assert claimed(bounded, 9, sender=OTHER) == []
    for each in held[:6]:
        settled(each, Delivered())
    assert len(claimed(bounded, 9, sender=OTHER)) == 2


def test_one_that_shares_leaves_it_at_the_bound(bounded: Subscription) -> None:
    assert len(claimed(bounded, 9, shares=True)) == 5
    assert claimed(bounded, 9, shares=True) == []


def test_a_lease_that_ended_counts_no_more(bounded: Subscription) -> None:
    claimed(bounded, 5)
    Delivery.objects.exclude(claim=None).update(due_at=timezone.now())
    assert len(claimed(bounded, 5, sender=OTHER)) == 5


def test_senders_that_claim_at_once_count_each_other(bounded: Subscription) -> None:
    async def scene(*connections: Connection) -> list[int]:
        wanted = [Wanted(bounded.pk, 9)]
        found = await asyncio.gather(
            *(claim(each, wanted, sender=SENDER + number) for number, each in enumerate(connections))
        )
        for each, connection in zip(found, connections, strict=True):
            await release(connection, each)
        return [len(each) for each in found if each]

    for _ in range(10):
        # The first has all it asked for, more than the bound: so nobody else has any.
        assert on_connections(4, scene) == [9]


def test_others_are_seen(subscription: Subscription) -> None:
    async def scene(ours: Connection, other: Connection) -> list[bool]:
        found = [await has_others(ours)]
        await other.close()
        while await has_others(ours):  # The server needs a moment to notice.
            await asyncio.sleep(0.01)
        return found

    assert on_connections(2, scene) == [True]


# Settling


def test_delivered(subscription: Subscription) -> None:
    delivery = make_delivery(subscription)
    (ours,) = claimed(subscription)
    assert settled(ours, Delivered()) == {delivery.pk}
    delivery.refresh_from_db()
    assert (delivery.status, delivery.due_at, delivery.claim) == ("Delivered", None, None)
    assert (delivery.attempt_count, delivery.retry_count) == (1, 0)
    assert delivery.delivered_at is not None
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.status_code, attempt.duration_ms) == (1, 200, 12)
    assert (attempt.response_excerpt, attempt.error_code) == ("ok", "")
    assert attempt.phases == {"connect": 0.4, "firstByte": 3.1}
    assert attempt.request_headers == {"webhook-id": ours.event_id}


def test_an_attempt_remembers_what_it_sent(subscription: Subscription) -> None:
    delivery = make_delivery(subscription)
    (ours,) = claimed(subscription)
    newer = Body.objects.create(tenant=subscription.tenant, event=delivery.event, profile="q", content=b"{}")
    Delivery.objects.update(body=newer)  # Replayed while it is under way.
    settled(ours, Delivered())
    assert Attempt.objects.get().body_id == delivery.body_id


def test_an_extra_attempt_takes_none_of_the_schedule(subscription: Subscription) -> None:
    delivery = make_delivery(subscription)
    (ours,) = claimed(subscription)
    settled(ours, Again(1, "retry_after", is_extra=True), BROKEN)
    delivery.refresh_from_db()
    assert (delivery.attempt_count, delivery.retry_count, delivery.status) == (1, 0, "Pending")


def test_to_be_tried_again(subscription: Subscription) -> None:
    delivery = make_delivery(subscription)
    (ours,) = claimed(subscription)
    settled(ours, Again(300, "retry_after"), BROKEN)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.due_reason, delivery.claim) == ("Pending", "retry_after", None)
    assert (delivery.attempt_count, delivery.retry_count) == (1, 1)
    assert delivery.due_at is not None
    assert timedelta(seconds=240) < delivery.due_at - timezone.now() <= timedelta(seconds=300)
    assert Attempt.objects.get().error_code == "http_status"


def test_given_up(subscription: Subscription) -> None:
    delivery = make_delivery(subscription, retry_count=7, attempt_count=7)
    (ours,) = claimed(subscription)
    settled(ours, GivenUp(), BROKEN)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.due_at, delivery.attempt_count) == ("Failed", None, 8)
    assert Attempt.objects.get().number == 8


def test_who_holds_it_no_more_settles_nothing(subscription: Subscription) -> None:
    """A sender that was frozen past its lease, and another that took over."""
    delivery = make_delivery(subscription)
    (frozen,) = claimed(subscription)
    Delivery.objects.update(due_at=timezone.now())
    (other,) = claimed(subscription)
    assert settled(frozen, GivenUp(), BROKEN) == set()
    assert settled(other, Delivered()) == {delivery.pk}
    assert settled(frozen, GivenUp(), BROKEN) == set()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count) == ("Delivered", 1)
    assert Attempt.objects.count() == 1


def test_a_result_is_written_once(subscription: Subscription) -> None:
    make_delivery(subscription)
    (ours,) = claimed(subscription)
    assert settled(ours, Delivered())
    assert settled(ours, Delivered()) == set()
    assert Attempt.objects.count() == 1


def test_what_was_deleted_meanwhile_is_nobodys(subscription: Subscription) -> None:
    make_delivery(subscription)
    (ours,) = claimed(subscription)
    Delivery.objects.all().delete()
    assert settled(ours, Delivered()) == set()


def test_given_back_it_is_due_at_once_and_no_attempt(subscription: Subscription) -> None:
    delivery = make_delivery(subscription)
    first = claimed(subscription)
    on_connections(1, lambda connection: release(connection, first))
    assert ids(claimed(subscription)) == [delivery.pk]
    # The first sender's claim is worth nothing any more.
    on_connections(1, lambda connection: release(connection, first))
    assert claimed(subscription) == []
    delivery.refresh_from_db()
    assert delivery.attempt_count == 0


# Senders that died


@pytest.mark.parametrize(("age", "freed"), [(10.0, 1), (0.0, 0)])
def test_what_a_dead_sender_held_is_free_after_a_moment(
    subscription: Subscription, age: float, freed: int
) -> None:
    make_delivery(subscription)
    claimed(subscription)
    Delivery.objects.update(due_at=timezone.now() + timedelta(seconds=LEASE_SECONDS - age))
    assert on_connections(1, take_over) == freed
    assert len(claimed(subscription)) == freed


def test_what_a_living_one_holds_stays_with_it(subscription: Subscription) -> None:
    make_delivery(subscription)

    async def scene(ours: Connection, other: Connection) -> list[int]:
        await sign_on(ours, SENDER)
        await claim(ours, [Wanted(subscription.pk, 1)], sender=SENDER)
        await other.execute("UPDATE delivery_delivery SET due_at = now() + interval '60 seconds'")
        while_alive = await take_over(other)
        await ours.close()
        while await take_over(other) == 0:  # The server needs a moment to notice.
            await asyncio.sleep(0.01)
        return [while_alive]

    assert on_connections(2, scene) == [0]


# A clock that was set back


AN_HOUR = 3600.0


@pytest.mark.parametrize(("reason", "count"), [("first", 1), ("by_hand", 1), ("replay", 1), ("retry", 0)])
def test_what_should_be_sent_at_once_is_due_again(
    subscription: Subscription, reason: str, count: int
) -> None:
    make_delivery(subscription, due_in=AN_HOUR, due_reason=reason)
    on_connections(1, mend_times)
    assert len(claimed(subscription)) == count


def mended(delivery: Delivery) -> float:
    """Seconds until it is due, after two senders noticed."""
    on_connections(1, mend_times)
    on_connections(1, mend_times)
    delivery.refresh_from_db()
    assert delivery.due_at is not None
    return (delivery.due_at - timezone.now()).total_seconds()


@pytest.mark.parametrize(
    ("retries", "due_in", "expected"), [(1, AN_HOUR + 5, 6), (2, AN_HOUR + 300, 360), (4, AN_HOUR, AN_HOUR)]
)
def test_a_retry_waits_no_longer_than_its_pause_can_be(
    subscription: Subscription, retries: int, due_in: float, expected: float
) -> None:
    delivery = make_delivery(subscription, due_in=due_in, due_reason="retry", retry_count=retries)
    assert mended(delivery) == pytest.approx(expected, abs=5)


@pytest.mark.parametrize(("pause", "expected"), [(20, 20), (2 * AN_HOUR, 3 * AN_HOUR)])
def test_a_pause_that_was_asked_for_is_kept(
    subscription: Subscription, pause: float, expected: float
) -> None:
    delivery = make_delivery(subscription)
    (ours,) = claimed(subscription)
    settled(ours, Again(pause, "retry_after"), BROKEN)
    hour = timedelta(seconds=AN_HOUR)
    Attempt.objects.update(started_at=F("started_at") + hour)
    Delivery.objects.update(due_at=F("due_at") + hour)
    assert mended(delivery) == pytest.approx(expected, abs=5)


def test_what_a_dead_sender_held_before_is_free(subscription: Subscription) -> None:
    make_delivery(subscription)
    claimed(subscription)
    Delivery.objects.update(due_at=timezone.now() + timedelta(seconds=AN_HOUR))
    assert on_connections(1, take_over) == 1


def test_a_breaker_that_opened_before_is_probed(subscription: Subscription) -> None:
    now = timezone.now()
    Subscription.objects.update(breaker_opened_at=now, breaker_until=now + timedelta(seconds=AN_HOUR))
    make_delivery(subscription)
    assert on_connections(1, probes) == [subscription.pk]
