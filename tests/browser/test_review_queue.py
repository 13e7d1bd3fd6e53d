"""The review queue by keyboard alone: twenty cases, two reviewers at once, undo, search, a phone, no script."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from customers.models import Customer, MappingReview
from imports.models import Target
from ordinavo_connect.clients.models import Tenant, User
from tests.browser.conftest import PHONE
from tests.factories import make_contact, make_customer, make_location, make_reference
from tests.imports.admin_cases import job

Admin = Callable[[User], Page]
Post = Callable[[dict[str, Any]], Any]
QUEUE = "/admin/customers/mappingreview/queue/"


def _title(page: Page) -> Any:
    return page.locator("[data-case]:not(.rv-is-leaving) [data-heading]")


def _log_in(context: BrowserContext, user: User, live_server: Any) -> None:
    """Without the form, for pages whose errors are part of the test."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])


def _wait_for_the_next(page: Page) -> None:
    """Until the next case is read ahead."""
    expect(page.locator("[data-review-queue][data-ahead]")).to_be_attached()


def _unknown(post: Post, *names: str) -> None:
    """A question for each name, the oldest first."""
    for number, name in enumerate(names):
        post(job(f"JOB-{name}-{number}", customer={"externalId": f"X-{name}-{number}", "name": name}))


@pytest.fixture
def second(browser: Browser, live_server: Any) -> Iterator[Callable[[User], Page]]:
    """A browser of somebody else, logged in."""
    context = browser.new_context()

    def log_in(user: User) -> Page:
        _log_in(context, user, live_server)
        return context.new_page()

    yield log_in
    context.close()


def test_twenty_cases_are_cleared_by_keyboard_alone(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin, live_server: Any, record_property: Any
) -> None:
    """Links to the first and to another candidate, new records, dismissals: as a day brings them."""
    for number in range(10):
        customer = make_customer(tenant, name=f"Markt {number}", number=f"M-{number}")
        make_reference(customer, f"M-{number}")
        for street in ("Hauptstr. 1", "Nebenstr. 2"):
            make_location(customer, name=f"Filiale {street}", street=street)
        place = {"externalId": f"L-{number}", "name": "Filiale", "city": "Essen"}
        post(job(f"L-{number}", customer={"externalId": f"M-{number}"}, location=place))
    _unknown(post, *(f"Neu {number}" for number in range(10)))
    page = admin(reviewer)
    page.goto(f"{live_server.url}{QUEUE}")
    expect(page.get_by_text("20 left")).to_be_visible()
    began = time.monotonic()
    for number in range(20):
        before = page.locator("[data-case]:not(.rv-is-leaving)").get_attribute("data-case")
        if number < 10:
            page.keyboard.press("2" if number % 2 else "1")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("n" if number % 2 else "d")
        # A person sees that another case is there before the next key.
        expect(page.locator(f"[data-case]:not([data-case='{before}']):not(.rv-is-leaving)")).to_be_attached()
    expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    record_property("seconds", round(time.monotonic() - began, 1))
    print(f"20 cases by keyboard: {time.monotonic() - began:.1f} s")
    statuses = list(MappingReview.objects.order_by("pk").values_list("status", flat=True))
    assert statuses == ["linked"] * 10 + ["dismissed", "created"] * 5
    places = [
        target.location.street for target in Target.objects.filter(location__isnull=False).order_by("pk")
    ]
    assert places == ["Hauptstr. 1", "Nebenstr. 2"] * 5


def test_the_next_case_is_shown_before_the_server_answered(
    reviewer: User, post: Post, admin: Admin, live_server: Any
) -> None:
    _unknown(post, "Alpha", "Beta")
    page = admin(reviewer)
    page.goto(f"{live_server.url}{QUEUE}")
    _wait_for_the_next(page)
    held: list[Any] = []
    page.route("**/decide/**", lambda route: held.append(route))
    page.keyboard.press("d")
    expect(_title(page)).to_have_text("Beta")
    assert MappingReview.objects.filter(status="open").count() == 2
    held[0].continue_()
    expect(page.get_by_text("Alpha stays unlinked")).to_be_visible()
    assert MappingReview.objects.get(status="open").incoming["customer"]["name"] == "Beta"


