"""Customers that are found by name and address (API contract, Customer mapping, `ExternalIdThenNameAndAddress`)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from customers.matching import snapshot
from customers.models import Customer, ExternalReference, Location, MappingReview
from customers.reviews import dismiss, link
from ordinavo_connect.clients.models import Role
from tests.factories import make_contact, make_customer, make_location, make_reference, make_user
from tests.imports.calls import codes, imported, imported_batch, mapped, target

pytestmark = pytest.mark.django_db

STRATEGY = {"strategy": "ExternalIdThenNameAndAddress"}
PLACE = {"street": "Hachestr. 12", "postalCode": "45127", "city": "Essen"}


@pytest.fixture
def names(api_with):
    """The API of a client that compares names."""
    return api_with(**STRATEGY)


@pytest.fixture
def praxis(tenant):
    customer = make_customer(tenant, name="Lindenhof Medizintechnik GmbH")
    make_location(customer, name="Main house")
    return customer


def came(name="Lindenhof Medizintechnik GmbH", external_id="X-1", place=PLACE, **customer):
    """The context of a target as a sender writes it who knows no ID of ours."""
    location = {"location": {"externalId": f"L-{external_id}", **place}} if place else {}
    return {"customer": {"externalId": external_id, "name": name} | customer, **location}


@pytest.mark.parametrize(
    ("name", "street", "city"),
    [
        ("Lindenhof Medizintechnik GmbH", "Hachestrasse 12", "Essen"),
        ("LINDENHOF MEDIZINTECHNIK G.m.b.H.", "Hachestr. 12", "ESSEN"),
        ("Medizintechnik Lindenhof Gesellschaft mbH", "Hachestraße 12", "Essen"),
        ("Lindenhoff Medizintechnik GmbH", "Hachestr. 12", "Essen"),
        ("Lindenhof Medizin-Technik", "Hachestr.12", "Esen"),
        ("Lindenhof Medizintechnik GmbH Niederlassung Essen", "Hachestrse 12", "Essen"),
    ],
)
def test_a_known_company_is_linked_however_it_is_spelt(name, street, city, names, praxis):
    mapping = mapped(names, **came(name, place={**PLACE, "street": street, "city": city}))
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", praxis.pk)
    assert mapping["matchedBy"]["customer"] == "nameAndAddress"
    assert mapping["customerLocationId"] == praxis.locations.get().pk


def test_the_next_import_finds_it_by_its_external_id(names, praxis):
    mapped(names, **came())
    mapping = mapped(names, "JOB-2", **came("Something else entirely"))
    assert (mapping["matchedBy"]["customer"], mapping["customerId"]) == ("externalId", praxis.pk)
    assert ExternalReference.objects.get(entity_type="customer").origin == "automatic"


@pytest.mark.parametrize(
    "name",
    [
        "Lindenhof Medizintechnik AG",
        "Lindenhof Medizintechnik Verwaltungs GmbH",
        "Lindenhof Immobilien GmbH",
        "Lindenhof Medizintechnik GmbH & Co. KG",
    ],
)
def test_a_sister_company_at_the_same_address_is_a_question(name, names, praxis):
    mapping = mapped(names, **came(name))
    assert mapping["customerId"] is None
    assert "manual_review_required" in codes(mapping)
    assert MappingReview.objects.get(entity_type="customer").candidates == [praxis.pk]


def test_another_company_at_the_same_address_is_never_linked(names, praxis):
    mapping = mapped(names, **came("Fahrschule Wendelin e.K."))
    assert (mapping["status"], mapping["customerId"]) == ("NotFound", None)


def test_a_neighbour_of_the_same_family_name_is_told_apart(names, tenant):
    ours, theirs = (
        make_customer(tenant, name=f"Kleinehakenkamp {trade} GmbH") for trade in ("Metallbau", "Optik")
    )
    for customer, house in ((ours, "12"), (theirs, "12a")):
        make_location(customer, street=f"Hachestr. {house}")
    mapping = mapped(names, **came("Kleinehakenkamp Optik GmbH", place={**PLACE, "street": "Hachestr. 12 A"}))
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", theirs.pk)


def test_a_chain_with_several_branches_in_the_city_is_linked_without_a_location(names, tenant):
    chain = make_customer(tenant, name="Sonnenapotheke Ruhr GmbH")
    for street in ("Hachestr. 12", "Kortumstr. 5", "Ringstr. 7"):
        make_location(chain, street=street)
    mapping = mapped(names, **came("Sonnenapotheke Ruhr GmbH", place={"city": "Essen"}))
    assert (mapping["customerId"], mapping["customerLocationId"]) == (chain.pk, None)
    assert codes(mapping) == ["location_ambiguous"]


def test_a_branch_of_a_chain_is_found_by_its_street(names, tenant):
    chain = make_customer(tenant, name="Sonnenapotheke Ruhr GmbH")
    branches = [
        make_location(chain, street=street) for street in ("Hachestr. 12", "Kortumstr. 5", "Ringstr. 7")
    ]
    mapping = mapped(names, **came("Sonnenapotheke Ruhr GmbH", place={**PLACE, "street": "Kortumstraße 5"}))
    assert (mapping["customerId"], mapping["customerLocationId"]) == (chain.pk, branches[1].pk)


def test_a_company_that_moved_is_linked_and_no_location_of_another_street(names, praxis):
    mapping = mapped(names, **came(place={**PLACE, "street": "Kortumstraße 99"}))
    assert (mapping["status"], mapping["customerId"]) == ("Partial", praxis.pk)
    assert (mapping["customerLocationId"], codes(mapping)) == (None, ["location_not_found"])


def test_a_company_of_that_name_in_another_city_is_a_question(names, praxis):
    mapping = mapped(
        names, **came(place={"street": "Neuer Wall 3", "postalCode": "20095", "city": "Hamburg"})
    )
    assert mapping["customerId"] is None


def test_two_companies_of_one_name_at_one_place_are_ambiguous(names, tenant):
    twins = [make_customer(tenant, name="Lindenhof Medizintechnik GmbH", number=n) for n in ("1", "2")]
    for customer in twins:
        make_location(customer)
    mapping = mapped(names, **came())
    assert (mapping["status"], mapping["customerId"]) == ("Ambiguous", None)
    assert "customer_ambiguous" in codes(mapping)
    review = MappingReview.objects.get(entity_type="customer")
    assert (review.kind, sorted(review.candidates)) == ("Ambiguous", sorted(twin.pk for twin in twins))


def test_a_name_alone_is_a_question(names, praxis):
    mapping = mapped(names, **came(place=None))
    assert (mapping["status"], mapping["customerId"]) == ("ManualReview", None)


def test_a_name_with_the_phone_number_is_enough(names, tenant):
    known = make_customer(tenant, name="Lindenhof Medizintechnik GmbH", phone="+49 201 4711000")
    mapping = mapped(names, **came(place=None, phone="0201/4711000"))
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", known.pk)


def test_another_customer_number_is_another_customer_or_a_question(names, tenant, praxis):
    Customer.objects.filter(pk=praxis.pk).update(number="A-1")
    mapping = mapped(names, **came(customerNumber="B-2"))
    assert (mapping["status"], mapping["customerId"]) == ("ManualReview", None)


def test_a_second_external_id_of_one_source_system_asks(names, praxis):
    make_reference(praxis, "OTHER")
    mapping = mapped(names, **came())
    assert (mapping["status"], mapping["customerId"]) == ("ManualReview", None)
    assert MappingReview.objects.get(entity_type="customer").candidates == [praxis.pk]


def test_other_strategies_compare_no_names(api, praxis):
    assert mapped(api, **came())["status"] == "NotFound"


def test_a_contact_of_the_linked_customer_is_found_by_name(names, praxis):
    person = make_contact(praxis, display_name="Eva Groß")
    mapping = mapped(names, **came(), contact={"externalId": "P-1", "displayName": "Eva Gross"})
    assert (mapping["customerContactId"], mapping["matchedBy"]["contact"]) == (person.pk, "nameAndAddress")


def test_a_contact_of_another_email_is_another_person(names, praxis):
    make_contact(praxis, display_name="Eva Groß", email="eva@lindenhof.example")
    contact = {"externalId": "P-1", "displayName": "Eva Groß", "email": "e.gross@other.example"}
    assert mapped(names, **came(), contact=contact)["customerContactId"] is None


def test_a_dismissed_candidate_is_never_proposed_again(names, tenant, praxis):
    mapped(names, **came("Lindenhof Immobilien GmbH"))
    dismiss(MappingReview.objects.get(entity_type="customer"), by=make_user("rita", tenant, Role.OWNER))
    mapping = mapped(names, "JOB-2", **came("Lindenhof Immobilien GmbH"))
    assert mapping["status"] == "NotFound"
    assert not MappingReview.objects.filter(status="open", entity_type="customer").exists()


# Creating


def test_a_customer_is_created_only_where_no_candidate_is_near(api_with, praxis):
    api = api_with(**STRATEGY, auto_create_customers=True, auto_create_locations=True)
    near = mapped(api, **came("Lindenhof Immobilien GmbH"))
    far = mapped(api, "JOB-2", **came("Fahrschule Wendelin e.K.", "X-2"))
    assert (near["status"], far["status"]) == ("ManualReview", "Created")
    assert Customer.objects.count() == 2


def test_one_new_customer_for_several_items_of_a_batch(api_with):
    api = api_with(**STRATEGY, auto_create_customers=True, auto_create_locations=True)
    hashed = came()
    del hashed["customer"]["externalId"], hashed["location"]["externalId"]
    body = imported_batch(api, [target(f"JOB-{n}", **came()) for n in range(3)] + [target("H", **hashed)] * 2)
    assert {item["customerMapping"]["status"] for item in body["items"]} == {"Created", "Mapped"}
    assert (Customer.objects.count(), Location.objects.count()) == (1, 1)


def test_a_later_item_of_a_batch_finds_what_an_earlier_one_created(api_with):
    api = api_with(**STRATEGY, auto_create_customers=True, auto_create_locations=True)
    body = imported_batch(api, [target("JOB-1", **came()), target("JOB-2", **came(external_id="X-2"))])
    # Two external IDs never lead to one record by name alone: staff is asked.
    assert [item["customerMapping"]["status"] for item in body["items"]] == ["Created", "ManualReview"]
    assert MappingReview.objects.get(entity_type="customer").candidates == [Customer.objects.get().pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_ids", [True, False])
def test_parallel_batches_make_one_customer_and_one_review(with_ids, api_with, tenant):
    api = api_with(**STRATEGY, auto_create_customers=True)
    context = came()
    if not with_ids:
        del context["customer"]["externalId"], context["location"]["externalId"]

    def send(number):
        try:
            return imported_batch(api, [target(f"JOB-{number}-{n}", **context) for n in range(20)])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        bodies = list(pool.map(send, range(4)))
    made = [item["customerMapping"]["customerId"] for body in bodies for item in body["items"]]
    assert (Customer.objects.count(), len(set(made))) == (1, 1)
    assert MappingReview.objects.filter(status="open", entity_type="location").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_customer_that_another_request_creates_while_facts_are_read_is_linked(
    api_with, tenant, monkeypatch
):
    """Its external ID was not there when references were read; its name is when candidates are."""
    api = api_with(**STRATEGY, auto_create_customers=True)
    read = snapshot.read_candidates

    def other():
        try:
            return imported(api, "JOB-1", **came())
        finally:
            connections.close_all()

    def overtaken(*args):
        monkeypatch.setattr(snapshot, "read_candidates", read)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(other).result()
        return read(*args)

    monkeypatch.setattr(snapshot, "read_candidates", overtaken)
    mapping = mapped(api, "JOB-2", **came())
    assert mapping["matchedBy"]["customer"] == "externalId"
    assert not MappingReview.objects.filter(entity_type="customer").exists()


# Explanations


def test_the_reasons_are_told_on_request(names, praxis):
    other = make_customer(praxis.tenant, name="Lindenhof Immobilien GmbH")
    make_location(other)
    item = imported(names, query="?dryRun=true&explain=true", **came(phone="0201 4711"))
    why = item["customerMapping"]["explanation"]["customer"]
    assert set(why) == {"rule", "fields", "candidates", "runnerUp", "margin", "policy"}
    assert why["candidates"][0]["id"] == praxis.pk
    assert why["runnerUp"]["id"] == other.pk
    assert why["margin"] == pytest.approx(why["candidates"][0]["score"] - why["runnerUp"]["score"], abs=1e-4)
    assert {each["field"] for each in why["fields"]} >= {"name", "legalForm", "street", "houseNumber", "city"}
    assert why["policy"]["strategy"] == "ExternalIdThenNameAndAddress"
    place = item["customerMapping"]["explanation"]["location"]
    assert place["candidates"] == [{"id": praxis.locations.get().pk, "score": 1.0}]
    assert item["customerMapping"]["explanation"]["contact"] is None


def test_reasons_are_not_told_without_the_scope_to_read(api_with, praxis):
    scopes = ["inbound.targets.write", "customers.map"]
    api = api_with(**STRATEGY, key_scopes=scopes)
    response = api.post("/inbound/targets?explain=true", target(**came()))
    assert "explanation" not in response.json()["items"][0]["customerMapping"]


def test_the_review_keeps_the_reasons(names, praxis):
    mapped(names, **came("Lindenhof Immobilien GmbH"))
    review = MappingReview.objects.get(entity_type="customer")
    assert review.explanation["candidates"][0]["id"] == praxis.pk
    assert review.explanation["vetoes"] == ["other_word"]


# Thresholds


def test_a_higher_threshold_asks_more(api_with, praxis):
    strict = api_with(**STRATEGY, link_threshold=0.99)
    assert (
        mapped(strict, **came("Lindenhoff Medizintechnik", place={"city": "Essen"}))["status"]
        == "ManualReview"
    )


def test_a_higher_threshold_for_review_asks_less(api_with, praxis):
    lax = api_with(**STRATEGY, link_threshold=0.99, review_threshold=0.99)
    assert mapped(lax, **came("Lindenhof Immobilien GmbH"))["status"] == "NotFound"


# Decisions whose ground has changed


def test_a_link_is_asked_about_again_when_another_name_comes(names, tenant, praxis):
    mapped(names, **came("Lindenhof Immobilien GmbH"))
    rita = make_user("rita", tenant, Role.OWNER)
    link(MappingReview.objects.get(entity_type="customer"), record_id=praxis.pk, by=rita)
    assert mapped(names, "JOB-2", **came("Lindenhof Immobilien GmbH"))["status"] != "NotFound"
    assert not MappingReview.objects.filter(entity_type="customer", status="open").exists()
    mapping = mapped(names, "JOB-3", **came("Fahrschule Wendelin"))
    assert mapping["customerId"] == praxis.pk  # the link stands until staff say otherwise
    review = MappingReview.objects.get(entity_type="customer", status="open")
    assert (review.ground, review.candidates) == ("name_changed", [praxis.pk])
    mapped(names, "JOB-4", **came("Fahrschule Wendelin"))
    link(MappingReview.objects.get(pk=review.pk, status="open"), record_id=praxis.pk, by=rita)
    mapped(names, "JOB-5", **came("Fahrschule Wendelin"))
    assert not MappingReview.objects.filter(entity_type="customer", status="open").exists()


def test_a_dismissal_is_asked_about_again_when_another_name_comes(names, tenant):
    mapped(names, **came("Lindenhof Immobilien GmbH"))
    dismiss(MappingReview.objects.get(entity_type="customer"), by=make_user("rita", tenant, Role.OWNER))
    mapped(names, "JOB-2", **came("Lindenhof Immobilien GmbH"))
    assert not MappingReview.objects.filter(entity_type="customer", status="open").exists()
    mapped(names, "JOB-3", **came("Fahrschule Wendelin"))
    assert MappingReview.objects.get(entity_type="customer", status="open").ground == "name_changed"
