"""Who gets an event, in which order, and that none is skipped."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant
from tests.webhooks.calls import happened
from webhooks.delivery import fan_out as module
from webhooks.delivery.fan_out import LOCK, fan_out
from webhooks.delivery.models import Body, Delivery, Subscription
from webhooks.delivery.privacy import profile_of
from webhooks.delivery.subscriptions import create_subscription, queue_test
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


def subscribe(tenant: Tenant, *event_types: str, source_system: str = "erp", **fields: Any) -> Subscription:
    """A subscription without the test that its creation queues."""
    new = create_subscription(
        tenant,
        source_system=source_system,
        url="https://receiver.example/hook",
        event_types=event_types or ("*",),
        **fields,
    )
    Delivery.objects.all().delete()
    Body.objects.all().delete()
    Event.objects.filter(type="webhook.test").delete()
    return new.subscription


def event(tenant: Tenant, event_type: str = "target.imported", **facts: Any) -> Event:
    return happened(tenant, event_type, at=timezone.now(), **facts)


def sent() -> list[tuple[int, int]]:
    """Event and subscription of each delivery."""
    return list(Delivery.objects.order_by("id").values_list("event_id", "subscription_id"))


def test_subscribers_get_what_they_asked_for(tenant: Tenant, other_tenant: Tenant) -> None:
    all_of_it, exact, prefix = (
        subscribe(tenant),
        subscribe(tenant, "target.updated"),
        subscribe(tenant, "target.*"),
    )
    subscribe(tenant, "visit_report.*")
    subscribe(other_tenant)
    imported, updated = event(tenant), event(tenant, "target.updated")
    done = fan_out()
    assert sent() == [
        *((imported.pk, all_of_it.pk), (imported.pk, prefix.pk)),
        *((updated.pk, all_of_it.pk), (updated.pk, exact.pk), (updated.pk, prefix.pk)),
    ]
    assert (done.events, done.deliveries) == (2, 5)


def test_conditions_hold_although_the_body_does_not_carry_the_field(tenant: Tenant) -> None:
    wanted = [{"field": "location.city", "anyOf": ["Essen"]}]
    chosen = subscribe(tenant, conditions=wanted, include_location=False)
    here = event(tenant)
    event(tenant, location={"id": 1, "city": "Bochum", "externalIds": {}})
    fan_out()
    assert sent() == [(here.pk, chosen.pk)]


@pytest.mark.parametrize(("status", "deliveries"), [("Active", 1), ("Paused", 1), ("Disabled", 0)])
def test_events_wait_while_paused_and_are_not_queued_while_disabled(
    tenant: Tenant, status: str, deliveries: int
) -> None:
    subscribe(tenant, status=status)
    event(tenant)
    fan_out()
    assert Delivery.objects.count() == deliveries


def test_what_happened_before_the_subscription_is_not_sent(tenant: Tenant, other_tenant: Tenant) -> None:
    for each in (tenant, other_tenant, tenant):
        happened(each, at=timezone.now() - timedelta(seconds=1))
    chosen = subscribe(tenant)
    after = event(tenant)
    fan_out()
    assert sent() == [(after.pk, chosen.pk)]


def test_a_clock_that_was_set_back_hides_no_event(tenant: Tenant) -> None:
    subscribe(tenant)
    happened(tenant, at=timezone.now() - timedelta(hours=1))
    assert fan_out().deliveries == 1


def test_bytes_are_made_once_a_profile(tenant: Tenant) -> None:
    for fields in ({}, {}, {"include_contact_details": True}, {"source_system": "crm"}):
        subscribe(tenant, **fields)
    event(tenant)
    fan_out()
    assert Body.objects.count() == 3
    assert Delivery.objects.count() == 4


def test_a_delivery_is_due_at_once(tenant: Tenant) -> None:
    chosen = subscribe(tenant)
    event(tenant)
    fan_out()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.due_reason, delivery.is_forced) == ("Pending", "first", False)
    assert (delivery.tenant_id, delivery.event_type) == (tenant.pk, "target.imported")
    assert delivery.body.profile == profile_of(chosen).key
    assert isinstance(delivery.due_at, datetime)


def test_positions_ascend_across_tenants_and_runs(tenant: Tenant, other_tenant: Tenant) -> None:
    events = [event(tenant), event(other_tenant), event(tenant)]
    fan_out()
    events.append(event(tenant))
    fan_out()
    positions = [Event.objects.get(pk=each.pk).position for each in events]
    assert positions == sorted(set(positions))


def test_a_run_takes_its_limit_and_the_next_goes_on(tenant: Tenant) -> None:
    subscribe(tenant)
    events = [event(tenant) for _ in range(5)]
    assert [fan_out(limit=2).events for _ in range(4)] == [2, 2, 1, 0]
    assert [event_id for event_id, _ in sent()] == [each.pk for each in events]


def test_a_test_gets_a_position_and_goes_nowhere_else(tenant: Tenant) -> None:
    chosen = subscribe(tenant)
    subscribe(tenant)
    queue_test(chosen)
    assert fan_out() == module.FanOut(events=1)
    assert [subscription for _, subscription in sent()] == [chosen.pk]


def test_what_a_replay_wrote_before_stays(tenant: Tenant) -> None:
    chosen, happening = subscribe(tenant), event(tenant)
    body = Body.objects.create(tenant=tenant, event=happening, profile=profile_of(chosen).key, content=b"{}")
    now = timezone.now()
    Delivery.objects.create(
        tenant=tenant,
        subscription=chosen,
        event=happening,
        body=body,
        event_type=happening.type,
        due_at=now,
        due_reason="replay",
        created_at=now,
    )
    fan_out()
    assert Delivery.objects.get().due_reason == "replay"
    assert bytes(Body.objects.get().content) == b"{}"


def test_an_event_that_cannot_be_rendered_keeps_no_other(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(tenant)
    broken, sound = event(tenant), event(tenant)

    def body_of(of: Event, _profile: Any) -> bytes:
        if of.pk == broken.pk:
            raise KeyError("customer")
        return b"{}"

    monkeypatch.setattr(module, "body_of", body_of)
    fan_out()
    assert [event_id for event_id, _ in sent()] == [sound.pk]
    assert not Event.objects.filter(position=None).exists()


def test_the_number_of_statements_does_not_grow(tenant: Tenant, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        subscribe(tenant)
    for count in (1, 50):
        for _ in range(count):
            event(tenant)
        # Savepoint and release, lock, events, positions, ids and rows of subscriptions, bodies, deliveries, notify.
        with django_assert_num_queries(10):
            fan_out()


# Beside others

_LATE = """
    INSERT INTO events_event (tenant_id, event_id, type, source_system, occurred_at, facts, created_at)
    VALUES (%s, 'evt_late', 'target.imported', 'erp', now(), '{}', now()) RETURNING id