def test_what_could_not_be_sent_leads_back_to_the_case(
    reviewer: User, post: Post, page: Page, live_server: Any
) -> None:
    _unknown(post, "Alpha", "Beta")
    _log_in(page.context, reviewer, live_server)
    page.goto(f"{live_server.url}{QUEUE}")
    _wait_for_the_next(page)
    page.route("**/decide/**", lambda route: route.abort())
    page.keyboard.press("d")
    expect(page.get_by_text("The server could not be reached. This is not decided: Alpha.")).to_be_visible()
    page.unroute("**/decide/**")
    page.get_by_role("button", name="Back to it").click()
    expect(_title(page)).to_have_text("Alpha")
    assert MappingReview.objects.filter(status="open").count() == 2


def test_of_two_reviewers_the_second_is_told_who_was_first_and_goes_on(
    reviewer: User, owner: User, post: Post, page: Page, second: Any, live_server: Any
) -> None:
    _unknown(post, "Alpha", "Beta", "Gamma")
    mine, theirs = page, second(owner)
    _log_in(mine.context, reviewer, live_server)
    for each in (mine, theirs):
        each.goto(f"{live_server.url}{QUEUE}")
        _wait_for_the_next(each)
        expect(_title(each)).to_have_text("Alpha")
    theirs.keyboard.press("n")
    expect(theirs.get_by_text("Alpha is in the registry.")).to_be_visible()
    mine.keyboard.press("d")
    expect(mine.get_by_text("owner was first: Created.")).to_be_visible()
    expect(_title(mine)).to_have_text("Beta")
    assert MappingReview.objects.get(external_id="X-Alpha-0").status == "created"
    # The other one decides what mine shows: it goes on by itself once it hears of it.
    theirs.keyboard.press("n")
    expect(theirs.get_by_text("Beta is in the registry.")).to_be_visible()
    mine.keyboard.press("d")
    expect(_title(mine)).to_have_text("Gamma")
    assert MappingReview.objects.get(external_id="X-Beta-1").status == "created"
    assert Customer.objects.count() == 2


def test_u_takes_decisions_back_one_after_the_other(
    reviewer: User, post: Post, admin: Admin, live_server: Any
) -> None:
    _unknown(post, "Alpha", "Beta", "Gamma")
    page = admin(reviewer)
    page.goto(f"{live_server.url}{QUEUE}")
    page.keyboard.press("n")
    expect(_title(page)).to_have_text("Beta")
    page.keyboard.press("d")
    expect(_title(page)).to_have_text("Gamma")
    page.keyboard.press("u")
    expect(_title(page)).to_have_text("Beta")
    page.keyboard.press("u")
    expect(_title(page)).to_have_text("Alpha")
    expect(page.get_by_text("3 left")).to_be_visible()
    assert MappingReview.objects.filter(status="open").count() == 3
    assert not Customer.objects.exists()
    page.keyboard.press("u")
    expect(page.get_by_text("There is nothing to undo here.")).to_be_visible()


