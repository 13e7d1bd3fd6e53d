"""`GET /metrics`, and what the home page tells of webhooks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from ordinavo_connect.clients.models import Tenant, User
from tests.webhooks.admin_cases import attempted, delivered, endpoint, given_up, queued
from webhooks.delivery.models import Notice, NoticeKind, Subscription

Browsers = Callable[[User], Client]


@pytest.fixture
def token(settings: Any) -> str:
    settings.METRICS_TOKEN = "secret"
    return "secret"


def figures() -> dict[str, dict[tuple[str, ...], float]]:
    response = Client().get("/metrics", headers={"Authorization": "Bearer secret"})
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    return {
        family.name.removeprefix("ordinavo_webhook_"): {
            tuple(sample.labels.values()): sample.value for sample in family.samples
        }
        for family in families
    }


def test_without_a_token_it_is_not_there(db: Any) -> None:
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer other", "Bearer sécret", "secret2"])
def test_another_token_is_refused(db: Any, token: str, given: str) -> None:
    response = Client().get("/metrics", headers={"Authorization": given} if given else {})

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"


def test_what_waits_and_what_was_tried_is_counted(tenant: Tenant, token: str) -> None:
    hook, idle = endpoint(tenant), endpoint(tenant, name="Shop")
    delivered(queued(hook))
    attempted(queued(hook, due_at=timezone.now() - timedelta(minutes=2)), status_code=None)
    given_up(queued(hook))
    Subscription.objects.filter(pk=idle.pk).update(status="Paused", breaker_opened_at=timezone.now())
    Notice.objects.create(
        tenant=tenant, subscription=hook, kind=NoticeKind.FAILING, facts={}, created_at=timezone.now()
    )
    found, first, second = figures(), (str(hook.pk), "acme"), (str(idle.pk), "acme")

    assert found["deliveries_waiting"] == {first: 1, second: 0}
    assert 60 < found["delivery_overdue_seconds"][first] < 180
    assert found["attempts"] == {("delivered",): 1, ("refused",): 1, ("no_answer",): 1}
    assert found["breaker_open"] == {first: 0, second: 1}
    assert found["subscription_active"] == {first: 1, second: 0}
    assert found["notices_open"][("endpoint_failing",)] == 1
    assert found["events_waiting"] == {(): 2}  # Those of the two tests, which no sender has seen.


def test_the_home_page_names_endpoints_with_a_notice(
    tenant: Tenant, browser_of: Browsers, viewer: User, dispatcher: User
) -> None:
    hook = endpoint(tenant, name="Billing ERP")
    given_up(queued(hook))
    for kind, facts in (
        (NoticeKind.FAILING, {"since": "2026-07-01T10:00:00Z", "error": "Refused."}),
        (NoticeKind.DISABLED, {"reason": "It answered 410."}),
    ):
        Notice.objects.create(
            tenant=tenant, subscription=hook, kind=kind, facts=facts, created_at=timezone.now()
        )
    page = browser_of(viewer).get(reverse("admin:index")).content.decode()

    assert "Billing ERP: It was disabled, and gets no events any more. It answered 410." in page
    assert "Refused." not in page
    assert "1 delivery of the last 24 h was given up" in page
    assert "Billing ERP" not in browser_of(dispatcher).get(reverse("admin:index")).content.decode()
