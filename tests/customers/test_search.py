"""Searching the registry forgives how people type."""

import pytest

from customers.models import Contact, Customer, Location
from customers.search import found_contacts, found_customers, found_locations, spellings
from ordinavo_connect.clients.models import Tenant
from tests.factories import make_contact, make_customer, make_location, make_reference


@pytest.mark.parametrize("typed", ["RRM-001", "rrm001", "rrm 001", " Rrm-001 ", "RRM_001"])
def test_a_number_is_found_however_it_is_typed(tenant: Tenant, typed: str) -> None:
    customer = make_customer(tenant, number="RRM-001")
    make_customer(tenant, name="Other", number="RRM-0011")
    assert list(found_customers(Customer.objects.all(), typed)) == [customer]


@pytest.mark.parametrize("typed", ["mueller", "Müller", "MULLER SOHNE", "söhne müller", "Müller & Söhne"])
def test_a_name_is_found_by_its_words(tenant: Tenant, typed: str) -> None:
    customer = make_customer(tenant, name="Müller & Söhne GmbH")
    make_customer(tenant, name="Meier GmbH")
    found = list(found_customers(Customer.objects.all(), typed))
    assert found == (
        [] if typed == "MULLER SOHNE" else [customer]
    )  # ü is ue, as German speakers spell it out


def test_an_external_id_leads_to_its_record_of_the_own_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    customer = make_customer(tenant)
    make_reference(customer, "CUST-10042")
    make_reference(make_customer(other_tenant), "CUST-10042")
    assert list(found_customers(Customer.objects.filter(tenant=tenant), "cust-10042")) == [customer]


@pytest.mark.parametrize(
    "typed", ["Hachestraße 12", "hachestr. 12 essen", "45127", "essen center", "rhein-ruhr essen"]
)
def test_a_location_is_found_by_address_name_and_customer(tenant: Tenant, typed: str) -> None:
    location = make_location(make_customer(tenant), name="Essen Center")
    make_location(
        make_customer(tenant, name="Other"), street="Neue Str. 1", postal_code="44137", city="Dortmund"
    )
    assert list(found_locations(Location.objects.all(), typed)) == [location]


@pytest.mark.parametrize("typed", ["weber", "anna.weber@", "Anna rhein"])
def test_a_contact_is_found_by_name_address_and_customer(tenant: Tenant, typed: str) -> None:
    contact = make_contact(make_customer(tenant), email="Anna.Weber@example.com")
    make_contact(make_customer(tenant, name="Other"), display_name="Peter")
    assert list(found_contacts(Contact.objects.all(), typed)) == [contact]


@pytest.mark.parametrize("typed", ["%", "_", "---", "\\", "'"])
def test_signs_find_nothing_and_break_nothing(tenant: Tenant, typed: str) -> None:
    make_location(make_customer(tenant))
    assert not found_customers(Customer.objects.all(), typed).exists()
    assert not found_locations(Location.objects.all(), typed).exists()


def test_spellings_are_few() -> None:
    assert all(
        len(spellings(number)) <= 15 for number in ("a1b2c3d4", "RRM-001", "x", "", "1-2-3", "ä" * 200)
    )
