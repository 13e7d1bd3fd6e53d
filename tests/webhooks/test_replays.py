"""Replays: one at a time, and what they end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ordinavo_connect.clients.models import Tenant
from tests.webhooks.calls import NOON, SUBSCRIPTIONS, happened, kept, settle, subscribed
from tests.webhooks.test_fan_out import another, subscribe  # noqa: F401
from webhooks.delivery import notices
from webhooks.delivery.models import Body, Delivery, NoticeKind, Subscription
from webhooks.delivery.privacy import moment
from webhooks.delivery.redelivery import REPLAYS_LOCK, replay

pytestmark = pytest.mark.django_db


def replayed(api: Any, body: Any, **headers: Any) -> Any:
    asked = {"since": NOON.isoformat()}
    return api.post(f"{SUBSCRIPTIONS}/{body['id']}/replay", asked, **headers)


@pytest.fixture
def running(tenant: Tenant, another: Any) -> Iterator[Any]:  # noqa: F811
    """Another replay of the tenant, that goes on until it is told to end."""
    another.execute("SELECT pg_advisory_lock(%s, %s::int)", [REPLAYS_LOCK, tenant.pk])
    yield another
    another.execute("SELECT pg_advisory_unlock_all()")


def test_a_second_one_is_asked_to_come_again(hooks: Any, tenant: Tenant, running: Any) -> None:
    body = subscribed(hooks)
    happened(tenant)
    answer = replayed(hooks, body, idempotency_key="r")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0
    assert not Delivery.objects.exclude(event_type="webhook.test").exists()
    running.execute("SELECT pg_advisory_unlock_all()")
    # Nothing of the first is kept under its key.
    again = replayed(hooks, body, idempotency_key="r")
    assert (again.status_code, again.json()) == (202, {"deliveries": 1})


def test_those_of_other_tenants_go_on(other_tenant: Tenant, running: Any) -> None:
    chosen = subscribe(other_tenant)
    happened(other_tenant)
    assert replay(chosen, since=NOON) == 1


@pytest.mark.parametrize("conditions", [[], [{"field": "target.priority", "anyOf": ["High"]}]])
def test_the_number_is_that_of_the_deliveries(
    tenant: Tenant, conditions: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than are rendered at a time; one was delivered, one has its body alone, two do not fit."""
    monkeypatch.setattr("webhooks.delivery.redelivery.CHUNK", 2)
    chosen = subscribe(tenant, "target.*", conditions=conditions)
    events = [happened(tenant) for _ in range(5)]
    happened(tenant, "visit_report.approved")
    happened(tenant, at=NOON - timedelta(seconds=1))
    assert replay(chosen, since=NOON) == 5
    settle(Delivery.objects.get(event=events[0]))
    Delivery.objects.filter(event=events[1]).delete()
    before = set(Body.objects.values_list("pk", flat=True))
    assert replay(chosen, since=NOON) == 5
    waiting = Delivery.objects.filter(status="Pending", due_reason="replay").order_by("event_id")
    assert [each.event_id for each in waiting] == [event.pk for event in events]
    assert set(Body.objects.values_list("pk", flat=True)) == before


def test_statements_grow_by_what_has_to_be_rendered_alone(
    tenant: Tenant, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.delivery.redelivery.CHUNK", 10)
    chosen = subscribe(tenant)
    for _ in range(50):
        happened(tenant)
    replay(chosen, since=NOON)
    with django_assert_max_num_queries(10):
        assert replay(chosen, since=NOON) == 50


# The offer after an end


@pytest.fixture
def ended(tenant: Tenant) -> Subscription:
    """Disabled at NOON, failing since an hour before."""
    chosen = subscribe(tenant)
    facts = {"since": moment(NOON - timedelta(hours=1))}
    notices.open_notice(chosen, NoticeKind.DISABLED, facts=facts, at=NOON)
    return chosen


def is_offered(subscription: Subscription) -> bool:
    end = notices.last_end(subscription)
    return end is not None and not end.facts.get("replayed")


@pytest.mark.parametrize(
    ("asked", "is_over"),
    [
        ({"since": NOON - timedelta(hours=1)}, True),
        ({"since": NOON - timedelta(days=1)}, True),
        ({"since": NOON}, False),
        ({"since": NOON - timedelta(days=1), "until": NOON}, False),
        ({"since": NOON - timedelta(days=1), "event_types": ["target.*"]}, False),
    ],
)
def test_a_replay_of_all_that_was_missed_ends_it(
    ended: Subscription, asked: dict[str, Any], is_over: bool
) -> None:
    replay(ended, **asked)
    assert is_offered(ended) is not is_over


def test_by_the_api_too(hooks: Any) -> None:
    body = subscribed(hooks)
    notices.open_notice(kept(body), NoticeKind.DISABLED, facts={}, at=NOON)
    assert replayed(hooks, body).status_code == 202
    assert not is_offered(kept(body))
