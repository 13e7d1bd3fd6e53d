"""`search` of the registry's lists: forgiving, exact where it can be, right however many records there are."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from customers import search
from customers.models import Contact, Customer, Location, SearchText
from customers.normalisation import name_key
from customers.search import exact_ids, texts_with, words_of
from ordinavo_connect.clients.models import Tenant
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_contact, make_customer, make_location, make_reference

pytestmark = pytest.mark.django_db


def found(api: ApiCaller, path: str, term: str, key: str = "name") -> list[Any]:
    answer = api.get(f"/{path}?search={term}")
    assert answer.status_code == 200, answer.content
    return [item[key] for item in answer.json()["items"]]


@pytest.mark.parametrize("term", ["RRM-001", "rrm001", "rrm 001", "CUST-10042", "cust10042"])
def test_a_number_or_external_id_alone_is_meant_however_it_is_typed(
    tenant: Tenant, api: ApiCaller, term: str
) -> None:
    make_reference(make_customer(tenant, name="A", number="RRM-001"), "CUST-10042")
    make_customer(tenant, name="RRM-001 CUST-10042")
    assert found(api, "customers", term) == ["A"]


def test_another_source_systems_external_id_is_not_told(
    tenant: Tenant, api: ApiCaller, api_of: Callable[..., ApiCaller]
) -> None:
    make_reference(make_customer(tenant), "SECRET-4711", source_system="crm")
    assert found(api, "customers", "SECRET-4711") == []
    crm = api_of(make_client(tenant, source_system="crm"))
    assert len(found(crm, "customers", "SECRET-4711")) == 1


@pytest.mark.parametrize(
    "term", ["mueller", "M%C3%BCLLER", "sohne m%C3%BCller", "s%C3%B6hne", "ller", "gmbh k 77"]
)
def test_a_customer_is_found_by_its_words_and_parts_of_its_number(
    tenant: Tenant, api: ApiCaller, term: str
) -> None:
    make_customer(tenant, name="Müller & Söhne GmbH", number="K-77-1")
    make_customer(tenant, name="Meier GmbH")
    expected = [] if term.startswith("sohne") else ["Müller & Söhne GmbH"]  # ö is oe, as Germans spell it out
    assert found(api, "customers", term) == expected


@pytest.mark.parametrize(
    "term",
    ["m%C3%BCller halle", "MUELLER", "goethestr. 7", "goethe strasse 7", "45127 acme", "acme essen", "es"],
)
def test_a_location_is_found_by_name_address_and_customer(tenant: Tenant, api: ApiCaller, term: str) -> None:
    make_location(make_customer(tenant, name="Acme"), name="Müller-Halle", street="Goethestraße 7")
    make_location(
        make_customer(tenant, name="Other"), name="B", street="Ring 9", postal_code="44137", city="Köln"
    )
    assert found(api, "locations", term) == ["Müller-Halle"]


def test_a_location_without_a_street_is_found_by_its_city(tenant: Tenant, api: ApiCaller) -> None:
    make_location(make_customer(tenant), name="A", street="")
    assert found(api, "locations", "45127 essen") == ["A"]


@pytest.mark.parametrize(
    "term", ["weber", "anna.weber@", "example.com anna", "acme weber", "J%C3%BCrgen", "juergen"]
)
def test_a_contact_is_found_by_name_address_and_customer(tenant: Tenant, api: ApiCaller, term: str) -> None:
    person = "Jürgen Weber"
    make_contact(make_customer(tenant, name="Acme"), display_name=person, email="Anna.Weber@example.com")
    make_contact(make_customer(tenant, name="Other"), display_name="Peter")
    assert found(api, "contacts", term, "displayName") == [person]


def test_short_words_begin_words(tenant: Tenant, api: ApiCaller) -> None:
    make_customer(tenant, name="AB Nord")
    make_customer(tenant, name="Lab Nord")
    assert found(api, "customers", "ab nord") == ["AB Nord"]


@pytest.mark.parametrize("term", ["%25", "_", "---", "%5C", "'"])
@pytest.mark.parametrize("path", ["customers", "locations", "contacts"])
def test_signs_find_nothing(tenant: Tenant, api: ApiCaller, path: str, term: str) -> None:
    customer = make_customer(tenant)
    make_location(customer)
    make_contact(customer)
    assert found(api, path, term, "customerId") == []


def test_the_words_follow_every_change(tenant: Tenant, api: ApiCaller) -> None:
    customer = make_customer(tenant, name="Old")
    place, person = make_location(customer, name="Gate"), make_contact(customer)
    Customer.objects.filter(pk=customer.pk).update(name="Brandnew", name_key="brandnew", number="Z-9")
    Location.objects.filter(pk=place.pk).update(name="Tor")
    Contact.objects.filter(pk=person.pk).update(display_name="Zoe")
    assert found(api, "customers", "brandnew z 9") == ["Brandnew"]
    assert found(api, "locations", "brandnew tor") == ["Tor"]
    assert found(api, "contacts", "brandnew zoe", "displayName") == ["Zoe"]
    assert (
        found(api, "customers", "old")
        == found(api, "locations", "gate")
        == found(api, "locations", "old")
        == []
    )


def test_a_renamed_customer_takes_its_locations_and_contacts_along(tenant: Tenant, api: ApiCaller) -> None:
    customer = make_customer(tenant, name="Old")
    make_location(customer, name="Gate")
    make_contact(customer)
    Customer.objects.filter(pk=customer.pk).update(name="Brandnew", name_key="brandnew")
    assert found(api, "locations", "brandnew") == ["Gate"]
    assert found(api, "contacts", "brandnew", "displayName") == ["Anna Weber"]
    assert found(api, "locations", "old") == found(api, "contacts", "old") == []


def test_a_location_that_moves_to_another_customer_is_found_by_that_one(
    tenant: Tenant, api: ApiCaller
) -> None:
    place = make_location(make_customer(tenant, name="Old"), name="Gate")
    Location.objects.filter(pk=place.pk).update(customer=make_customer(tenant, name="Brandnew"))
    assert found(api, "locations", "brandnew") == ["Gate"]
    assert found(api, "locations", "old") == []


def test_what_is_deleted_has_no_words(tenant: Tenant) -> None:
    customer = make_customer(tenant)
    make_location(customer)
    make_contact(customer)
    assert SearchText.objects.count() == 3
    customer.delete()
    assert not SearchText.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["Müller & Söhne GmbH", "ÅSE Øl  Œuvre", "Café-Nürnberg (Süd)", "STRAẞE_1", "ﬁnanz", "Ŝ", "", "  "],
)
def test_the_database_takes_words_apart_as_the_product_does(tenant: Tenant, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_words(%s)", [name])
        assert cursor.fetchone() == (name_key(name),)


@pytest.mark.parametrize("places", [1, 20])
def test_common_and_rare_words_are_found_alike(
    tenant: Tenant, api: ApiCaller, monkeypatch: pytest.MonkeyPatch, places: int
) -> None:
    """Where a search looks first decides how, never what; a page may go on where the one before was told otherwise."""
    for number in range(10):
        make_customer(tenant, name=f"{'Rare' if number % 3 == 0 else 'Plain'} {number}")
    monkeypatch.setattr(search, "_places_with", lambda *_, **__: places)
    first = api.get("/customers?search=rare&limit=2").json()
    monkeypatch.setattr(search, "_places_with", lambda *_, **__: 21 - places)
    second = api.get(f"/customers?search=rare&limit=2&cursor={first['nextCursor']}").json()
    assert [item["name"] for item in first["items"] + second["items"]] == [
        "Rare 0",
        "Rare 3",
        "Rare 6",
        "Rare 9",
    ]


def test_rare_words_are_not_looked_for_record_by_record(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of a search for rare words is one that no index has: PostgreSQL cannot walk along it."""
    rows = [make_customer(tenant, name=f"Common {number}") for number in range(30)]
    make_customer(tenant, name="Needle")
    SearchText.objects.filter(record_id=rows[0].pk).delete()
    common = texts_with(["common"], entity="customer", tenant_id=tenant.pk).order_by("place")
    rare = texts_with(["needle", "hay"], entity="customer", tenant_id=tenant.pk).order_by("place")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    assert "Sort" not in common[:10].explain()
    assert "Sort" in rare[:10].explain()


def test_a_term_has_a_bounded_number_of_words() -> None:
    assert len(words_of("customer", "a " * 50)) == 6


def test_exact_names_are_those_of_the_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    make_reference(make_customer(other_tenant, number="N-1"), "X-1")
    assert exact_ids("customer", "N-1", tenant_id=tenant.pk) == []
    assert exact_ids("customer", "X-1", tenant_id=tenant.pk) == []