"""


@pytest.fixture
def another(db: Any) -> Iterator["psycopg.Connection[Any]"]:
    """A connection that is not ours."""
    settings = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(
        **{name: settings[name] for name in names if name in settings}, autocommit=True
    ) as other:
        yield other


def test_one_at_a_time(tenant: Tenant, another: "psycopg.Connection[Any]") -> None:
    event(tenant)
    another.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    assert fan_out().is_busy
    assert Event.objects.filter(position=None).exists()
    another.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    assert fan_out().events == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_commits_late_is_not_skipped(tenant: Tenant, another: "psycopg.Connection[Any]") -> None:
    """It has the lower id, and becomes visible after the other has its position."""
    chosen = subscribe(tenant)
    with another.transaction():
        late = another.execute(_LATE, [tenant.pk]).fetchone()
        assert late is not None
        early = event(tenant)
        assert early.pk > late[0]
        fan_out()
    fan_out()
    assert [event_id for event_id, _ in sent()] == [early.pk, late[0]]
    assert Event.objects.get(pk=late[0]).position > Event.objects.get(pk=early.pk).position
    assert {subscription for _, subscription in sent()} == {chosen.pk}


@pytest.mark.django_db(transaction=True)
def test_one_that_was_open_while_the_subscription_was_made_is_sent(
    tenant: Tenant, another: "psycopg.Connection[Any]"
) -> None:
    """It has a lower id than what the subscription found, and is committed when the subscription is there."""
    with another.transaction():
        late = another.execute(_LATE, [tenant.pk]).fetchone()
        assert late is not None
        before = event(tenant)
        assert before.pk > late[0]
        chosen = subscribe(tenant)
        fan_out()
    fan_out()
    assert sent() == [(late[0], chosen.pk)]


@pytest.mark.django_db(transaction=True)
def test_senders_are_told_which_subscriptions_got_something(
    tenant: Tenant, another: "psycopg.Connection[Any]"
) -> None:
    first, second = subscribe(tenant), subscribe(tenant)
    event(tenant)
    another.execute("LISTEN ordinavo_deliveries")
    fan_out()
    heard = list(another.notifies(timeout=10, stop_after=1))
    assert [each.payload for each in heard] == [f"{first.pk},{second.pk}"]
