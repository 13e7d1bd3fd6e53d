"""The pages of deliveries: the story of attempts, the bytes as sent, and sending again."""

import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant, User
from tests.webhooks.admin_cases import attempted, delivered, endpoint, given_up, queued
from tests.webhooks.calls import happened
from webhooks.delivery.models import Attempt, Body, Delivery, Subscription
from webhooks.delivery.pages.as_sent import curl, recomputed, signed_now
from webhooks.delivery.pages.states import next_attempt
from webhooks.delivery.subscriptions import rotate_secret

Browsers = Callable[[User], Client]
LIST = "admin:delivery_delivery_changelist"


@pytest.fixture
def hook(tenant: Tenant) -> Subscription:
    return endpoint(tenant)


def address(row: Delivery, page: str = "change") -> str:
    return reverse(f"admin:delivery_delivery_{page}", args=[row.pk])


def listed(browser: Client, **query: str) -> list[int]:
    return [row.pk for row in browser.get(reverse(LIST), query).context["cl"].result_list]


def test_the_list_shows_the_last_answer_and_the_next_attempt(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    row = queued(hook, due_at=timezone.now() + timedelta(minutes=5, seconds=30))
    attempted(row, status_code=503)
    page = browser_of(viewer).get(reverse(LIST)).content.decode()

    for text in ("target.imported", "Pending", "503", "5\xa0minutes from now"):
        assert text in page


@pytest.mark.parametrize("model", ["delivery_delivery", "events_event"])
def test_a_day_of_a_list_is_one_of_the_tenants_calendar(
    hook: Subscription, browser_of: Browsers, viewer: User, model: str
) -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # In Berlin it is July.
    queued(hook, happened(hook.tenant, at=late), created_at=late)
    column = "created_at" if model == "delivery_delivery" else "occurred_at"
    browser, page = browser_of(viewer), reverse(f"admin:{model}_changelist")
    found = [
        browser.get(page, {f"{column}_from_0": day, f"{column}_to_0": day}).context["cl"].result_count
        for day in ("2026-06-30", "2026-07-01")
    ]
    assert found == [0, 1]


def test_the_list_is_filtered_and_searched(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    done = delivered(queued(hook))
    failed = given_up(queued(hook, happened(hook.tenant, "visit_report.approved")))
    other = queued(endpoint(hook.tenant, name="Shop"), done.event)
    browser = browser_of(viewer)

    assert listed(browser, status__exact="Failed") == [failed.pk]
    assert listed(browser, type="visit_report.approved") == [failed.pk]
    assert listed(browser, subscription__id__exact=str(hook.pk)) == [failed.pk, done.pk]
    assert listed(browser, q=done.event.event_id) == [other.pk, done.pk]
    assert listed(browser, q=f"#{failed.pk}") == [failed.pk]
    assert listed(browser, q="nothing") == []


def test_the_list_says_what_each_is_about_and_what_keeps_it(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    row = queued(hook)
    browser = browser_of(viewer)
    assert str(row.event.facts["target"]["title"]) in browser.get(reverse(LIST)).content.decode()
    Subscription.objects.update(breaker_until=timezone.now() + timedelta(minutes=1))
    assert "held by the breaker" in browser.get(reverse(LIST)).content.decode()
    Subscription.objects.update(breaker_until=None, status="Paused")
    assert "subscription is paused" in browser.get(reverse(LIST)).content.decode()


def test_a_page_looks_again_by_itself_until_the_first_attempt(
    hook: Subscription, browser_of: Browsers, viewer: User
) -> None:
    row, again = queued(hook), 'http-equiv="refresh"'
    browser = browser_of(viewer)
    assert again in browser.get(address(row)).content.decode()
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert again not in browser.get(address(row)).content.decode()
    done = delivered(queued(hook))
    assert again not in browser.get(address(done)).content.decode()


def test_each_attempt_shows_what_it_sent(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    row = queued(hook)
    attempted(row, body=row.body)
    old = row.body
    row.body = Body.objects.create(tenant=hook.tenant, event=row.event, profile="other", content=b'{"a": 1}')
    row.save(update_fields=["body"])
    page = browser_of(viewer).get(address(row)).content.decode()
    assert "It equals the one that was sent" in page
    assert f"{len(bytes(old.content)):,} bytes" in page
    assert "another body" not in page

    attempted(row, body=row.body)
    page = browser_of(viewer).get(address(row)).content.decode()
    assert "8 bytes" in page
    assert page.count("It sent another body than the last one") == 1


def test_the_page_tells_each_attempt(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    row = queued(hook)
    attempted(
        row,
        status_code=503,
        error_message="The receiver failed: 503.",
        response_excerpt="<h1>down</h1>",
        phases={"dns": 1.5, "connect": 3, "tls": 9, "firstByte": 10},
    )
    attempted(row, status_code=None, error_code="connection_refused", error_message="Connection refused.")
    page = browser_of(viewer).get(address(row)).content.decode()

    for text in (
        *("Attempt 1", "Attempt 2", "The receiver failed: 503.", "&lt;h1&gt;down&lt;/h1&gt;", "no answer"),
        *("connection_refused", "first byte 10 ms", "DNS 1.5 ms", row.event.event_id),
    ):
        assert text in page
    assert page.index("Attempt 2") < page.index("Attempt 1")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"due_reason": "first"}, "It is due now: the first attempt."),
        (
            {"due_reason": "retry", "retry_count": 2, "minutes": 5},
            "retry 2 of 7, 5 min after the last attempt",
        ),
        ({"due_reason": "retry_after", "minutes": 5}, "asked for this pause with Retry-After"),
        ({"due_reason": "by_hand", "is_forced": True}, "somebody sent it again"),
        ({"due_reason": "replay", "is_forced": True}, "somebody replayed"),
        ({"status": "Failed", "attempt_count": 8}, "It was given up after 8 attempts."),
        ({"claim": "5" * 32, "minutes": 1}, "an attempt is under way"),
        ({"subscription": {"status": "Paused"}}, "the subscription is paused"),
        ({"subscription": {"status": "Disabled"}}, "the subscription is disabled"),
        ({"subscription": {"breaker_until": True}}, "It waits for the breaker"),
    ],
)
def test_why_the_next_attempt_is_when_it_is(hook: Subscription, fields: dict[str, Any], words: str) -> None:
    now = timezone.now()
    of_subscription, minutes = fields.pop("subscription", {}), fields.pop("minutes", 0)
    if "breaker_until" in of_subscription:
        of_subscription = {"breaker_until": now + timedelta(minutes=1)}
    row = Delivery(subscription=hook, due_at=now + timedelta(minutes=minutes), **fields)
    for name, value in of_subscription.items():
        setattr(hook, name, value)

    assert words in next_attempt(row, now=now)


def test_the_signature_is_recomputed(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    row = queued(hook)
    attempt = attempted(row)
    now = timezone.now()
    found = recomputed(row, attempt, now=now)

    assert found.text == attempt.request_headers["webhook-signature"]
    assert found.text in browser_of(viewer).get(address(row)).content.decode()
    rotate_secret(hook, overlap_hours=1)
    hook.refresh_from_db()
    assert "secret before" in recomputed(row, attempt, now=now).said
    assert "has ended" in recomputed(row, attempt, now=now + timedelta(hours=2)).said


def test_an_attempt_that_sent_nothing_has_no_signature(hook: Subscription) -> None:
    row = queued(hook)

    assert recomputed(row, attempted(row, request_headers={}), now=timezone.now()).text == ""


def test_the_curl_line_is_a_request_that_a_shell_reads_back() -> None:
    line = curl(
        "https://r.example/?a=1&b='2'",
        {"X-Key": "***", "webhook-id": "evt_1", "User-Agent": "x"},
        b'{"a": "it\'s"}',
    )

    assert shlex.split(line.replace("\\\n", "")) == [
        *("curl", "-sS", "-i", "https://r.example/?a=1&b='2'"),
        *("-H", "X-Key: $X_KEY", "-H", "webhook-id: evt_1", "--data-binary", '{"a": "it\'s"}'),
    ]


def test_a_fresh_curl_line_is_signed_and_hides_own_headers(tenant: Tenant) -> None:
    row = queued(endpoint(tenant, headers={"Authorization": "Bearer abc"}))
    headers = signed_now(row, now=timezone.now())

    assert headers["Authorization"] == "***"
    assert headers["webhook-signature"].startswith("v1,")


def test_only_who_may_send_gets_a_signature_of_now(
    hook: Subscription, browser_of: Browsers, owner: User, viewer: User
) -> None:
    row = queued(hook)

    assert "signed for now" in browser_of(owner).get(address(row)).content.decode()
    assert "curl" not in browser_of(viewer).get(address(row)).content.decode()


def test_one_is_sent_again(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    row = given_up(queued(hook))
    browser_of(owner).post(address(row, "send_again"))
    row.refresh_from_db()

    assert (row.status, row.due_reason, row.is_forced, row.attempt_count) == ("Pending", "by_hand", True, 1)


def test_a_selection_is_sent_again(hook: Subscription, browser_of: Browsers, owner: User) -> None:
    rows = [given_up(queued(hook)) for _number in range(3)]
    chosen = [row.pk for row in rows[:2]]
    browser_of(owner).post(reverse(LIST), {"action": "send_selected_again", "_selected_action": chosen})

    assert set(Delivery.objects.filter(status="Pending").values_list("pk", flat=True)) == set(chosen)


def test_who_does_not_manage_sends_nothing(hook: Subscription, browser_of: Browsers, viewer: User) -> None:
    row = given_up(queued(hook))
    browser = browser_of(viewer)
    assert "Send again" not in browser.get(address(row)).content.decode()
    assert browser.post(address(row, "send_again")).status_code == 403
    browser.post(reverse(LIST), {"action": "send_selected_again", "_selected_action": [row.pk]})
    row.refresh_from_db()

    assert row.status == "Failed"


def test_another_tenants_delivery_is_not_there(
    hook: Subscription, browser_of: Browsers, other_owner: User
) -> None:
    row = given_up(queued(hook))
    browser = browser_of(other_owner)
    assert browser.get(address(row)).status_code == 302
    assert browser.post(address(row, "send_again")).status_code == 302
    assert listed(browser) == []
    browser.post(reverse(LIST), {"action": "send_selected_again", "_selected_action": [row.pk]})
    row.refresh_from_db()

    assert row.status == "Failed"


def test_a_list_of_many_costs_a_bounded_number_of_queries(
    hook: Subscription, browser_of: Browsers, viewer: User, django_assert_max_num_queries: Any
) -> None:
    for _number in range(5):
        delivered(queued(hook))
    browser = browser_of(viewer)
    with django_assert_max_num_queries(16):
        browser.get(reverse(LIST))
    assert Attempt.objects.count() == 5
