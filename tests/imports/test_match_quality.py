"""How well names were matched, against what staff decided; and what other thresholds would have done."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.matching.choice import Scored
from customers.models import Customer, ExternalReference, MappingReview
from customers.references import remove_reference
from imports.decisions import create_from_review, dismiss_review, link_review
from imports.match_quality.cases import cases_of
from imports.match_quality.judging import Case, Outcome, Thresholds, Truth, always, at_link, outcome, present
from imports.match_quality.wording import effect, said, share
from imports.models import ImportItem
from tests.factories import make_client, make_customer, make_location
from tests.imports.calls import imported
from tests.imports.explanations import explanation

ADDRESS = "admin:customers_mappingreview_quality"
NOW = Thresholds(link=0.9, review=0.5, margin=0.1)


# The judgement, by tables.


def case(*scores: float, **fields: Any) -> Case:
    """A case with candidates 1, 2, … of these scores."""
    defaults: dict[str, Any] = {
        **{"entity": "customer", "source_system": "erp", "key": "id:X-1", "client_id": 1},
        **{"thresholds": NOW, "linked": None, "truth": Truth(), "asks_unknown": True},
        **{"fields": [], "place": ("item", 1)},
    }
    scored = tuple(Scored(id=place, score=score) for place, score in enumerate(scores, 1))
    return Case(scored=scored, **defaults | fields)


def linked_by_staff(record: int | None) -> Truth:
    return Truth(decided=True, right=record)


def test_a_link_that_staff_made_too_is_right():
    result = outcome([case(0.95, truth=linked_by_staff(1))], present)
    assert (result.links, result.right, result.precision, result.recall) == (1, 1, 1, 1)


def test_a_link_to_another_than_staff_chose_is_otherwise():
    result = outcome([case(0.95, 0.6, truth=linked_by_staff(2))], present)
    assert (result.links, [each.record for each in result.otherwise]) == (1, [1])
    assert (result.precision, result.recall) == (0, 0)


def test_a_link_where_staff_said_none_of_them_is_otherwise():
    result = outcome([case(0.95, truth=linked_by_staff(None))], present)
    assert (result.precision, result.recall) == (0, None)


def test_a_link_that_staff_took_back_is_otherwise():
    taken_back = Truth(wrong=frozenset({1}))
    result = outcome([case(0.95, linked=1, truth=taken_back)], present)
    assert (len(result.otherwise), result.known) == (1, 0)


def test_a_link_that_nobody_took_back_counts_as_right_and_is_told_apart():
    result = outcome([case(0.95, linked=1)], present)
    assert (result.unchecked, result.right, result.precision, result.recall) == (1, 0, 1, 1)
    assert result.new == []


def test_what_staff_linked_and_no_rule_would_lowers_recall():
    asked, linked = case(0.7, truth=linked_by_staff(1)), case(0.95, linked=1)
    result = outcome([asked, linked], present)
    assert (result.reviews, result.precision, result.recall) == (1, 1, 0.5)


def test_what_is_not_found_is_a_review_where_the_client_asks():
    cases = [case(0.2), case(0.2, asks_unknown=False)]
    assert outcome(cases, present).reviews == 1


def test_a_lower_threshold_links_more_and_asks_less():
    cases = [case(0.85, truth=linked_by_staff(1)), case(0.82, truth=linked_by_staff(2)), case(0.81)]
    now, then = outcome(cases, present), outcome(cases, at_link(0.8))
    assert (now.reviews, then.reviews) == (3, 0)
    assert [each.case.truth.right for each in then.otherwise] == [2]
    assert [each.record for each in then.new] == [1]


def test_a_review_threshold_above_the_link_threshold_gives_way():
    assert outcome([case(0.4)], at_link(0.3)).links == 1


def test_a_wider_margin_asks_where_two_are_near():
    near = case(0.95, 0.85)
    assert outcome([near], always(Thresholds(0.9, 0.5, 0.05))).links == 1
    assert outcome([near], always(Thresholds(0.9, 0.5, 0.2))).reviews == 1


def test_what_speaks_against_a_candidate_is_kept_at_any_threshold():
    doubted = Case(
        **{name: getattr(case(0.99), name) for name in Case.__slots__}
        | {"scored": (Scored(1, 0.99, ("street",)),)}
    )
    assert outcome([doubted], at_link(0.1)).links == 0


@pytest.mark.parametrize(
    ("now", "then", "sentence"),
    [
        ((10, 400, 0), (322, 88, 2), "312 fewer reviews, and 2 links that your staff decided otherwise"),
        ((10, 5, 0), (11, 4, 1), "1 review fewer, and 1 link that your staff decided otherwise"),
        ((10, 5, 0), (8, 7, 0), "2 more reviews, and no link that your staff decided otherwise"),
        ((10, 5, 0), (10, 5, 0), "the same questions and the same links"),
    ],
)
def test_the_effect_is_said_in_a_sentence(now, then, sentence):
    def made(links, reviews, otherwise):
        return Outcome(links=links, reviews=reviews, otherwise=[None] * otherwise)  # type: ignore[list-item]

    assert sentence in effect(made(*now), made(*then))


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (1, "100 %"), (0.9996, "99.9 %"), (0.995, "99.5 %"), (0, "0.0 %")]
)
def test_a_share_is_never_rounded_up_to_all(value, text):
    assert share(value).replace("\N{NO-BREAK SPACE}", " ") == text


# The cases, from what was kept.


@pytest.fixture
def rhein(tenant) -> Customer:
    return make_customer(tenant, number="RRM-001")


@pytest.fixture
def berg(tenant) -> Customer:
    return make_customer(tenant, name="Berg Retail Group", number="BR-019")


@pytest.fixture
def compared(api, erp):
    """`compared("X-1", (12, 0.95), …)`: an import whose name was compared; what is not linked is a question."""
    erp.link_threshold, erp.review_threshold, erp.margin = 0.9, 0.5, 0.1
    erp.save(update_fields=["link_threshold", "review_threshold", "margin"])

    def call(external_id: str, *scores: tuple[int, float], linked: int | None = None) -> MappingReview | None:
        item = imported(
            api, f"JOB-{external_id}", customer={"externalId": external_id, "name": "Rhein Medical"}
        )
        kept = explanation(*scores)
        review = MappingReview.objects.get(external_id=external_id, status="open")
        if linked is None:
            MappingReview.objects.filter(pk=review.pk).update(
                explanation=kept, candidates=[record_id for record_id, _ in scores]
            )
            review.refresh_from_db()
            return review
        review.delete()
        reference = {"tenant": erp.tenant, "source_system": "erp", "entity_type": "customer"}
        ExternalReference.objects.create(
            **reference, external_id=external_id, customer_id=linked, origin="automatic"
        )
        row = ImportItem.objects.get(pk=item["itemId"])
        part = {"id": linked, "matchedBy": "nameAndAddress", "explanation": kept, "kind": None}
        row.mapping["customer"] |= part
        row.save(update_fields=["mapping"])
        return None

    return call


def truth_of(tenant, key="id:X-1"):
    return next(each.truth for each in cases_of(tenant) if each.key == key)


@pytest.mark.django_db
def test_a_question_that_staff_linked_is_a_case_with_its_record(compared, tenant, rhein, berg, reviewer):
    link_review(compared("X-1", (rhein.pk, 0.8), (berg.pk, 0.6)), record_id=berg.pk, by=reviewer)
    [found] = cases_of(tenant)
    assert [(each.id, each.score) for each in found.scored] == [(rhein.pk, 0.8), (berg.pk, 0.6)]
    assert (found.truth.decided, found.truth.right, found.linked) == (True, berg.pk, None)
    assert (said(found), found.thresholds) == ("Rhein Medical", NOW)


@pytest.mark.django_db
def test_a_question_that_was_dismissed_is_a_case_without_a_record(compared, tenant, rhein, reviewer):
    dismiss_review(compared("X-1", (rhein.pk, 0.8)), by=reviewer)
    assert truth_of(tenant) == Truth(decided=True, right=None, wrong=frozenset({rhein.pk}))


@pytest.mark.django_db
def test_a_new_record_is_none_of_the_candidates(compared, tenant, rhein, reviewer):
    create_from_review(compared("X-1", (rhein.pk, 0.8)), by=reviewer)
    assert truth_of(tenant).decided
    assert truth_of(tenant).right != rhein.pk


@pytest.mark.django_db
def test_an_automatic_link_that_staff_removed_was_wrong(compared, tenant, rhein, reviewer):
    compared("X-1", (rhein.pk, 0.95), linked=rhein.pk)
    assert outcome(cases_of(tenant), present).precision == 1
    with transaction.atomic():
        remove_reference(ExternalReference.objects.get(external_id="X-1"), by=reviewer)
    # The item of the log now says that it is not linked; that it would be again is what is judged.
    result = outcome(cases_of(tenant), present)
    assert result.links == len(result.otherwise)


@pytest.mark.django_db
def test_cases_of_another_tenant_or_client_are_not_seen(compared, tenant, other_tenant, rhein, erp):
    compared("X-1", (rhein.pk, 0.95), linked=rhein.pk)
    compared("X-2", (rhein.pk, 0.7))
    assert len(cases_of(tenant)) == len(cases_of(tenant, erp)) == 2
    assert cases_of(other_tenant) == []
    assert cases_of(tenant, make_client(tenant, name="Second", source_system="crm")) == []


@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow(compared, tenant, rhein):
    for number in range(3):
        compared(f"X-{number}", (rhein.pk, 0.95), linked=rhein.pk)
    with CaptureQueriesContext(
        connection,
    ) as few:
        cases_of(tenant)
    for number in range(3, 9):
        compared(f"X-{number}", (rhein.pk, 0.8))
    with CaptureQueriesContext(connection) as many:
        cases_of(tenant)
    assert len(many) == len(few)


@pytest.mark.django_db
def test_what_an_import_links_and_asks_by_name_are_cases(tenant, api_of, rhein, reviewer):
    """Nothing is made up here: the scores are those that a real import kept."""
    client = make_client(tenant, name="Names", source_system="crm", strategy="ExternalIdThenNameAndAddress")
    make_location(rhein, street="Marktstr. 3", postal_code="45355", city="Essen")
    place = {"street": "Marktstr. 3", "postalCode": "45355", "city": "Essen"}
    api = api_of(client)
    known = {"externalId": "A-1", "name": "Rhein-Ruhr Medical Supply GmbH"}
    assert imported(api, "JOB-1", customer=known, location=place)["customerMapping"]["customerId"] == rhein.pk
    found = [each for each in cases_of(tenant) if each.entity == "customer"]
    assert [(each.key, each.linked, each.scored[0].id) for each in found] == [("id:A-1", rhein.pk, rhein.pk)]
    assert outcome(found, present).precision == 1


# The page.


@pytest.mark.django_db
def test_the_page_says_what_other_thresholds_would_have_done(compared, browser_of, rhein, berg, reviewer):
    compared("X-1", (rhein.pk, 0.95), linked=rhein.pk)
    link_review(compared("X-2", (rhein.pk, 0.85)), record_id=rhein.pk, by=reviewer)
    link_review(compared("X-3", (rhein.pk, 0.82)), record_id=berg.pk, by=reviewer)
    page = browser_of(reviewer).get(reverse(ADDRESS), {"link": "0.8"})
    text = page.content.decode()
    assert "You would have 2 fewer reviews, and 1 link that your staff decided otherwise." in text
    assert "your staff linked" in text
    assert text.index("erp/X-3") > 0
    assert "erp/X-2" not in text


@pytest.mark.django_db
def test_a_threshold_that_cannot_be_is_refused_with_the_cure(compared, browser_of, rhein, reviewer):
    compared("X-1", (rhein.pk, 0.95), linked=rhein.pk)
    browser = browser_of(reviewer)
    assert "less than or equal to 1" in browser.get(reverse(ADDRESS), {"link": "7"}).content.decode()
    text = browser.get(reverse(ADDRESS), {"link": "0.5", "review": "0.6"}).content.decode()
    assert "may not lie above the link threshold" in text


@pytest.mark.django_db
def test_without_cases_the_page_says_when_there_are_some(browser_of, reviewer, erp):
    assert "No names were compared yet" in browser_of(reviewer).get(reverse(ADDRESS)).content.decode()


@pytest.mark.django_db
def test_who_may_not_see_reviews_does_not_see_the_page(browser_of, employee, owner):
    assert browser_of(owner).get(reverse(ADDRESS)).status_code == 200
    assert browser_of(employee).get(reverse(ADDRESS)).status_code in (302, 403)


@pytest.mark.django_db
def test_a_client_of_another_tenant_cannot_be_chosen(compared, browser_of, rhein, reviewer, other_erp):
    compared("X-1", (rhein.pk, 0.95), linked=rhein.pk)
    page = browser_of(reviewer).get(reverse(ADDRESS), {"client": other_erp.pk})
    assert page.context["form"].errors["client"]


# The command.


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("match_quality", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_says_the_same(compared, tenant, rhein, berg, reviewer):
    compared("X-1", (rhein.pk, 0.95), linked=rhein.pk)
    link_review(compared("X-3", (rhein.pk, 0.82)), record_id=berg.pk, by=reviewer)
    text = told("--tenant", tenant.slug, "--client", "Acme ERP", "--link-threshold", "0.8")
    assert "2 names were compared; 1 are linked without staff, 1 are asked about." in text
    assert "You would have 1 review fewer, and 1 link that your staff decided otherwise." in text
    assert "erp/id:X-3" in text


@pytest.mark.django_db
def test_the_command_answers_programs(compared, tenant, rhein, berg, reviewer):
    link_review(compared("X-3", (rhein.pk, 0.82)), record_id=berg.pk, by=reviewer)
    found = json.loads(
        told("--tenant", tenant.slug, "--link-threshold", "0.8", "--review-threshold", "0.5", "--json")
    )
    assert (found["now"]["reviews"], found["now"]["precision"]) == (1, None)
    assert found["asked"]["cases"][0]["decided"] == berg.pk
    assert {row["linkThreshold"] for row in found["atLinkThreshold"]} >= {0.92}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--tenant", "nobody"], "no tenant"),
        (["--tenant", "acme", "--client", "Nobody"], "there are: Acme ERP"),
        (["--tenant", "acme", "--link-threshold", "7"], "between 0 and 1"),
        (["--tenant", "acme", "--link-threshold", "0.5", "--review-threshold", "0.7"], "may not lie above"),
    ],
)
def test_the_command_names_what_is_wrong(arguments, reason, erp):
    with pytest.raises(CommandError, match=reason):
        told(*arguments)
