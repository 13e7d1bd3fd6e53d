"""The pages of events: what happened, and for each subscription what became of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant, User
from tests.webhooks.admin_cases import attempted, delivered, endpoint, given_up, queued
from tests.webhooks.calls import happened
from webhooks.delivery.models import Subscription
from webhooks.delivery.pages.events import receivers
from webhooks.delivery.subscriptions import queue_test
from webhooks.events.models import Event

Browsers = Callable[[User], Client]


@pytest.fixture
def event(tenant: Tenant) -> Event:
    return happened(tenant, at=timezone.now(), position=1)


def said(event: Event) -> str:
    (receiver,) = receivers(event)
    return f"{receiver['state']} {receiver['said']}"


def test_the_page_tells_who_was_told(event: Event, browser_of: Browsers, viewer: User) -> None:
    delivered(queued(endpoint(event.tenant, name="ERP"), event))
    given_up(queued(endpoint(event.tenant, name="Shop"), event))
    attempted(queued(endpoint(event.tenant, name="Portal"), event), status_code=503)
    endpoint(event.tenant, name="Billing", event_types=["billing.*"])
    page = browser_of(viewer).get(reverse("admin:events_event_change", args=[event.pk])).content.decode()

    for text in (
        *("ERP", "Shop", "Portal", "Billing", "Answered 204 in 24 ms.", "It was given up after 1 attempt."),
        *("It is due now", "Not sent", "it gets billing.*", event.event_id, "JOB-2026-000918"),
    ):
        assert text in page


def test_an_event_is_found_by_its_public_id(event: Event, browser_of: Browsers, viewer: User) -> None:
    browser = browser_of(viewer)
    assert browser.get(reverse("admin:events_event_change", args=[event.event_id])).status_code == 200
    assert browser.get(reverse("admin:events_event_change", args=["evt_none"])).status_code == 302
    listed = browser.get(reverse("admin:events_event_changelist"), {"q": event.event_id})
    assert [row.pk for row in listed.context["cl"].result_list] == [event.pk]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"event_types": ["visit_report.*"]}, "It did not ask for this type; it gets visit_report.*."),
        (
            {"conditions": [{"field": "target.priority", "anyOf": ["Low", "Medium"]}]},
            "target.priority is “High”, and not “Low” or “Medium”.",
        ),
        (
            {"conditions": [{"field": "target.customFields.size", "anyOf": [5]}]},
            "target.customFields.size is missing, and not 5.",
        ),
        ({}, "made later"),
    ],
)
def test_why_it_was_not_sent(event: Event, fields: dict[str, Any], words: str) -> None:
    endpoint(event.tenant, **fields)

    assert words in said(event)


def test_why_it_was_not_sent_though_it_fits_now(event: Event) -> None:
    hook = endpoint(event.tenant)
    Subscription.objects.update(after_event=0)
    assert "now it matches" in said(event)
    Subscription.objects.filter(pk=hook.pk).update(status="Disabled")
    assert "is disabled" in said(event)
    Event.objects.update(position=None)
    event.refresh_from_db()
    assert "waits to be fanned out" in said(event)


def test_a_paused_subscription_lets_it_wait(event: Event) -> None:
    hook = endpoint(event.tenant)
    queued(hook, event)
    Subscription.objects.update(status="Paused")

    assert "It waits: the subscription is paused." in said(event)


def test_a_test_goes_to_one_endpoint_alone(tenant: Tenant) -> None:
    tested, _other = endpoint(tenant, name="A"), endpoint(tenant, name="B")
    found = {each["name"]: each["said"] for each in receivers(queue_test(tested).event)}

    assert "the endpoint that is tested alone" in found["B"]
    assert "due now" in found["A"]


@pytest.mark.parametrize(
    ("name", "status"), [("owner", 200), ("integration_admin", 200), ("viewer", 200), ("dispatcher", 403)]
)
def test_who_sees_events(
    event: Event, browser_of: Browsers, request: pytest.FixtureRequest, name: str, status: int
) -> None:
    browser = browser_of(request.getfixturevalue(name))
    assert browser.get(reverse("admin:events_event_change", args=[event.pk])).status_code == status
    assert browser.get(reverse("admin:events_event_changelist")).status_code == status


def test_another_tenants_event_is_not_there(event: Event, browser_of: Browsers, other_owner: User) -> None:
    browser = browser_of(other_owner)
    assert event.event_id not in browser.get(reverse("admin:events_event_changelist")).content.decode()
    for key in (event.pk, event.event_id):
        assert browser.get(reverse("admin:events_event_change", args=[key])).status_code == 302
