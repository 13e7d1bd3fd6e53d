"""The step to the first webhook on the home page of a new tenant."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from tests.webhooks.admin_cases import endpoint
from webhooks.delivery.models import Subscription

Browsers = Callable[[User], Client]


def step(browser: Client) -> Any:
    """The last of the four."""
    steps = browser.get(reverse("admin:index")).context["steps"]
    assert len(steps) == 4
    return steps[3]


def test_it_leads_to_a_new_subscription(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    shown = step(browser_of(owner))
    assert (shown["is_done"], shown["link"]) == (False, reverse("admin:delivery_subscription_add"))


def test_it_leads_to_the_one_that_has_not_arrived_yet(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    hook = endpoint(tenant)
    shown = step(browser_of(owner))
    page = reverse("admin:delivery_subscription_change", args=[hook.pk])
    assert (shown["is_done"], shown["link"]) == (False, page)


def test_it_is_done_once_a_receiver_accepted_something(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    endpoint(tenant)
    Subscription.objects.update(last_success_at=timezone.now())
    endpoint(tenant, name="another that does not answer yet")
    shown = step(browser_of(owner))
    assert (shown["is_done"], shown["link"]) == (True, "")


def test_another_tenants_webhook_ticks_nothing(
    tenant: Tenant, other_tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    endpoint(other_tenant)
    Subscription.objects.update(last_success_at=timezone.now())
    assert not step(browser_of(owner))["is_done"]


@pytest.mark.parametrize("name", ["viewer", "dispatcher", "reviewer"])
def test_who_may_not_manage_sees_it_without_a_way(
    tenant: Tenant, browser_of: Browsers, request: pytest.FixtureRequest, name: str
) -> None:
    browser = browser_of(request.getfixturevalue(name))
    assert step(browser)["link"] == ""
    endpoint(tenant)
    assert step(browser)["link"] == ""


def test_one_button_is_prominent(erp: IntegrationClient, browser_of: Browsers, owner: User) -> None:
    page = browser_of(owner).get(reverse("admin:index"))
    assert [each["is_next"] for each in page.context["steps"]] == [False, True, False, False]
