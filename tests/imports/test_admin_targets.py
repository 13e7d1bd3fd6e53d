"""The page of a target: its state, and how it came to it."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from imports.models import Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_customer, make_reference
from tests.imports.admin_cases import conflict, job, unknown_customer

Browsers = Callable[[User], Client]


def _page(browser: Client, target: Target) -> Any:
    return browser.get(reverse("admin:imports_target_change", args=[target.pk]))


def test_a_target_tells_its_imports_and_events(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, viewer: User
) -> None:
    make_reference(make_customer(tenant), "CUST-1")
    api.post("/inbound/targets", job("JOB-1", customer={"externalId": "CUST-1"}, requiredSkills=["Cooling"]))
    api.post("/inbound/targets", job("JOB-1", planning={"priority": "Urgent"}))
    api.post("/inbound/targets", {"externalId": "JOB-1", "operation": "cancel"})
    page = browser_of(viewer).get(reverse("admin:imports_target_change", args=[Target.objects.get().pk]))
    text = page.content.decode()
    for part in ("Rhein-Ruhr Medical Supply", "by external ID", "Cooling", "Cancelled", "planning.priority"):
        assert part in text
    for event in ("target.imported", "target.updated", "target.cancelled"):
        assert event in text


def test_times_are_those_of_the_tenant(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    window = {
        "preferredTimeWindowStart": "2026-07-01T08:00:00Z",
        "preferredTimeWindowEnd": "2026-07-01T14:00:00Z",
    }
    api.post("/inbound/targets", job("JOB-1", planning=window))
    page = browser_of(viewer).get(reverse("admin:imports_target_change", args=[Target.objects.get().pk]))
    assert "2026-07-01 10:00 – 2026-07-01 16:00" in page.content.decode()  # Berlin, in summer


def test_targets_are_found_by_the_beginning_of_the_external_id(
    api: ApiCaller, browser_of: Browsers, viewer: User
) -> None:
    api.post("/inbound/targets/batch", {"items": [job("JOB-1"), job("JOB-2"), job("DEL-1")]})
    listed = browser_of(viewer).get(reverse("admin:imports_target_changelist"), {"q": "JOB"})
    assert listed.context["cl"].result_count == 2


def test_its_time_line_says_who_decided_what_and_who_took_it_back(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User, owner: User
) -> None:
    review, _known, other = conflict(api, tenant)
    address = reverse("admin:customers_mappingreview_decide", args=[review.pk])
    decision = {"action": "link", "record": other.pk, "note": "as agreed by phone"}
    browser_of(reviewer).post(address, decision)
    page = _page(browser_of(reviewer), Target.objects.get())
    story = [entry for entry in page.context["story_line"] if entry.get("review_link")]
    assert [(entry["text"], entry["detail"]) for entry in story] == [
        (f"Customer linked by a decision: {other}", "by reviewer · as agreed by phone")
    ]
    assert "Decided by reviewer" in page.content.decode()
    assert story[0]["review_link"] == reverse("admin:customers_mappingreview_change", args=[review.pk])

    browser_of(owner).post(reverse("admin:customers_mappingreview_undo", args=[review.pk]))
    page = _page(browser_of(reviewer), Target.objects.get())
    story = [entry for entry in page.context["story_line"] if entry.get("review_link")]
    assert [(entry["text"], entry["detail"]) for entry in story] == [
        ("Decision on the customer undone", "by owner"),
        (f"Customer linked by a decision: {other}", "by reviewer · as agreed by phone"),
    ]
    assert "Decided by reviewer" not in page.content.decode()


def test_who_sees_no_reviews_reads_of_decisions_without_a_link(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User, dispatcher: User
) -> None:
    review, _known, other = conflict(api, tenant)
    address = reverse("admin:customers_mappingreview_decide", args=[review.pk])
    browser_of(reviewer).post(address, {"action": "link", "record": other.pk})
    page = _page(browser_of(dispatcher), Target.objects.get()).content.decode()
    assert "Decided by reviewer" in page
    assert reverse("admin:customers_mappingreview_change", args=[review.pk]) not in page


def test_the_list_of_a_review_holds_what_it_is_about(
    api: ApiCaller,
    tenant: Tenant,
    other_tenant: Tenant,
    browser_of: Browsers,
    viewer: User,
    other_owner: User,
) -> None:
    review = unknown_customer(api, jobs=3)
    api.post("/inbound/targets", job("JOB-OTHER"))
    address = reverse("admin:imports_target_changelist")

    def found(user: User, number: int | str) -> int:
        return int(browser_of(user).get(address, {"review": number}).context["cl"].result_count)

    assert found(viewer, review.pk) == 3
    assert [found(viewer, number) for number in (987654321, "x", "", "9" * 30)] == [0, 0, 0, 0]
    assert found(other_owner, review.pk) == 0
