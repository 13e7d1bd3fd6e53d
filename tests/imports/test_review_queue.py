"""The review queue: which questions, in which order, and what its decisions do, for one and for many."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, Dismissal, ExternalReference, MappingReview
from customers.reviews import DecisionRefused
from imports.decisions import (
    correct_number_of,
    create_from_review,
    dismiss_review,
    link_review,
    propose_candidate_again,
    reject_candidate,
    undo_review,
)
from imports.decisions_together import create_together, dismiss_together, link_together, undo_together
from imports.models import Target
from imports.pages.review_queue.alike import CANDIDATE, WORDS, alike, groups
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_customer, make_location, make_reference
from tests.imports.admin_cases import conflict, job, unknown_customer

Browsers = Callable[[User], Client]
PART = {"X-Review-Queue": "part"}


def _address(review: MappingReview, view: str) -> str:
    return reverse(f"admin:customers_mappingreview_{view}", args=[review.pk])


def _queue(browser: Client, query: str = "") -> list[str]:
    """The names of a queue's questions, one after the other as a reviewer goes through them."""
    page = reverse("admin:customers_mappingreview_queue")
    names: list[str] = []
    answer = browser.get(f"{page}?{query}", follow=True)
    while "review" in answer.context and answer.context["case"]["name"] not in names:
        names.append(answer.context["case"]["name"])
        answer = browser.get(f"{page}?{query}&after={answer.context['review'].pk}", follow=True)
    return names


def _ask(api: ApiCaller, name: str, **fields: Any) -> MappingReview:
    sent = {"externalId": f"X-{name}", "name": name} | fields.pop("customer", {})
    assert api.post("/inbound/targets", job(f"JOB-{name}", customer=sent, **fields)).status_code == 202
    return MappingReview.objects.get(external_id=sent["externalId"], status="open")


def _places(api: ApiCaller, tenant: Tenant) -> MappingReview:
    """A question about a location with two candidates."""
    customer = make_customer(tenant, number="M-1")
    make_reference(customer, "M-1")
    for street in ("Hauptstr. 1", "Nebenstr. 2"):
        make_location(customer, name=street, street=street)
    sent = {"customer": {"externalId": "M-1"}, "location": {"externalId": "L-1", "city": "Essen"}}
    api.post("/inbound/targets", job("JOB-L", **sent))
    return MappingReview.objects.get(entity_type="location", status="open")


# Which questions, in which order.


def test_the_queue_goes_through_the_oldest_first(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        _ask(api, name)
    assert _queue(browser_of(reviewer)) == ["Alpha", "Beta", "Gamma"]


def test_or_through_the_most_valuable_first_then_the_most_urgent(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    _ask(api, "Cheap", businessValue={"expectedRevenue": 100})
    _ask(api, "Dear", businessValue={"expectedRevenue": 900})
    _ask(api, "Nothing")
    _ask(api, "Urgent", planning={"priority": "Urgent"})
    assert _queue(browser_of(reviewer), "first=value") == ["Dear", "Cheap", "Urgent", "Nothing"]


def test_what_is_cancelled_is_worth_nothing(api: ApiCaller, browser_of: Browsers, reviewer: User) -> None:
    _ask(api, "Gone", businessValue={"expectedRevenue": 900})
    _ask(api, "Here", businessValue={"expectedRevenue": 100})
    api.post("/inbound/targets", {"externalId": "JOB-Gone", "operation": "cancel"})
    assert _queue(browser_of(reviewer), "value=1") == ["Here"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("kind=Conflict", ["Rhein-Ruhr Medical Supply"]),
        ("kind=NotFound", ["Old", "Dear"]),
        ("entity=location", []),
        ("source=erp", ["Old", "Dear", "Rhein-Ruhr Medical Supply"]),
        ("source=crm", []),
        ("age=1d", ["Old"]),
        ("value=1000", ["Dear"]),
        ("kind=Unknown&age=x&value=drop", ["Old", "Dear", "Rhein-Ruhr Medical Supply"]),
        ("client__id__exact=987654321", []),
    ],
)
def test_filters_stand_in_the_address_of_the_queue_and_of_the_list_alike(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User, query: str, names: list[str]
) -> None:
    old = _ask(api, "Old")
    MappingReview.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(days=2))
    _ask(api, "Dear", businessValue={"expectedRevenue": 5000})
    conflict(api, tenant)
    browser = browser_of(reviewer)
    assert _queue(browser, query) == names
    rows = browser.get(f"{reverse('admin:customers_mappingreview_changelist')}?{query}", follow=True)
    assert rows.context["cl"].result_count == len(names)


