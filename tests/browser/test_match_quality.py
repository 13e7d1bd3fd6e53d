"""Staff tries other thresholds on past imports, looks at the cases, and takes a decision back from the list."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers.models import MappingReview
from imports.decisions import link_review
from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from tests.browser.conftest import DESK, PHONE
from tests.factories import make_customer
from tests.imports.admin_cases import job
from tests.imports.explanations import explanation

Admin = Callable[[User], Page]
Post = Callable[[dict[str, Any]], Any]


@pytest.fixture
def decided(tenant: Tenant, erp: IntegrationClient, reviewer: User, post: Post) -> None:
    """Three names that were compared and asked about; staff linked two to the best and one to another."""
    IntegrationClient.objects.filter(pk=erp.pk).update(link_threshold=0.9, review_threshold=0.5, margin=0.05)
    rhein, berg = make_customer(tenant, name="Rhein Medical"), make_customer(tenant, name="Berg Retail Group")
    for number, (score, right) in enumerate([(0.86, rhein), (0.84, rhein), (0.82, berg)], 1):
        post(
            job(f"JOB-{number}", customer={"externalId": f"CUST-{number}", "name": f"Rhein Medizin {number}"})
        )
        review = MappingReview.objects.get(external_id=f"CUST-{number}")
        MappingReview.objects.filter(pk=review.pk).update(
            explanation=explanation((rhein.pk, score), (berg.pk, 0.51), said=f"Rhein Medizin {number}")
        )
        link_review(review, record_id=right.pk, by=reviewer)


def test_thresholds_are_tried_before_anybody_sets_them(decided: None, admin: Admin, reviewer: User) -> None:
    page = admin(reviewer)
    page.get_by_role("link", name="Match quality").click()
    expect(page.get_by_text("of 3 names compared")).to_be_visible()

    page.get_by_label("Link threshold").fill("0.8")
    page.get_by_role("button", name="Try on past imports").click()
    expect(page.get_by_role("status")).to_contain_text(
        "You would have 3 fewer reviews, and 1 link that your staff decided otherwise."
    )
    page.get_by_role("link", name="Rhein Medizin 3").click()
    expect(page.get_by_role("heading", name="Rhein Medizin 3", exact=True)).to_be_visible()
    page.go_back()

    page.get_by_role("row").filter(has_text="0.85").get_by_role("link", name="Show the cases").click()
    expect(page.get_by_role("status")).to_contain_text(
        "You would have 1 review fewer, and no link that your staff decided otherwise."
    )


def test_a_decision_is_taken_back_from_the_list(decided: None, admin: Admin, reviewer: User) -> None:
    page = admin(reviewer)
    page.get_by_role("link", name="Decisions").click()
    row = page.get_by_role("row").filter(has_text="CUST-3")
    expect(row).to_contain_text("Customer linked by a decision: Berg Retail Group")
    row.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The question is open again.")).to_be_visible()
    assert Target.objects.get(external_id="JOB-3").customer is None
    page.get_by_role("link", name="Decisions").click()
    expect(page.get_by_role("row").filter(has_text="CUST-3")).to_contain_text("by reviewer")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_runs_out_of_the_page(
    size: dict[str, int], decided: None, admin: Admin, reviewer: User
) -> None:
    page = admin(reviewer)
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for address in ("match-quality/?link=0.8", "decisions/"):
        page.goto(f"{page.url.split('/admin/')[0]}/admin/customers/mappingreview/{address}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, address