def test_a_question_that_rests_on_the_one_just_decided_is_read_anew(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin, live_server: Any
) -> None:
    known = make_customer(tenant, name="Alpha")
    make_contact(known)
    sent = {
        "customer": {"externalId": "X-1", "name": "Alpha"},
        "location": {"externalId": "L-1", "name": "Alpha West", "city": "Essen"},
    }
    post(job("JOB-1", **sent))
    page = admin(reviewer)
    page.goto(f"{live_server.url}{QUEUE}")
    _wait_for_the_next(page)
    page.keyboard.press("n")
    expect(_title(page)).to_have_text("Alpha West")
    expect(page.get_by_text("Decide on the customer first.")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    assert Target.objects.get().location.name == "Alpha West"


def test_search_skip_and_help_need_no_mouse(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin, live_server: Any
) -> None:
    found = make_customer(tenant, number="RRM-001")
    _unknown(post, "Alpha", "Beta")
    page = admin(reviewer)
    page.goto(f"{live_server.url}{QUEUE}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("s")
    expect(_title(page)).to_have_text("Beta")
    page.keyboard.press("/")
    page.keyboard.type("rrm001")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Link to Rhein-Ruhr Medical Supply (RRM-001)")).to_be_visible()
    expect(page.locator("[data-search]").first).not_to_be_focused()
    page.keyboard.press("Enter")
    expect(_title(page)).to_have_text("Alpha")
    expect(page.get_by_text("Beta is linked to Rhein-Ruhr Medical Supply")).to_be_visible()
    assert MappingReview.objects.get(external_id="X-Beta-1").customer == found


def test_a_candidate_is_never_proposed_again(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin, live_server: Any
) -> None:
    customer = make_customer(tenant, number="M-1")
    make_reference(customer, "M-1")
    for street in ("Hauptstr. 1", "Nebenstr. 2", "Seitenweg 3"):
        make_location(customer, name=f"Filiale {street}", street=street)
    sent = {
        "customer": {"externalId": "M-1"},
        "location": {"externalId": "L-1", "name": "Filiale", "city": "Essen"},
    }
    post(job("JOB-1", **sent))
    page = admin(reviewer)
    page.goto(f"{live_server.url}{QUEUE}")
    never = page.get_by_role("button", name="Never propose this one: Filiale Hauptstr. 1")
    never.click()
    expect(page.get_by_text("The record is never proposed for this reference again.")).to_be_visible()
    expect(never).to_have_count(0)
    post(job("JOB-2", **sent))
    assert len(MappingReview.objects.get(status="open").candidates) == 2
    page.get_by_role("button", name="Propose again").click()
    expect(never).to_be_visible()


def test_alike_questions_are_decided_as_one_and_taken_back_as_one(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin, live_server: Any
) -> None:
    _unknown(post, *["Bäckerei Sommer"] * 5, "Etwas anderes")
    page = admin(reviewer)
    page.goto(f"{live_server.url}{QUEUE}")
    page.get_by_role("link", name="4 other questions look like this one").click()
    expect(page.get_by_role("checkbox")).to_have_count(5)
    page.get_by_role("button", name="Create one record for all").click()
    expect(page.get_by_text("5 questions decided")).to_be_visible()
    expect(_title(page)).to_have_text("Etwas anderes")
    made = Customer.objects.get()
    assert Target.objects.filter(customer=made).count() == 5
    page.keyboard.press("u")
    expect(page.get_by_text("5 decisions are undone.")).to_be_visible()
    assert not Customer.objects.exists()
    assert MappingReview.objects.filter(status="open").count() == 6


def test_a_phone_shows_the_case_without_scrolling_sideways(
    tenant: Tenant, reviewer: User, post: Post, admin: Admin, live_server: Any
) -> None:
    _unknown(post, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH")
    page = admin(reviewer)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}{QUEUE}")
    expect(page.get_by_role("button", name="Create a new record")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_a_script_the_forms_decide(
    reviewer: User, post: Post, browser: Browser, live_server: Any
) -> None:
    _unknown(post, "Alpha", "Beta")
    context = browser.new_context(java_script_enabled=False)
    _log_in(context, reviewer, live_server)
    try:
        page = context.new_page()
        page.goto(f"{live_server.url}{QUEUE}")
        # The theme hides what its own script has not drawn; forms work all the same.
        with page.expect_navigation():
            page.locator("form[data-key=n] button").dispatch_event("click")
        assert page.locator("[data-heading]").inner_text() == "Beta"
        with page.expect_navigation():
            page.locator("[data-last-decision] button").dispatch_event("click")
        assert MappingReview.objects.filter(status="open").count() == 2
    finally:
        context.close()
