"""A reviewer resolves a conflict; the next import maps by itself; the decision can be taken back."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from customers.models import Customer, MappingReview
from imports.models import Target
from ordinavo_connect.clients.models import Tenant, User
from tests.factories import make_customer, make_reference
from tests.imports.admin_cases import job

Admin = Callable[[User], Page]
Post = Callable[[dict[str, Any]], Any]
SENT = {"externalId": "CUST-1", "customerNumber": "BR-019", "name": "Rhein-Ruhr Medical Supply"}


def _conflict(tenant: Tenant, post: Post) -> tuple[Customer, Customer]:
    known = make_customer(tenant, number="RRM-001")
    other = make_customer(tenant, name="Berg Retail Group", number="BR-019")
    make_reference(known, "CUST-1")
    assert post(job("JOB-1", customer=SENT))["items"][0]["customerMapping"]["status"] == "Conflict"
    return known, other


def _open_the_conflict(page: Page) -> None:
    page.get_by_role("link", name="1 mapping waits for review").click()
    page.get_by_role("link", name="Rhein-Ruhr Medical Supply").first.click()
    expect(
        page.get_by_text("The external ID and the customer number belong to different customers.")
    ).to_be_visible()


def _wait_for_the_answer(page: Page) -> None:
    """The next case is there before the server has said that it took the decision."""
    expect(page.get_by_role("status").get_by_role("button", name="Undo")).to_be_visible()


def test_a_conflict_is_decided_and_taken_back(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin
) -> None:
    known, other = _conflict(tenant, post)
    page = admin(reviewer)
    _open_the_conflict(page)
    expect(page.get_by_text("differs").first).to_be_visible()
    page.get_by_label("Note for colleagues (optional)").fill("called them")
    page.get_by_role("button", name="Link to this: Berg Retail Group").click()

    expect(page.get_by_role("status").get_by_text("1 target follows.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    assert MappingReview.objects.get().note == "called them"
    mapped = post(job("JOB-2", customer=SENT))["items"][0]["customerMapping"]
    assert (mapped["status"], mapped["customerId"]) == ("Mapped", other.pk)

    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The question is open again.")).to_be_visible()
    assert {target.customer for target in Target.objects.all()} == {known}
    page.get_by_role("button", name="Keep this link: Rhein-Ruhr Medical Supply").click()
    _wait_for_the_answer(page)
    expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    assert post(job("JOB-3", customer=SENT))["items"][0]["customerMapping"]["customerId"] == known.pk


def test_a_note_that_was_typed_before_the_script_came_is_kept(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin
) -> None:
    _conflict(tenant, post)
    page = admin(reviewer)
    held: list[Route] = []
    page.route("**/review/main*.js", lambda route: held.append(route))
    _open_the_conflict(page)
    page.get_by_label("Note for colleagues (optional)").fill("called them")
    for script in held:
        script.continue_()
    page.wait_for_load_state("load")
    page.get_by_role("button", name="Link to this: Berg Retail Group").click()
    expect(page.get_by_role("status").get_by_text("1 target follows.")).to_be_visible()
    assert held
    assert MappingReview.objects.get().note == "called them"


def test_a_number_that_stands_at_the_wrong_customer_is_corrected(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin
) -> None:
    known, other = _conflict(tenant, post)
    page = admin(reviewer)
    _open_the_conflict(page)
    # Both sides say what they rest on, and Enter decides nothing that nobody chose.
    expect(page.get_by_text("It rests on: Entered with the record")).to_be_visible()
    # Keys mean something once the script of the page is there.
    page.wait_for_load_state("load")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Choose a record first")).to_be_visible()
    assert MappingReview.objects.get().status == "open"
    page.get_by_role("button", name="Correct the number").click()
    _wait_for_the_answer(page)
    expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    known.refresh_from_db()
    other.refresh_from_db()
    assert (known.number, other.number) == ("BR-019", "")
    again = post(job("JOB-2", customer=SENT))["items"][0]["customerMapping"]
    assert (again["status"], again["customerId"]) == ("Mapped", known.pk)

    page.keyboard.press("u")
    expect(page.get_by_text("The question is open again.")).to_be_visible()
    expect(page.get_by_role("heading", name="Two facts contradict")).to_be_visible()
    known.refresh_from_db()
    other.refresh_from_db()
    assert (known.number, other.number) == ("RRM-001", "BR-019")


def test_another_record_is_found_while_one_types(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin
) -> None:
    customer = make_customer(tenant, number="RRM-001")
    post(job("JOB-1", customer={"externalId": "CUST-9", "name": "Medical Supply of the Ruhr"}))
    page = admin(reviewer)
    page.get_by_role("link", name="1 mapping waits for review").click()
    page.get_by_role("link", name="Medical Supply of the Ruhr").click()
    page.get_by_role("searchbox").last.press_sequentially("rrm001")
    page.get_by_role("button", name="Link to this: Rhein-Ruhr Medical Supply").click()
    expect(page.get_by_role("status").get_by_text("1 target follows.")).to_be_visible()
    assert Target.objects.get().customer == customer
