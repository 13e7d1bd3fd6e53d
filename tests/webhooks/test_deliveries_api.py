"""Deliveries by the API: looking and mending (API contract, Webhooks)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.webhooks.calls import NOON, errors_of, happened, kept, settle, subscribed
from webhooks.delivery.models import Attempt, Delivery, Subscription
from webhooks.delivery.redelivery import replay

pytestmark = pytest.mark.django_db

KEYS = {
    *("id", "eventId", "eventType", "subscriptionId", "status", "attemptCount"),
    *("nextAttemptAtUtc", "deliveredAtUtc", "createdAtUtc"),
}


@pytest.fixture
def deliveries(hooks: Any, tenant: Any) -> list[Delivery]:
    """Three: delivered, failed, pending; of one subscription without its test."""
    body = subscribed(hooks)
    Delivery.objects.all().delete()
    for event_type in ("target.imported", "target.updated", "visit_report.approved"):
        happened(tenant, event_type)
    replay(kept(body), since=NOON)
    rows = list(Delivery.objects.select_related("event").order_by("id"))
    settle(rows[0])
    settle(rows[1], "Failed")
    for number, row in enumerate(rows):
        Delivery.objects.filter(pk=row.pk).update(created_at=NOON + timedelta(hours=number))
    return rows


def listed(api: Any, query: str = "") -> list[int]:
    response = api.get(f"/webhooks/deliveries{query}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["items"]]


def test_they_are_listed_newest_first_with_every_key(hooks: Any, deliveries: Any) -> None:
    body = hooks.get("/webhooks/deliveries").json()
    assert [row["id"] for row in body["items"]] == [row.pk for row in deliveries[::-1]]
    assert all(row.keys() == KEYS for row in body["items"])
    pending, failed, delivered = body["items"]
    assert pending["nextAttemptAtUtc"].endswith("Z")
    assert (pending["deliveredAtUtc"], failed["nextAttemptAtUtc"]) == (None, None)
    assert delivered["deliveredAtUtc"] == "2026-07-01T12:00:00Z"


def test_they_are_filtered(hooks: Any, deliveries: Any) -> None:
    first, second, third = (row.pk for row in deliveries)
    assert listed(hooks, f"?subscriptionId={deliveries[0].subscription_id}") == [third, second, first]
    assert listed(hooks, "?subscriptionId=1234567") == []
    assert listed(hooks, "?eventType=target.updated") == [second]
    assert listed(hooks, f"?eventId={deliveries[2].event.event_id}") == [third]
    assert listed(hooks, "?status=Delivered") == [first]
    assert listed(hooks, "?createdAfter=2026-07-01T12:00:00Z") == [third, second]
    assert listed(hooks, "?createdBefore=2026-07-01T13:00:00Z&status=Delivered") == [first]
    assert listed(hooks, "?limit=1") == [third]


@pytest.mark.parametrize(
    "query",
    ["subscriptionId=x", "subscriptionId=-1", "eventType=target.eaten", "eventType=target.*", "status=done"]
    + ["eventId=", "createdAfter=yesterday", "createdBefore=2026-07-01", "cursor=x", "limit=0"],
)
def test_a_bad_filter_is_named(hooks: Any, query: str) -> None:
    assert list(errors_of(hooks.get(f"/webhooks/deliveries?{query}"))) == [query.partition("=")[0]]


def test_one_is_read_with_its_attempts(hooks: Any, deliveries: Any, tenant: Any) -> None:
    row = deliveries[0]
    for number, fields in (
        (2, {"status_code": 204}),
        (1, {"error_code": "timeout", "error_message": "Too slow."}),
    ):
        Attempt.objects.create(
            tenant=tenant, delivery=row, number=number, started_at=NOON, duration_ms=number, **fields
        )
    body = hooks.get(f"/webhooks/deliveries/{row.pk}").json()
    assert body.keys() == KEYS | {"attempts"}
    assert body["attempts"] == [
        {
            "number": 1,
            "startedAtUtc": "2026-07-01T12:00:00Z",
            "durationMs": 1,
            "statusCode": None,
            "errorCode": "timeout",
            "errorMessage": "Too slow.",
            "responseExcerpt": None,
        },
        {
            "number": 2,
            "startedAtUtc": "2026-07-01T12:00:00Z",
            "durationMs": 2,
            "statusCode": 204,
            "errorCode": None,
            "errorMessage": None,
            "responseExcerpt": None,
        },
    ]


def test_strangers_do_not_see_them(deliveries: Any, strangers: Any) -> None:
    for stranger in strangers:
        assert listed(stranger) == []
        assert stranger.get(f"/webhooks/deliveries/{deliveries[0].pk}").status_code == 404
        assert stranger.post(f"/webhooks/deliveries/{deliveries[0].pk}/redeliver").status_code == 404


def test_reading_and_sending_have_scopes_of_their_own(
    deliveries: Any, receiver_client: Any, api_of: Any
) -> None:
    reader = api_of(receiver_client, scopes=["webhook_deliveries.read"])
    path = f"/webhooks/deliveries/{deliveries[0].pk}"
    assert reader.get(path).status_code == 200
    assert reader.post(f"{path}/redeliver").json()["error"]["requiredScope"] == "webhooks.manage"
    manager = api_of(receiver_client, scopes=["webhooks.manage"])
    assert manager.get(path).json()["error"]["requiredScope"] == "webhook_deliveries.read"


@pytest.mark.parametrize("index", [0, 1, 2])
def test_any_delivery_is_sent_again_as_itself(hooks: Any, deliveries: Any, index: int) -> None:
    row = deliveries[index]
    before = Delivery.objects.get(pk=row.pk)
    Subscription.objects.update(status="Disabled")
    response = hooks.post(f"/webhooks/deliveries/{row.pk}/redeliver")
    assert response.status_code == 202
    assert response.headers["Location"].endswith(f"/webhooks/deliveries/{row.pk}")
    body = response.json()
    assert (body["id"], body["status"], body["deliveredAtUtc"]) == (row.pk, "Pending", None)
    after = Delivery.objects.get(pk=row.pk)
    assert (after.body_id, after.attempt_count) == (before.body_id, before.attempt_count)
    assert (after.due_reason, after.is_forced, after.retry_count) == ("by_hand", True, 0)
    assert after.due_at <= timezone.now()


def test_one_that_is_under_way_stays_with_its_sender(hooks: Any, deliveries: Any) -> None:
    row = deliveries[2]
    lease, claim = timezone.now() + timedelta(minutes=1), "00000000-0000-4000-8000-000000000000"
    Delivery.objects.filter(pk=row.pk).update(claim=claim, due_at=lease)
    body = hooks.post(f"/webhooks/deliveries/{row.pk}/redeliver").json()
    assert body["nextAttemptAtUtc"] is None
    assert Delivery.objects.filter(pk=row.pk, claim=claim, due_at=lease, is_forced=True).exists()


def test_a_repeat_with_the_same_key_sends_once(hooks: Any, deliveries: Any) -> None:
    path = f"/webhooks/deliveries/{deliveries[0].pk}/redeliver"
    first = hooks.post(path, idempotency_key="d")
    settle(deliveries[0])
    again = hooks.post(path, idempotency_key="d")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert Delivery.objects.get(pk=deliveries[0].pk).status == "Delivered"
