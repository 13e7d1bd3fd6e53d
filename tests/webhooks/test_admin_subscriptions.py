"""The pages of subscriptions: what each says, and what its buttons do."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from tests.webhooks.admin_cases import attempted, delivered, endpoint, given_up, queued
from tests.webhooks.calls import URL, happened
from webhooks.delivery.models import Delivery, Notice, NoticeKind, Subscription
from webhooks.delivery.redelivery import ReplayRunning
from webhooks.delivery.sealing import unsealed, unsealed_headers

Browsers = Callable[[User], Client]
ADD = "admin:delivery_subscription_add"
FAILED_TEST = {"ok": False, "message": "No.", "checkedAtUtc": "2026-07-02T10:00:00Z", "phases": []}


@pytest.fixture
def hook(tenant: Tenant) -> Subscription:
    return endpoint(tenant)


def address(page: str, row: Any) -> str:
    return reverse(f"admin:delivery_subscription_{page}", args=[row.pk])


def shown(browser: Client, row: Subscription, **query: str) -> str:
    response = browser.get(address("change", row), query)
    assert response.status_code == 200
    return response.content.decode()


def filled(browser: Client, at: str, **values: Any) -> dict[str, Any]:
    """The form as a browser would send it."""
    page = browser.get(at).content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once
    defaults: dict[str, Any] = {
        "name": "ERP",
        "url": URL,
        "source_system": "erp",
        "event_types": ["target.*"],
        "switches": ["include_customer"],
        "headers": "",
        "timeout_seconds": "15",
        "max_in_flight": "10",
    }
    return defaults | values | {"once": once[1]}


# The list


def test_the_list_shows_state_success_and_backlog(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    delivered(queued(hook), duration_ms=240)
    queued(hook)
    page = browser_of(viewer).get(reverse("admin:delivery_subscription_changelist")).content.decode()

    for text in ("ERP", URL, "Delivering", "100 %", "240\N{NO-BREAK SPACE}ms"):
        assert text in page


def test_an_empty_list_says_what_to_do(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    page = browser_of(owner).get(reverse("admin:delivery_subscription_changelist")).content.decode()

    assert "No webhook subscription yet" in page


def test_the_list_costs_the_same_with_more_rows(
    tenant: Tenant, browser_of: Browsers, owner: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        delivered(queued(endpoint(tenant, name=f"E{number}")))
    browser = browser_of(owner)
    with django_assert_max_num_queries(20):
        browser.get(reverse("admin:delivery_subscription_changelist"))


# The page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "Paused"}, "No event waits."),
        ({"status": "Disabled", "disabled_reason": "It answered 410."}, "It answered 410."),
        ({"consecutive_failures": 3, "last_error": "Connection refused."}, "Connection refused."),
        ({"verdict": None}, "Being tested"),
        ({"consecutive_failures": 1, "verdict": FAILED_TEST, "last_error": "Refused."}, "Refused."),
    ],
)
def test_the_state_is_said_in_words(
    hook: Subscription, browser_of: Browsers, viewer: User, fields: dict[str, Any], words: str
) -> None:
    if fields.get("verdict"):
        delivered(queued(hook))  # The address of before worked.
    Subscription.objects.filter(pk=hook.pk).update(**fields)

    assert words in shown(browser_of(viewer), hook)


def test_the_breaker_says_why_and_when_it_tries_again(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    now = timezone.now()
    Subscription.objects.filter(pk=hook.pk).update(
        breaker_opened_at=now, breaker_until=now + timedelta(minutes=5), last_error="Connection refused."
    )
    page = shown(browser_of(viewer), hook)

    assert "Held back by the breaker" in page
    assert "Connection refused. Next try at" in page


def test_deliveries_and_attempts_are_drawn(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    delivered(queued(hook))
    given_up(queued(hook))
    page = shown(browser_of(viewer), hook)

    assert page.count("oc-tick-bar") == 2
    assert "1 delivered, 1 failed" in page
    assert "50 %" in page


def test_the_body_is_that_of_the_newest_event_that_fits(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    event = happened(hook.tenant)

    assert event.event_id in shown(browser_of(viewer), hook)


def test_the_sample_of_another_type_is_shown_on_demand(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    page = shown(browser_of(viewer), hook, example="billing.event_sent")

    assert "SAMP1E" in page
    assert "billingEvent" in page


def test_the_page_holds_no_secret(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    assert unsealed(hook.secret) not in shown(browser_of(owner), hook)


def test_open_notices_stand_on_the_page(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    Notice.objects.create(
        tenant=hook.tenant,
        subscription=hook,
        kind=NoticeKind.BACKLOG,
        facts={"waiting": 10_000},
        created_at=timezone.now(),
    )

    assert "10,000 deliveries or more" in shown(browser_of(viewer), hook)


def test_a_notice_does_not_repeat_the_state(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    now = timezone.now()
    Notice.objects.create(
        tenant=hook.tenant,
        subscription=hook,
        kind=NoticeKind.BREAKER_OPEN,
        facts={"error": "Refused."},
        created_at=now,
    )
    assert "The breaker of an endpoint opened" in shown(browser_of(viewer), hook)
    Subscription.objects.update(breaker_opened_at=now, last_error="Refused.")
    page = shown(browser_of(viewer), hook)
    assert "Held back by the breaker" in page
    assert "The breaker of an endpoint opened" not in page


def test_a_source_system_of_no_client_is_told(
    erp: IntegrationClient, browser_of: Browsers, owner: User
) -> None:
    browser, told = browser_of(owner), "No Integration Client has the source system"
    assert told not in shown(browser, endpoint(erp.tenant, source_system=erp.source_system))
    assert f"{told} erpp" in shown(browser, endpoint(erp.tenant, source_system="erpp"))
    assert f'name="source_system" value="{erp.source_system}"' in browser.get(reverse(ADD)).content.decode()


def test_the_page_looks_again_by_itself_while_it_is_tested(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    browser, again = browser_of(viewer), 'http-equiv="refresh"'
    assert again in shown(browser, hook)
    Subscription.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    assert again not in shown(browser, hook)


def test_times_of_notices_are_said_in_the_tenants_zone(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    Notice.objects.create(
        tenant=hook.tenant,
        subscription=hook,
        kind=NoticeKind.WILL_BE_DISABLED,
        facts={"since": "2026-07-01T22:30:00Z", "disabledAtUtc": "2026-07-06T22:30:00Z", "error": "Refused."},
        created_at=timezone.now(),
    )
    # Berlin: two hours ahead of UTC.
    said = "failed since 2026-07-02 00:30; if that goes on, it is disabled at 2026-07-07 00:30. Refused."
    assert said in shown(browser_of(viewer), hook)
    assert said in browser_of(viewer).get(reverse("admin:index")).content.decode()


def test_a_fresh_time_says_how_long_ago(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    since = timezone.now() - timedelta(hours=2, minutes=1)
    Notice.objects.create(
        tenant=hook.tenant,
        subscription=hook,
        kind=NoticeKind.FAILING,
        facts={"since": since.isoformat(), "error": "Refused."},
        created_at=timezone.now(),
    )
    assert "(2\xa0hours ago)" in shown(browser_of(viewer), hook)


# Making and changing


def test_a_new_subscription_shows_its_secret_once(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    browser = browser_of(owner)
    body = filled(browser, reverse(ADD), headers="X-Key: abc")
    page = browser.post(reverse(ADD), body).content.decode()
    row = Subscription.objects.get()

    assert unsealed(row.secret) in page
    assert (row.tenant, row.source_system, row.event_types) == (tenant, "erp", ["target.*"])
    assert (row.include_customer, row.include_location) == (True, False)
    assert unsealed_headers(row.headers) == {"X-Key": "abc"}
    assert Delivery.objects.get(subscription=row).event_type == "webhook.test"

    again = browser.post(reverse(ADD), body, follow=True).content.decode()
    assert Subscription.objects.count() == 1
    assert unsealed(row.secret) not in again


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"url": "http://receiver.example.com"}, "must begin with https"),
        ({"url": "https://10.0.0.1/"}, "private"),
        ({"url": "https://me:pw@receiver.example.com/"}, "user or password"),
        ({"event_types": []}, "Tick at least one"),
        ({"headers": "no colon"}, "Each line is"),
        ({"headers": "Host: x"}, "set by the delivery itself"),
        ({"headers": "X-Key: ***"}, "has no value yet"),
        ({"source_system": "a b"}, "source_system"),
        ({"timeout_seconds": "31"}, "less than or equal to 30"),
        ({"condition_field": ["target.size"], "condition_values": ["1"]}, "One of sourceSystem"),
        ({"condition_field": ["target.priority"], "condition_values": [""]}, "Enter at least one value"),
        ({"condition_field": [""], "condition_values": ["High"]}, "Choose the field"),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_field(
    tenant: Tenant, browser_of: Browsers, owner: User, values: dict[str, Any], words: str
) -> None:
    browser = browser_of(owner)
    response = browser.post(reverse(ADD), filled(browser, reverse(ADD), **values))

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Subscription.objects.exists()


def test_conditions_are_typed_as_text_or_json(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    browser = browser_of(owner)
    conditions = {
        "condition_field": ["target.externalId", "target.customFields.size", ""],
        "condition_values": ["4711\r\nA, B", '5\n"5"\ntrue\nbig', ""],
    }
    browser.post(reverse(ADD), filled(browser, reverse(ADD), **conditions))
    row = Subscription.objects.get()

    assert row.conditions == [
        {"field": "target.externalId", "anyOf": ["4711", "A, B"]},
        {"field": "target.customFields.size", "anyOf": [5, "5", True, "big"]},
    ]
    page = browser.get(address("edit", row)).content.decode()
    assert "5\n&quot;5&quot;\ntrue\nbig" in page


def test_a_preview_says_which_of_the_last_events_match_and_saves_nothing(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    event, _other = happened(tenant), happened(tenant, "visit_report.approved")
    browser = browser_of(owner)
    page = browser.post(reverse(ADD), filled(browser, reverse(ADD)) | {"preview": "1"}).content.decode()

    assert "1 of the last 2 events would match." in page
    assert event.event_id in page
    assert not Subscription.objects.exists()


def test_a_change_keeps_headers_whose_value_is_not_shown(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    row = endpoint(tenant, headers={"X-Key": "abc", "X-Old": "1"})
    browser = browser_of(owner)
    page = browser.get(address("edit", row)).content.decode()
    assert "X-Key: ***" in page
    assert "abc" not in page

    body = filled(browser, address("edit", row), name="Shop", headers="X-Key: ***\nX-New: 2")
    assert browser.post(address("edit", row), body).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.event_types) == ("Shop", ["target.*"])
    assert unsealed_headers(row.headers) == {"X-Key": "abc", "X-New": "2"}


def test_a_new_address_is_tested(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    browser = browser_of(owner)
    body = filled(browser, address("edit", hook), url="https://other.example.com/")
    browser.post(address("edit", hook), body)

    assert Delivery.objects.get(subscription=hook).event_type == "webhook.test"


def test_stored_values_do_not_go_to_another_receiver(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    row, elsewhere = endpoint(tenant, headers={"X-Key": "abc", "X-Old": "1"}), "https://other.example.com/"
    browser = browser_of(owner)
    body = filled(browser, address("edit", row), url=elsewhere, headers="X-Key: ***\nX-New: 2")
    page = browser.post(address("edit", row), body)
    assert page.status_code == 200
    assert "enter the value of X-Key again, or remove the line" in page.content.decode()
    row.refresh_from_db()
    assert (row.url, list(unsealed_headers(row.headers))) == (URL, ["X-Key", "X-Old"])

    browser.post(address("edit", row), body | {"headers": "X-Key: new"})
    row.refresh_from_db()
    assert (row.url, unsealed_headers(row.headers)) == (elsewhere, {"X-Key": "new"})


# Buttons


def test_pausing_and_resuming(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    browser = browser_of(owner)
    for status in ("Paused", "Active"):
        browser.post(address("status", hook), {"status": status})
        hook.refresh_from_db()
        assert hook.status == status
    browser.post(address("status", hook), {"status": "Disabled"})
    hook.refresh_from_db()
    assert hook.status == "Active"


def test_a_test_carries_the_sample_that_was_chosen(
    hook: Subscription, browser_of: Browsers, owner: User
) -> None:
    response = browser_of(owner).post(address("test", hook), {"sample": "target.imported"})
    delivery = Delivery.objects.get(subscription=hook)

    assert response["Location"] == reverse("admin:delivery_delivery_change", args=[delivery.pk])
    assert b"SAMP1E" in bytes(delivery.body.content)


def test_a_rotated_secret_is_shown_once(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    browser = browser_of(owner)
    page = browser.get(address("rotate", hook)).content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once
    body = {"once": once[1], "overlap": "24"}
    page = browser.post(address("rotate", hook), body).content.decode()
    old, hook = hook.secret, Subscription.objects.get()

    assert unsealed(hook.secret) in page
    assert hook.previous_secret == old
    assert (
        unsealed(hook.secret) not in browser.post(address("rotate", hook), body, follow=True).content.decode()
    )
    assert "rotating" in shown(browser, hook)


def test_a_replay_says_the_number_before_it_sends(
    hook: Subscription, browser_of: Browsers, owner: User
) -> None:
    for _number in range(2):
        happened(hook.tenant)
    browser, period = browser_of(owner), {"since": "2026-07-01T10:00"}
    response = browser.get(address("replay", hook), period)
    page = response.content.decode()
    assert f"2 events will be sent to {URL}" in page
    assert not Delivery.objects.exists()

    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once
    browser.post(address("replay", hook), period | {"once": once[1]})
    assert set(Delivery.objects.values_list("due_reason", "is_forced")) == {("replay", True)}
    assert Delivery.objects.count() == 2


def test_a_replay_beside_another_one_leads_back_to_its_period(
    hook: Subscription, browser_of: Browsers, owner: User, monkeypatch: Any
) -> None:
    def busy(*_arguments: Any, **_named: Any) -> int:
        raise ReplayRunning

    monkeypatch.setattr("webhooks.delivery.pages.subscriptions.replay", busy)
    browser, period = browser_of(owner), {"since": "2026-07-01T10:00"}
    happened(hook.tenant)
    once = re.search(
        r'name="once" value="([^"]+)"', browser.get(address("replay", hook), period).content.decode()
    )
    assert once
    page = browser.post(address("replay", hook), period | {"once": once[1]}, follow=True).content.decode()
    assert "A replay is being queued just now" in page
    assert "1 event will be sent" in page


def test_a_replay_from_the_first_failure_ends_the_offer(
    hook: Subscription, browser_of: Browsers, owner: User
) -> None:
    Notice.objects.create(
        tenant=hook.tenant,
        subscription=hook,
        kind=NoticeKind.DISABLED,
        facts={"since": "2026-07-01T10:00:30Z"},
        created_at=timezone.now(),
    )
    Subscription.objects.update(verdict=FAILED_TEST | {"ok": True})
    happened(hook.tenant)
    browser = browser_of(owner)
    offer = re.search(r'href="([^"]+replay/[?]since[^"]+)"', shown(browser, hook))
    assert offer
    page = browser.get(offer[1])
    once = re.search(r'name="once" value="([^"]+)"', page.content.decode())
    assert once
    browser.post(address("replay", hook), {"since": page.context["form"].data["since"], "once": once[1]})
    assert "Replay what was missed" not in shown(browser, hook)


def test_a_replay_offers_the_usual_periods(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    happened(hook.tenant, at=timezone.now() - timedelta(hours=2))
    browser = browser_of(owner)
    page = browser.get(address("replay", hook))
    hour, day, _week = (
        browser.get(f"{address('replay', hook)}?{each['query']}") for each in page.context["quick"]
    )
    assert (hour.context["count"], day.context["count"]) == (0, 1)
    assert "Times are those of Europe/Berlin." in page.content.decode()


def test_what_it_missed_is_offered_once_it_is_enabled_and_its_test_passed(
    hook: Subscription, browser_of: Browsers, owner: User
) -> None:
    browser, offer = browser_of(owner), "Replay what was missed"
    Notice.objects.create(
        tenant=hook.tenant,
        subscription=hook,
        kind=NoticeKind.DISABLED,
        facts={"since": "2026-07-01T10:00:00Z", "error": "x", "reason": "Nothing but failures."},
        created_at=timezone.now(),
    )
    Subscription.objects.filter(pk=hook.pk).update(status="Disabled")
    assert offer not in shown(browser, hook)
    Subscription.objects.filter(pk=hook.pk).update(
        status="Active",
        verdict={"ok": True, "message": "It works.", "checkedAtUtc": "2026-07-02T10:00:00Z", "phases": []},
    )
    assert offer in shown(browser, hook)
    browser.post(address("no_replay", hook))
    assert offer not in shown(browser, hook)


def test_deleting_says_what_goes_with_it(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    queued(hook)
    attempted(queued(hook), status_code=500)
    browser = browser_of(owner)
    assert "2 events that wait are not sent" in browser.get(address("delete", hook)).content.decode()

    browser.post(address("delete", hook))
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()


# Who may what

WRITES = ("status", "test", "no_replay")
PAGES = ("edit", "rotate", "replay", "delete")


@pytest.mark.parametrize("name", ["viewer", "dispatcher", "reviewer"])
def test_who_does_not_manage_changes_nothing(
    hook: Subscription, browser_of: Browsers, request: pytest.FixtureRequest, name: str
) -> None:
    browser = browser_of(request.getfixturevalue(name))
    assert all(browser.post(address(page, hook)).status_code == 403 for page in (*WRITES, *PAGES))
    assert all(browser.get(address(page, hook)).status_code == 403 for page in PAGES)
    assert browser.get(reverse(ADD)).status_code == 403
    sees = browser.get(address("change", hook)).status_code
    assert sees == (200 if name == "viewer" else 403)


def test_a_button_is_no_link(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    assert all(browser_of(owner).get(address(page, hook)).status_code == 403 for page in WRITES)


def test_another_tenants_subscription_is_not_there(
    hook: Subscription, browser_of: Browsers, other_owner: User
) -> None:
    browser = browser_of(other_owner)
    for page in ("change", *PAGES):
        assert browser.get(address(page, hook)).status_code == 302
    for page in (*WRITES, *PAGES):
        assert browser.post(address(page, hook)).status_code == 302
    assert URL not in browser.get(reverse("admin:delivery_subscription_changelist")).content.decode()
    assert Subscription.objects.filter(pk=hook.pk, status="Active").exists()
