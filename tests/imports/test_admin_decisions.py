"""The list of what staff decided: who, when, what, and the way to take it back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import MappingReview
from imports.decisions import dismiss_review, link_review, undo_review
from imports.models import Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_customer
from tests.imports.admin_cases import unknown_customer

pytestmark = pytest.mark.django_db
Browsers = Callable[[User], Client]
ADDRESS = "admin:customers_mappingreview_decisions"


@pytest.fixture
def linked(api: ApiCaller, tenant: Tenant, reviewer: User) -> MappingReview:
    review = unknown_customer(api, jobs=3)
    link_review(review, record_id=make_customer(tenant).pk, by=reviewer, note="Asked them.")
    return review


def listed(browser: Client, **filters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = browser.get(reverse(ADDRESS), filters).context["decisions"]
    return rows


def test_a_decision_is_listed_with_who_what_and_how_many(
    linked: MappingReview, browser_of: Browsers, reviewer: User
) -> None:
    [row] = listed(browser_of(reviewer))
    assert (row["who"], row["targets"], row["note"]) == ("reviewer", 3, "Asked them.")
    assert row["what"] == "Customer linked by a decision: Rhein-Ruhr Medical Supply"
    assert row["reference"] == "erp/CUST-9"


def test_open_questions_and_those_that_an_import_answered_are_none(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    review = unknown_customer(api)
    assert listed(browser_of(reviewer)) == []
    MappingReview.objects.filter(pk=review.pk).update(status="superseded")
    assert listed(browser_of(reviewer)) == []


def test_the_newest_is_first_and_filters_choose(
    api: ApiCaller, linked: MappingReview, browser_of: Browsers, reviewer: User, owner: User
) -> None:
    dismiss_review(unknown_customer(api, external_id="CUST-8"), by=owner)
    browser = browser_of(reviewer)
    assert [row["reference"] for row in listed(browser)] == ["erp/CUST-8", "erp/CUST-9"]
    assert [row["reference"] for row in listed(browser, status="linked")] == ["erp/CUST-9"]
    assert [row["reference"] for row in listed(browser, by=owner.pk)] == ["erp/CUST-8"]
    assert [row["reference"] for row in listed(browser, q=" CUST-9 ")] == ["erp/CUST-9"]
    assert listed(browser, entity="location") == []


def test_it_is_undone_from_the_list(linked: MappingReview, browser_of: Browsers, reviewer: User) -> None:
    browser = browser_of(reviewer)
    assert 'class="oc-button"' in browser.get(reverse(ADDRESS)).content.decode()
    browser.post(reverse("admin:customers_mappingreview_undo", args=[linked.pk]))
    [row] = listed(browser)
    assert (row["can_undo"], row["undone_by"]) == (False, "reviewer")
    assert not Target.objects.exclude(customer=None).exists()


def test_what_contradicts_an_undo_is_said(
    linked: MappingReview, browser_of: Browsers, reviewer: User
) -> None:
    undo_review(MappingReview.objects.get(pk=linked.pk), by=reviewer)
    answer = browser_of(reviewer).post(
        reverse("admin:customers_mappingreview_undo", args=[linked.pk]), follow=True
    )
    assert "There is no decision to undo." in answer.content.decode()


def test_who_may_only_look_is_offered_no_undo(
    linked: MappingReview, browser_of: Browsers, viewer: User
) -> None:
    page = browser_of(viewer).get(reverse(ADDRESS))
    assert page.status_code == 200
    assert reverse("admin:customers_mappingreview_undo", args=[linked.pk]) not in page.content.decode()


def test_another_tenants_decisions_are_not_seen(
    linked: MappingReview, browser_of: Browsers, other_owner: User, reviewer: User
) -> None:
    browser = browser_of(other_owner)
    assert listed(browser) == []
    # Their staff are no choice either.
    assert browser.get(reverse(ADDRESS), {"by": reviewer.pk}).context["form"].errors["by"]


def test_an_empty_list_says_what_comes_here(browser_of: Browsers, reviewer: User) -> None:
    text = browser_of(reviewer).get(reverse(ADDRESS)).content.decode()
    assert "Nobody has decided a question yet." in text


def test_the_number_of_statements_does_not_grow(
    api: ApiCaller,
    linked: MappingReview,
    tenant: Tenant,
    browser_of: Browsers,
    reviewer: User,
    django_assert_max_num_queries: Any,
) -> None:
    customer = make_customer(tenant, name="Berg Retail Group")
    for number in range(6):
        review = unknown_customer(api, external_id=f"CUST-{number}")
        link_review(review, record_id=customer.pk, by=reviewer)
    browser = browser_of(reviewer)
    listed(browser)
    with django_assert_max_num_queries(25):
        assert len(listed(browser)) == 7
