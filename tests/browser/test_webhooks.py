"""An integration admin makes a subscription, sees what it would get, and finds out what became of an event."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ordinavo_connect.clients.models import Tenant, User
from tests.browser.conftest import DESK, PHONE
from tests.webhooks.admin_cases import attempted, delivered, endpoint, given_up, queued
from tests.webhooks.calls import happened
from webhooks.delivery.models import Subscription

Admin = Callable[[User], Page]


def test_a_subscription_is_made_tried_and_its_secret_shown_once(
    tenant: Tenant, integration_admin: User, admin: Admin, live_server: Any
) -> None:
    happened(tenant)
    happened(tenant, "visit_report.approved")
    page = admin(integration_admin)
    page.get_by_role("link", name="Webhooks").first.click()
    page.get_by_role("link", name="New subscription").click()
    page.locator("[name=name]").fill("Billing ERP")
    page.locator("[name=url]").fill("https://receiver.example.com/hooks")
    page.locator("[name=source_system]").fill("erp")
    page.locator("[value='target.imported']").check()
    page.get_by_role("textbox", name="Values, one a line").first.fill("High")
    page.locator("[name=condition_field]").first.fill("target.priority")
    page.get_by_role("button", name="Try on the last 100 events").click()
    expect(page.get_by_text("1 of the last 2 events would match.")).to_be_visible()
    assert not Subscription.objects.exists()
    page.get_by_role("button", name="Make the subscription").click()
    expect(page.get_by_text("This secret is shown this once")).to_be_visible()
    secret = page.locator("#secret").inner_text()
    assert secret.startswith("whsec_")
    page.get_by_role("link", name="I have stored it").click()
    expect(page.get_by_text("Being tested")).to_be_visible()
    assert secret not in page.content()


def test_a_preview_of_a_form_with_mistakes_says_what_they_are(
    tenant: Tenant, integration_admin: User, admin: Admin, live_server: Any
) -> None:
    page = admin(integration_admin)
    page.goto(f"{live_server.url}/admin/delivery/subscription/add/")
    page.locator("[name=name]").fill("Billing ERP")
    page.locator("[name=url]").fill("http://receiver.example.com")
    page.locator("[name=source_system]").fill("erp")
    page.get_by_role("button", name="Try on the last 100 events").click()
    summary = page.locator(".oc-faults")
    expect(summary).to_contain_text("The URL must begin with https://.")
    expect(summary).to_contain_text("Tick at least one.")
    for link in summary.get_by_role("link").all():
        assert page.locator(str(link.get_attribute("href"))).count() == 1


def test_a_move_to_another_receiver_asks_for_the_headers_again(
    tenant: Tenant, integration_admin: User, admin: Admin, live_server: Any
) -> None:
    hook = endpoint(tenant, headers={"Authorization": "Bearer abc"})
    page = admin(integration_admin)
    page.goto(f"{live_server.url}/admin/delivery/subscription/{hook.pk}/edit/")
    page.locator("[name=url]").fill("https://other.example.com/hooks")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".oc-faults")).to_contain_text("enter the value of Authorization again")
    page.locator("[name=headers]").fill("Authorization: Bearer new")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. The new address is tested now.")).to_be_visible()


def test_why_an_event_did_not_arrive_is_found_in_three_steps(
    tenant: Tenant, owner: User, admin: Admin, live_server: Any
) -> None:
    given_up(queued(endpoint(tenant, name="Billing ERP")), response_excerpt="disk full")
    page = admin(owner)
    page.get_by_role("link", name="given up").click()
    page.get_by_role("link", name="target.imported").click()
    expect(page.get_by_text("disk full")).to_be_visible()
    page.get_by_role("button", name="Send again", exact=True).click()
    expect(page.get_by_text("It is sent again now")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_is_wider_than_the_screen(
    tenant: Tenant, owner: User, admin: Admin, live_server: Any, size: Any
) -> None:
    hook = endpoint(tenant, url=f"https://receiver.example.com/{'x' * 300}", name="N" * 200)
    row = delivered(queued(hook), phases={"dns": 1, "firstByte": 3}, response_excerpt="y" * 500)
    attempted(row, status_code=None, error_code="timeout", error_message="z" * 300)
    page = admin(owner)
    page.set_viewport_size(size)
    for path in (
        *("delivery/subscription/", "delivery/subscription/add/", "delivery/delivery/", "events/event/"),
        *(
            f"delivery/subscription/{hook.pk}/{name}/"
            for name in ("change", "edit", "rotate", "replay", "delete")
        ),
        f"delivery/subscription/{hook.pk}/replay/?since=2026-01-01T00:00",
        f"delivery/delivery/{row.pk}/change/",
        f"events/event/{row.event.event_id}/change/",
    ):
        page.goto(f"{live_server.url}/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