def test_what_is_being_decided_is_not_offered_again(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    first, second = _ask(api, "Alpha"), _ask(api, "Beta")
    page = reverse("admin:customers_mappingreview_queue")
    answer = browser_of(reviewer).get(f"{page}?after={second.pk}&passed={first.pk}", headers=PART)
    assert "Nothing waits for review" in answer.content.decode()
    answer = browser_of(reviewer).get(f"{page}?after={second.pk}", headers=PART)
    assert answer.context["review"] == first


def test_the_queue_of_another_tenant_is_not_seen(
    api: ApiCaller, browser_of: Browsers, other_owner: User
) -> None:
    _ask(api, "Alpha")
    assert _queue(browser_of(other_owner)) == []


def test_a_case_runs_the_same_statements_in_a_short_queue_and_in_a_long_one(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    review, browser = _ask(api, "Alpha"), browser_of(reviewer)
    counted = []
    for names in (["Beta"], [f"More {number}" for number in range(30)]):
        for name in names:
            _ask(api, name)
        browser.get(_address(review, "change"))
        with CaptureQueriesContext(connection) as captured:
            browser.get(f"{_address(review, 'change')}?first=value&kind=NotFound", headers=PART)
        counted.append(len(captured))
    assert counted[0] == counted[1]


# What the script is told.


def test_the_script_is_told_what_was_decided_and_who_decided_what_it_shows(
    api: ApiCaller, browser_of: Browsers, reviewer: User, owner: User
) -> None:
    first, second, third = (_ask(api, name) for name in ("Alpha", "Beta", "Gamma"))
    dismiss_review(second, by=owner)
    data = {"action": "dismiss", "shown": second.pk, "passed": first.pk}
    answer = browser_of(reviewer).post(_address(first, "decide"), data, headers=PART).json()
    assert answer["text"] == "Alpha stays unlinked, and is not asked about again."
    assert (answer["left"], answer["shown"]) == (1, "owner was first: Dismissed.")
    assert answer["next"] == _address(third, "change")
    assert answer["undo"] == _address(first, "undo")


def test_the_script_is_told_who_was_first_and_what_cannot_be(
    api: ApiCaller, browser_of: Browsers, reviewer: User, owner: User
) -> None:
    review, browser = unknown_customer(api), browser_of(reviewer)
    refused = browser.post(_address(review, "decide"), {"action": "link", "record": "1"}, headers=PART)
    assert (refused.status_code, refused.json()["message"]) == (422, "There is no such record.")
    create_from_review(review, by=owner)
    second = browser.post(_address(review, "decide"), {"action": "dismiss"}, headers=PART)
    assert (second.status_code, second.json()["message"]) == (409, "owner was first: Created.")


def test_a_case_that_is_read_ahead_does_not_use_up_the_undo_that_is_shown(
    api: ApiCaller, browser_of: Browsers, reviewer: User
) -> None:
    first, second = _ask(api, "Alpha"), _ask(api, "Beta")
    browser = browser_of(reviewer)
    browser.post(_address(first, "decide"), {"action": "dismiss"})
    browser.get(_address(second, "change"), headers=PART)
    assert _address(first, "undo") in browser.get(_address(second, "change")).content.decode()


# What a case shows.


def test_a_case_shows_the_address_beside_the_nearest_place_of_each_candidate(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    known = make_customer(tenant, number="N-1")
    make_location(known, street="Ferne Str. 9", city="Hamburg", postal_code="20095")
    make_location(known, street="Hachestrasse 12b")
    place = {"externalId": "L-1", "street": "Hachestrasse 12", "postalCode": "45127", "city": "Essen"}
    review = _ask(api, "Rhein Ruhr", location=place)
    MappingReview.objects.filter(pk=review.pk).update(candidates=[known.pk])
    page = browser_of(reviewer).get(_address(review, "change"))
    rows = {row["label"]: row for row in page.context["case"]["table"]}
    assert rows["Street"]["sent"] == "Hachestrasse 12"
    ((_id, street),) = rows["Street"]["cells"]
    assert [(piece.text, piece.kind) for piece in street.pieces] == [
        ("Hachestrasse 12", "same"),
        ("b", "more"),
    ]
    assert "other street" in page.context["case"]["candidates"][0]["why"]
    assert "<ins>b</ins>" in page.content.decode()


def test_a_case_tells_what_was_decided_on_the_reference_before(
    api: ApiCaller, browser_of: Browsers, reviewer: User, owner: User
) -> None:
    review = unknown_customer(api)
    dismiss_review(review, by=owner, note="Wrong number")
    browser_of(owner).post(_address(review, "undo"))
    again = MappingReview.objects.get(status="open")
    page = " ".join(browser_of(reviewer).get(_address(again, "change")).content.decode().split())
    assert "Left unlinked" in page
    assert "undone by owner" in page
    assert "Wrong number" in page


def test_why_it_scored_what_it_did_is_said_where_names_were_compared(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, known = unknown_customer(api), make_customer(tenant, name="Neue Apotheke")
    explained = {
        "rule": "Two candidates are too close.",
        "fields": [{"field": "name", "incoming": "a", "candidate": "b", "score": 0.91}],
        "candidates": [{"id": known.pk, "score": 0.874}],
        "runnerUp": None,
        "margin": 0.874,
        "policy": {"strategy": "x", "linkThreshold": 0.9, "reviewThreshold": 0.6, "margin": 0.1},
    }
    MappingReview.objects.filter(pk=review.pk).update(candidates=[known.pk], explanation=explained)
    page = " ".join(browser_of(reviewer).get(_address(review, "change")).content.decode().split())
    assert "Two candidates are too close." in page
    assert "name 91 %" in page
    assert "87 %" in page
    assert "The client links by itself from 90 %, where the best is ahead by 10 %" in page


# One candidate is never proposed again.


def test_a_rejected_candidate_is_never_proposed_for_that_reference_again(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review = _places(api, tenant)
    first, second = review.candidates
    answer = browser_of(reviewer).post(_address(review, "reject"), {"record": first}, follow=True)
    assert "never proposed for this reference again" in answer.content.decode()
    # With one candidate left nothing is ambiguous; the question is what it is without the rejected one.
    assert first not in MappingReview.objects.latest("pk").candidates
    api.post(
        "/inbound/targets",
        job("JOB-2", customer={"externalId": "M-1"}, location={"externalId": "L-1", "city": "Essen"}),
    )
    assert first not in MappingReview.objects.latest("pk").candidates
    assert Dismissal.objects.get().record_id == first


def test_a_rejection_is_taken_back_while_the_question_is_open(
    api: ApiCaller, tenant: Tenant, reviewer: User
) -> None:
    review = _places(api, tenant)
    first = review.candidates[0]
    reject_candidate(review, record_id=first, by=reviewer)
    propose_candidate_again(review, record_id=first, by=reviewer)
    review.refresh_from_db()
    assert (review.status, first in review.candidates, Dismissal.objects.count()) == ("open", True, 0)


def test_a_rejection_outlives_the_undo_of_a_later_decision(
    api: ApiCaller, tenant: Tenant, reviewer: User
) -> None:
    review = _places(api, tenant)
    first, second = review.candidates
    reject_candidate(review, record_id=first, by=reviewer)
    link_review(review, record_id=second, by=reviewer)
    review.refresh_from_db()
    undo_review(review, by=reviewer)
    again = MappingReview.objects.get(status="open", entity_type="location")
    assert first not in again.candidates
    assert Dismissal.objects.get().review == again
    propose_candidate_again(again, record_id=first, by=reviewer)
    assert not Dismissal.objects.exists()


def test_only_what_is_proposed_can_be_rejected(api: ApiCaller, tenant: Tenant, reviewer: User) -> None:
    review = _places(api, tenant)
    with pytest.raises(DecisionRefused):
        reject_candidate(review, record_id=987654321, by=reviewer)
    with pytest.raises(DecisionRefused):
        propose_candidate_again(review, record_id=review.candidates[0], by=reviewer)
    assert not Dismissal.objects.exists()


# Conflicts.


def test_a_conflict_says_what_each_link_rests_on(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, known, other = conflict(api, tenant)
    shown = browser_of(reviewer).get(_address(review, "change")).context["case"]["conflict"]
    assert (shown["keeper"]["id"], shown["holder"]["id"], shown["number"]) == (known.pk, other.pk, "BR-019")
    assert shown["keeper"]["rests"]["how"] == "Entered with the record"
    assert shown["same"] == []


def test_a_conflict_of_two_records_that_seem_one_says_that_they_would_be_merged(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, _known, other = conflict(api, tenant)
    Customer.objects.filter(pk=other.pk).update(name="Rhein-Ruhr Medical Supply", email="a@rrm.de")
    page = browser_of(reviewer).get(_address(review, "change"))
    assert page.context["case"]["conflict"]["same"] == ["same name"]
    assert "Both records may be one customer" in page.content.decode()
    assert MappingReview.objects.get().status == "open"


def test_correcting_the_number_gives_it_to_the_customer_of_the_external_id(
    api: ApiCaller, tenant: Tenant, reviewer: User
) -> None:
    review, known, other = conflict(api, tenant)
    correct_number_of(review, by=reviewer)
    numbers = dict(Customer.objects.values_list("pk", "number"))
    assert numbers == {known.pk: "BR-019", other.pk: ""}
    review.refresh_from_db()
    assert (review.status, review.customer) == ("linked", known)
    sent = {"externalId": "CUST-1", "customerNumber": "BR-019"}
    again = api.post("/inbound/targets", job("JOB-2", customer=sent)).json()
    assert again["items"][0]["customerMapping"]["status"] == "Mapped"


def test_a_corrected_number_goes_back_by_undo(api: ApiCaller, tenant: Tenant, reviewer: User) -> None:
    review, known, other = conflict(api, tenant)
    correct_number_of(review, by=reviewer)
    review.refresh_from_db()
    undo_review(review, by=reviewer)
    assert dict(Customer.objects.values_list("pk", "number")) == {known.pk: "RRM-001", other.pk: "BR-019"}
    assert MappingReview.objects.get(status="open").kind == "Conflict"
    assert ExternalReference.objects.get(external_id="CUST-1").origin == "entered"


def test_a_number_that_was_changed_since_is_not_put_back(
    api: ApiCaller, tenant: Tenant, reviewer: User
) -> None:
    review, known, _other = conflict(api, tenant)
    correct_number_of(review, by=reviewer)
    Customer.objects.filter(pk=known.pk).update(number="BR-020")
    review.refresh_from_db()
    with pytest.raises(DecisionRefused, match="numbers were changed in the registry since"):
        undo_review(review, by=reviewer)
    assert Customer.objects.get(pk=known.pk).number == "BR-020"


def test_nor_is_one_that_another_customer_has_by_now(api: ApiCaller, tenant: Tenant, reviewer: User) -> None:
    review, _known, _other = conflict(api, tenant)
    correct_number_of(review, by=reviewer)
    make_customer(tenant, name="Newcomer", number="RRM-001")
    review.refresh_from_db()
    with pytest.raises(DecisionRefused, match="RRM-001 belongs to Newcomer"):
        undo_review(review, by=reviewer)
    review.refresh_from_db()
    assert review.status == "linked"


def test_only_a_conflict_has_a_number_to_correct(api: ApiCaller, reviewer: User) -> None:
    review = unknown_customer(api)
    with pytest.raises(DecisionRefused):
        correct_number_of(review, by=reviewer)
    review.refresh_from_db()
    assert review.status == "open"


# Alike.


def _alike_names(api: ApiCaller) -> list[MappingReview]:
    """Three of one name in three spellings, and one of another."""
    names = ["Bäckerei Sommer", "BAECKEREI  SOMMER", "bäckerei-sommer", "Etwas anderes"]
    return [_ask(api, name, customer={"externalId": f"S-{n}"}) for n, name in enumerate(names)]


def test_alike_are_those_of_the_same_name_and_address_however_it_is_spelt(api: ApiCaller) -> None:
    first, second, third, _other = _alike_names(api)
    rows = MappingReview.objects.all()
    assert alike(rows, first, WORDS) == [first.pk, second.pk, third.pk]
    assert [group.ids for group in groups(rows)] == [(first.pk, second.pk, third.pk)]


def test_one_name_at_two_addresses_is_not_alike(api: ApiCaller) -> None:
    for number, street in enumerate(("Hauptstr. 1", "Nebenstr. 2")):
        place = {"street": street, "postalCode": "45127", "city": "Essen"}
        _ask(api, "Kiosk", customer={"externalId": f"K-{number}"}, location=place)
    first = MappingReview.objects.filter(entity_type="customer").first()
    assert first is not None
    assert alike(MappingReview.objects.all(), first, WORDS) == [first.pk]


def test_places_of_customers_that_are_not_known_yet_are_not_alike(api: ApiCaller) -> None:
    for number in range(2):
        place = {"externalId": f"L-{number}", "name": "Filiale Mitte", "city": "Essen"}
        _ask(api, f"Customer {number}", location=place)
    place_asked = MappingReview.objects.filter(entity_type="location").first()
    assert place_asked is not None
    assert alike(MappingReview.objects.all(), place_asked, WORDS) == []


def test_alike_are_those_for_which_the_same_record_comes_first_and_conflicts_never(
    api: ApiCaller, tenant: Tenant
) -> None:
    first, second, _third, other = _alike_names(api)
    record = make_customer(tenant)
    MappingReview.objects.filter(pk__in=[first.pk, other.pk, second.pk]).update(candidates=[record.pk])
    MappingReview.objects.filter(pk=second.pk).update(kind="Conflict")
    first.refresh_from_db()
    assert alike(MappingReview.objects.all(), first, CANDIDATE) == [first.pk, other.pk]


def test_one_record_is_made_for_all_and_all_targets_follow(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    first, second, third, other = _alike_names(api)
    browser = browser_of(reviewer)
    page = browser.get(f"{_address(first, 'alike')}?by=words")
    assert [row["id"] for row in page.context["rows"]] == [first.pk, second.pk, third.pk]
    answer = browser.post(
        _address(first, "decide_alike"),
        # What is not alike is not decided, whoever asks for it.
        {"ids": [first.pk, third.pk, other.pk], "by": "words", "action": "create"},
        follow=True,
    )
    assert "2 questions decided" in answer.content.decode()
    made = Customer.objects.get()
    assert set(Target.objects.filter(customer=made).values_list("customer_key", flat=True)) == {
        "id:S-0",
        "id:S-2",
    }
    assert set(MappingReview.objects.filter(status="open")) == {second, other}


def test_many_are_linked_to_one_record_and_all_of_it_is_undone_at_once(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    reviews = _alike_names(api)[:3]
    record = make_customer(tenant, number="S-1")
    outcome = link_together(reviews, record_id=record.pk, by=reviewer)
    assert (outcome.decided, outcome.overtaken, outcome.changed) == (3, 0, 3)
    assert Target.objects.filter(customer=record).count() == 3
    assert outcome.lead == reviews[0].pk
    browser_of(reviewer).post(_address(reviews[0], "undo_together"))
    assert not Target.objects.filter(customer=record).exists()
    assert MappingReview.objects.filter(status="open").count() == 4
    assert not ExternalReference.objects.filter(key_kind="id", customer=record).exists()


def test_undoing_what_was_created_together_leaves_no_record(api: ApiCaller, reviewer: User) -> None:
    reviews = _alike_names(api)[:3]
    create_together(reviews, by=reviewer)
    assert Customer.objects.count() == 1
    undo_together(MappingReview.objects.get(pk=reviews[0].pk), by=reviewer)
    assert not Customer.objects.exists()
    assert not Target.objects.filter(customer__isnull=False).exists()


def test_one_that_cannot_be_undone_keeps_all_of_them(api: ApiCaller, tenant: Tenant, reviewer: User) -> None:
    reviews, record, other = _alike_names(api)[:3], make_customer(tenant), make_customer(tenant, name="B")
    link_together(reviews, record_id=record.pk, by=reviewer)
    ExternalReference.objects.filter(external_id="S-1").update(customer=other)
    with pytest.raises(DecisionRefused, match="S-1"):
        undo_together(MappingReview.objects.get(pk=reviews[0].pk), by=reviewer)
    assert MappingReview.objects.filter(status="linked").count() == 3


def test_what_others_decided_meanwhile_is_left_to_them(
    api: ApiCaller, tenant: Tenant, reviewer: User, owner: User
) -> None:
    reviews = _alike_names(api)[:3]
    create_from_review(reviews[1], by=owner)
    outcome = dismiss_together(reviews, by=reviewer)
    assert (outcome.decided, outcome.overtaken) == (2, 1)
    assert MappingReview.objects.get(pk=reviews[1].pk).status == "created"


def test_conflicts_are_not_decided_together(api: ApiCaller, tenant: Tenant, reviewer: User) -> None:
    review, known, _other = conflict(api, tenant)
    with pytest.raises(DecisionRefused):
        link_together([review, unknown_customer(api)], record_id=known.pk, by=reviewer)
    assert MappingReview.objects.filter(status="open").count() == 2


def test_each_of_many_costs_few_statements(api: ApiCaller, tenant: Tenant, reviewer: User) -> None:
    record = make_customer(tenant)
    reviews = [_ask(api, "Kiosk", customer={"externalId": f"K-{number}"}) for number in range(12)]
    counted = []
    for some in (reviews[:2], reviews[2:]):
        with CaptureQueriesContext(connection) as captured:
            link_together(some, record_id=record.pk, by=reviewer)
        counted.append(len(captured))
    # Targets of all are mapped again in one go: each question more costs its own decision alone.
    assert (counted[1] - counted[0]) / 8 <= 14


@pytest.mark.parametrize("role", ["viewer", "dispatcher", "integration_admin", "employee"])
def test_who_may_not_decide_cannot_decide_many_either(
    api: ApiCaller, request: pytest.FixtureRequest, browser_of: Browsers, role: str
) -> None:
    first, second, *_rest = _alike_names(api)
    browser = browser_of(request.getfixturevalue(role))
    data = {"ids": [first.pk, second.pk], "by": "words", "action": "dismiss", "record": "1"}
    for view in ("decide_alike", "reject", "undo_together"):
        assert browser.post(_address(first, view), data).status_code in (302, 403)
    assert MappingReview.objects.filter(status="open").count() == 4


def test_alike_pages_of_another_tenant_are_not_there(
    api: ApiCaller, browser_of: Browsers, other_owner: User
) -> None:
    first, second, *_rest = _alike_names(api)
    browser = browser_of(other_owner)
    assert browser.get(_address(first, "alike")).status_code == 302
    browser.post(_address(first, "decide_alike"), {"ids": [first.pk, second.pk], "action": "dismiss"})
    assert MappingReview.objects.filter(status="open").count() == 4
    assert browser.get(reverse("admin:customers_mappingreview_groups")).context["groups"] == []
