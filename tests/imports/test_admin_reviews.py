"""Reviews in the admin: what a reviewer sees, decides and takes back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, ExternalReference, Location, MappingReview
from imports.models import ImportItem, Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_customer, make_location, make_reference
from tests.imports.admin_cases import conflict, job, unknown_customer

Browsers = Callable[[User], Client]


def _address(review: MappingReview, view: str = "change") -> str:
    return reverse(f"admin:customers_mappingreview_{view}", args=[review.pk])


def _decide(browser: Client, review: MappingReview, action: str, **fields: Any) -> Any:
    return browser.post(_address(review, "decide"), {"action": action} | fields)


def test_the_list_holds_open_questions_the_oldest_first_with_what_waits(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    first = unknown_customer(api, external_id="CUST-8", jobs=3)
    second = unknown_customer(api, external_id="CUST-9")
    rows = (
        browser_of(reviewer)
        .get(reverse("admin:customers_mappingreview_changelist"))
        .context["cl"]
        .result_list
    )
    assert [(row.pk, row.waiting) for row in rows] == [(first.pk, 3), (second.pk, 1)]


def test_decided_ones_are_listed_by_their_status(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    review, browser = unknown_customer(api), browser_of(reviewer)
    _decide(browser, review, "dismiss")
    address = reverse("admin:customers_mappingreview_changelist")
    assert browser.get(address).context["cl"].result_count == 0
    assert browser.get(address, {"status__exact": "dismissed"}).context["cl"].result_count == 1


def test_an_empty_queue_says_so(browser_of: Browsers, reviewer: User) -> None:
    page = browser_of(reviewer).get(reverse("admin:customers_mappingreview_changelist")).content.decode()
    assert "Nothing waits for review" in page


def test_a_conflict_shows_both_records_and_marks_what_disagrees(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, known, other = conflict(api, tenant)
    page = browser_of(reviewer).get(_address(review)).content.decode()
    for text in (
        str(known),
        str(other),
        "differs",
        "The external ID and the customer number belong to different",
    ):
        assert text in page
    assert "This external ID leads here today".lower() in page.lower()
    assert "same customer number, other name" in page


def test_linking_follows_with_every_target_and_the_next_import(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, _known, other = conflict(api, tenant)
    _decide(browser_of(reviewer), review, "link", record=other.pk, note="as agreed by phone")
    review.refresh_from_db()
    assert (review.status, review.decided_by, review.note) == ("linked", reviewer, "as agreed by phone")
    assert Target.objects.get().customer == other
    sent = {"externalId": "CUST-1", "customerNumber": "BR-019", "name": "Rhein-Ruhr Medical Supply"}
    again = api.post("/inbound/targets", job("JOB-2", customer=sent)).json()
    mapping = again["items"][0]["customerMapping"]
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", other.pk)


def test_creating_makes_a_record_of_what_came_in(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    review = unknown_customer(api, jobs=3)
    _decide(browser_of(reviewer), review, "create")
    made = Customer.objects.get(name="Neue Apotheke am Markt")
    assert {target.customer for target in Target.objects.all()} == {made}


def test_what_cannot_be_created_says_why_before_anybody_clicks(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, _known, _other = conflict(api, tenant)
    browser = browser_of(reviewer)
    assert (
        "The customer number belongs to a customer already" in browser.get(_address(review)).content.decode()
    )
    answer = browser.post(_address(review, "decide"), {"action": "create"}, follow=True)
    assert "The customer number belongs to a customer already" in answer.content.decode()
    assert MappingReview.objects.get(pk=review.pk).status == "open"


def test_after_a_decision_the_next_question_is_there_with_the_way_back(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    first = unknown_customer(api, external_id="CUST-8")
    second = unknown_customer(api, external_id="CUST-9")
    browser = browser_of(reviewer)
    answer = _decide(browser, first, "dismiss")
    assert answer.headers["Location"] == _address(second)
    page = browser.get(_address(second)).content.decode()
    assert _address(first, "undo") in page
    assert _address(first, "undo") not in browser.get(_address(second)).content.decode()  # It is shown once.


def test_after_the_last_decision_the_list_offers_undo(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    review, browser = unknown_customer(api), browser_of(reviewer)
    answer = browser.post(_address(review, "decide"), {"action": "create"}, follow=True)
    page = answer.content.decode()
    assert _address(review, "undo") in page
    assert "1 target follows" in page


def test_undo_puts_everything_back_and_asks_again(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, known, other = conflict(api, tenant)
    browser = browser_of(reviewer)
    _decide(browser, review, "link", record=other.pk)
    answer = browser.post(_address(review, "undo"))
    again = MappingReview.objects.get(status="open")
    assert answer.headers["Location"] == _address(again)
    assert Target.objects.get().customer == known
    assert MappingReview.objects.get(pk=review.pk).status == "undone"


def test_undo_is_refused_with_a_sentence_where_something_newer_contradicts(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review = unknown_customer(api)
    browser = browser_of(reviewer)
    _decide(browser, review, "create")
    other = make_customer(tenant, name="Other")
    ExternalReference.objects.filter(external_id="CUST-9").update(customer=other)
    page = browser.get(_address(review)).content.decode()
    assert "The reference was changed in the registry since" in page
    answer = browser.post(_address(review, "undo"), follow=True)
    assert "The reference was changed in the registry since" in answer.content.decode()
    assert MappingReview.objects.get(pk=review.pk).status == "created"


def test_who_comes_second_is_told_who_was_first(
    api: ApiCaller, browser_of: Browsers, reviewer: User, owner: User
) -> None:
    review = unknown_customer(api)
    _decide(browser_of(owner), review, "dismiss")
    answer = browser_of(reviewer).post(_address(review, "decide"), {"action": "create"}, follow=True)
    assert "owner was first: Dismissed" in answer.content.decode()
    assert not Customer.objects.exists()


def test_another_record_is_found_by_a_forgiving_search(
    api: ApiCaller, tenant: Tenant, other_tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review = unknown_customer(api)
    mine = make_customer(tenant, number="RRM-001")
    make_customer(other_tenant, number="RRM-001", name="Foreign")
    page = browser_of(reviewer).get(_address(review), {"q": "rrm001"}).content.decode()
    assert str(mine) in page
    assert "Foreign" not in page


def test_a_record_of_another_tenant_cannot_be_linked(
    api: ApiCaller, other_tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review = unknown_customer(api)
    foreign = make_customer(other_tenant)
    for record in (foreign.pk, 987654321, "x", "", "9" * 30):
        answer = browser_of(reviewer).post(
            _address(review, "decide"), {"action": "link", "record": record}, follow=True
        )
        assert "There is no such record." in answer.content.decode()
    assert MappingReview.objects.get(pk=review.pk).status == "open"


def test_a_location_is_chosen_among_those_of_its_customer(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    customer, other = make_customer(tenant), make_customer(tenant, name="Other")
    make_reference(customer, "CUST-1")
    here, elsewhere = make_location(customer, name="Essen Center"), make_location(other, name="Elsewhere")
    place = {"externalId": "LOC-9", "street": "Neue Str. 1", "city": "Essen"}
    api.post("/inbound/targets", job("JOB-1", customer={"externalId": "CUST-1"}, location=place))
    review, browser = MappingReview.objects.get(entity_type="location"), browser_of(reviewer)
    page = browser.get(_address(review)).content.decode()
    assert str(here) in page
    assert str(elsewhere) not in page
    _decide(browser, review, "link", record=elsewhere.pk)
    assert MappingReview.objects.get(pk=review.pk).status == "open"
    _decide(browser, review, "link", record=here.pk)
    assert Target.objects.get().location == here
    assert Location.objects.count() == 2


def test_a_location_whose_customer_waits_leads_there_first(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    sent = {
        "customer": {"externalId": "CUST-9", "name": "New"},
        "location": {"externalId": "LOC-9", "city": "Essen"},
    }
    api.post("/inbound/targets", job("JOB-1", **sent))
    review, customer = (MappingReview.objects.get(entity_type=entity) for entity in ("location", "customer"))
    page = browser_of(reviewer).get(_address(review)).content.decode()
    assert _address(customer) in page
    assert "Decide on the customer first" in page


@pytest.mark.parametrize("role", ["viewer", "dispatcher", "integration_admin", "employee"])
def test_who_may_not_decide_cannot(
    api: ApiCaller, request: pytest.FixtureRequest, browser_of: Browsers, reviewer: User, role: str
) -> None:
    review = unknown_customer(api)
    browser = browser_of(request.getfixturevalue(role))
    for action in ("create", "dismiss"):
        assert _decide(browser, review, action).status_code in (302, 403)
    assert MappingReview.objects.get(pk=review.pk).status == "open"
    _decide(browser_of(reviewer), review, "dismiss")
    assert browser.post(_address(review, "undo")).status_code in (302, 403)
    assert MappingReview.objects.get(pk=review.pk).status == "dismissed"


def test_a_viewer_reads_a_review_without_buttons(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    review = unknown_customer(api)
    page = browser_of(viewer).get(_address(review)).content.decode()
    assert "Neue Apotheke am Markt" in page
    assert _address(review, "decide") not in page


def test_a_review_of_another_tenant_is_not_there(
    api: ApiCaller, browser_of: Browsers, other_owner: User
) -> None:
    review = unknown_customer(api)
    browser = browser_of(other_owner)
    for view in ("decide", "undo"):
        foreign = browser.post(_address(review, view), {"action": "dismiss"})
        unknown = browser.post(reverse(f"admin:customers_mappingreview_{view}", args=[987654321]))
        assert (foreign.status_code, foreign.headers["Location"]) == (302, unknown.headers["Location"])
    assert MappingReview.objects.get(pk=review.pk).status == "open"


def test_decisions_are_posted_with_a_token_of_the_form(api: ApiCaller, reviewer: User) -> None:
    review = unknown_customer(api)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(reviewer)
    assert browser.get(_address(review, "decide")).status_code == 405
    assert _decide(browser, review, "dismiss").status_code == 403
    assert MappingReview.objects.get(pk=review.pk).status == "open"


def test_it_says_how_many_links_a_decision_would_move(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, _known, _other = conflict(api, tenant)
    api.post("/inbound/targets", job("JOB-2", customer={"externalId": "CUST-1"}))
    page = " ".join(browser_of(reviewer).get(_address(review)).content.decode().split())
    assert "Linking or creating links 2 targets of erp/CUST-1, and all later ones." in page
    assert "2 of them are linked by it today; a link to another record takes those away." in page


def test_it_leads_to_the_targets_and_to_the_items_as_received(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    review = unknown_customer(api, jobs=7)
    page = browser_of(reviewer).get(_address(review))
    assert f"{reverse('admin:imports_target_changelist')}?review={review.pk}" in page.content.decode()
    received = page.context["case"]["received"]
    assert len(received) == 5
    item = ImportItem.objects.get(external_id=received[0].external_id)
    assert received[0].link == reverse("admin:imports_importitem_change", args=[item.pk])


def test_an_item_that_said_nothing_of_the_reference_is_passed_over(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    review = unknown_customer(api)
    asked = ImportItem.objects.get()
    api.post("/inbound/targets", {"externalId": asked.external_id, "title": "Another title"})
    (received,) = browser_of(reviewer).get(_address(review)).context["case"]["received"]
    assert received.link == reverse("admin:imports_importitem_change", args=[asked.pk])


def test_of_one_import_the_customers_question_comes_first(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    sent = {
        "customer": {"externalId": "CUST-9", "name": "New"},
        "location": {"externalId": "LOC-9", "city": "Essen"},
        "contact": {"externalId": "CONT-9", "displayName": "Eva Stein"},
    }
    api.post("/inbound/targets", job("JOB-1", **sent))
    browser = browser_of(reviewer)
    rows = browser.get(reverse("admin:customers_mappingreview_changelist")).context["cl"].result_list
    assert [row.entity_type for row in rows] == ["customer", "location", "contact"]
    assert browser.get(_address(rows[0])).context["next"] == rows[1].pk
    assert browser.get(_address(rows[1])).context["next"] == rows[2].pk
    page = browser.get(_address(rows[2])).content.decode()
    assert "Decide on the customer first." in page
    assert _address(rows[0]) in page


def test_an_undone_decision_says_who_took_it_back(
    api: ApiCaller, browser_of: Browsers, reviewer: User, owner: User
) -> None:
    review = unknown_customer(api)
    _decide(browser_of(reviewer), review, "create")
    browser_of(owner).post(_address(review, "undo"))
    page = browser_of(reviewer).get(_address(review)).content.decode()
    assert "By reviewer" in page
    assert "Undone by owner" in page
