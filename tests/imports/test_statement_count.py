"""The number of SQL statements is the same for 1, 100 and 1,000 items."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.matching.snapshot import derived
from customers.models import Contact, Customer, ExternalReference, Location
from tests.imports.calls import imported_batch, statuses, target

pytestmark = pytest.mark.django_db

SIZES = (100, 1000)  # each is compared with one item
ALL = {"auto_create_customers": True, "auto_create_locations": True, "auto_create_contacts": True}


def item(number, **changes):
    return target(
        f"JOB-{number}",
        customer={"externalId": f"C-{number}", "customerNumber": f"N-{number}", "name": f"Customer {number}"},
        location={
            "externalId": f"L-{number}",
            "street": f"Weg {number}",
            "postalCode": "45127",
            "city": "Essen",
            "latitude": 51,
            "longitude": 7,
        },
        contact={"externalId": f"P-{number}", "displayName": "Eva", "email": f"p{number}@example.com"},
        planning={"priority": "High"},
        **changes,
    )


def fill_registry(tenant, size, *, references):
    """`size` customers with a location and a contact each; by references or not."""
    customers = Customer.objects.bulk_create(
        Customer(
            tenant=tenant,
            name=f"Customer {n}",
            number=f"N-{n}",
            **derived("customer", {"name": f"Customer {n}"}, tenant_id=tenant.pk),
        )
        for n in range(size)
    )
    places = Location.objects.bulk_create(
        Location(
            tenant=tenant,
            customer=customer,
            street=f"Weg {n}",
            postal_code="45127",
            city="Essen",
            **derived(
                "location",
                {"street": f"Weg {n}", "postal_code": "45127", "city": "Essen"},
                tenant_id=tenant.pk,
                customer_name=customer.name,
            ),
        )
        for n, customer in enumerate(customers)
    )
    people = Contact.objects.bulk_create(
        Contact(
            tenant=tenant,
            customer=customer,
            email=f"p{n}@example.com",
            **derived("contact", {"email": f"p{n}@example.com"}, tenant_id=tenant.pk),
        )
        for n, customer in enumerate(customers)
    )
    if references:
        ExternalReference.objects.bulk_create(
            ExternalReference(
                tenant=tenant,
                source_system="erp",
                entity_type=entity,
                external_id=f"{letter}-{n}",
                origin="entered",
                **{entity: record},
            )
            for entity, letter, records in (
                ("customer", "C", customers),
                ("location", "L", places),
                ("contact", "P", people),
            )
            for n, record in enumerate(records)
        )


# A batch needs savepoints, so that an item that breaks a rule of the database takes no neighbour with it.
TRANSACTION_CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET CONSTRAINTS")


def statements(api, items):
    """How many statements that read or write a batch takes, and its answer."""
    with CaptureQueriesContext(connection) as queries:
        body = imported_batch(api, items)
    texts = [query["sql"] for query in queries.captured_queries]
    return sum(not text.startswith(TRANSACTION_CONTROL) for text in texts), body


def check(size, api, make, mapping_status, item_status="Imported"):
    """The number for `size` items is that for one."""
    imported_batch(api, [target("FIRST")])  # the first request of a key notes when it was used
    one, body = statements(api, [make(0)])
    assert statuses(body) == [item_status]
    many, body = statements(api, [make(number) for number in range(1, size + 1)])
    assert set(statuses(body)) == {item_status}
    if mapping_status:
        assert {i["customerMapping"]["status"] for i in body["items"]} == {mapping_status}
    assert many == one


@pytest.mark.parametrize("size", SIZES)
def test_items_that_are_mapped_by_external_id(size, api, tenant):
    fill_registry(tenant, size + 1, references=True)
    check(size, api, item, "Mapped")


@pytest.mark.parametrize("size", SIZES)
def test_items_that_are_mapped_by_number_address_and_email(size, api, tenant):
    fill_registry(tenant, size + 1, references=False)
    check(size, api, item, "Mapped")


@pytest.mark.parametrize("size", SIZES)
def test_items_that_are_not_found(size, api):
    check(size, api, item, "NotFound")


@pytest.mark.parametrize("size", SIZES)
def test_items_whose_records_are_created(size, api_with):
    check(size, api_with(**ALL), item, "Created")


@pytest.mark.parametrize("size", SIZES)
def test_items_whose_records_are_updated(size, api_with, tenant):
    fill_registry(tenant, size + 1, references=True)
    api = api_with(update_policy="overwrite")
    check(size, api, lambda n: item(n) | {"customer": {"externalId": f"C-{n}", "industry": "New"}}, "Mapped")


@pytest.mark.parametrize("size", SIZES)
def test_items_without_context(size, api):
    check(size, api, lambda n: target(f"JOB-{n}"), None)


@pytest.mark.parametrize("size", SIZES)
def test_items_that_are_rejected(size, api):
    check(size, api, lambda n: target(f"JOB-{n}", title=5), None, "Rejected")


@pytest.mark.parametrize("size", SIZES)
def test_items_that_change_a_target(size, api, tenant):
    fill_registry(tenant, size + 1, references=True)
    imported_batch(api, [item(n) for n in range(size + 1)])
    check(size, api, lambda n: item(n, description="New"), "Mapped", "Updated")


@pytest.mark.parametrize("size", SIZES)
def test_items_of_one_unknown_customer(size, api):
    check(size, api, lambda n: item(n) | {"customer": {"externalId": f"C-{n > 0}"}}, "NotFound")


@pytest.mark.parametrize("size", SIZES)
def test_items_beside_many_open_reviews(size, api):
    imported_batch(api, [item(n) for n in range(size)])
    check(size, api, lambda n: item(n + 2000), "NotFound")


def unnumbered(number):
    """An item whose customer only its name and address can tell."""
    payload = item(number)
    payload["customer"] = {"externalId": f"X-{number}", "name": f"Customer {number}"}
    payload["location"]["externalId"] = f"XL-{number}"
    return payload


@pytest.mark.parametrize("size", SIZES)
def test_items_that_are_mapped_by_name_and_address(size, api_with, tenant):
    fill_registry(tenant, size + 1, references=False)
    api = api_with(strategy="ExternalIdThenNameAndAddress")
    check(size, api, unnumbered, "Mapped")


@pytest.mark.parametrize("size", SIZES)
def test_items_whose_name_is_not_known(size, api_with, tenant):
    fill_registry(tenant, 5, references=False)
    api = api_with(strategy="ExternalIdThenNameAndAddress")
    check(
        size,
        api,
        lambda n: target(f"JOB-{n}", customer={"externalId": f"X-{n}", "name": f"Wort{n}"}),
        "NotFound",
    )
