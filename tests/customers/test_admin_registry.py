"""Customers, locations and contacts in the admin: edited by hand, with keys, references and history kept in step."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from customers.models import Contact, Customer, ExternalReference, Location, MappingReview
from imports.models import Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_contact, make_customer, make_location, make_reference
from tests.imports.admin_cases import job, unknown_customer

Browsers = Callable[[User], Client]


def _form(
    new: list[dict[str, Any]] = (), kept: list[ExternalReference] = (), **fields: Any
) -> dict[str, Any]:  # type: ignore[assignment]
    """What the browser sends for a record and its references."""
    data = {
        "references-TOTAL_FORMS": len(new) + len(kept),
        "references-INITIAL_FORMS": len(kept),
        "references-MIN_NUM_FORMS": 0,
        "references-MAX_NUM_FORMS": 1000,
    }
    for index, reference in enumerate(kept):
        data[f"references-{index}-id"] = reference.pk
    for index, values in enumerate(new, start=len(kept)):
        data |= {f"references-{index}-{name}": value for name, value in values.items()}
    return data | fields


def _save(browser: Client, record: Any, **fields: Any) -> Any:
    name = type(record).__name__.lower()
    return browser.post(
        reverse(f"admin:customers_{name}_change", args=[record.pk]), _form(**fields), follow=True
    )


def test_a_customer_is_entered_with_its_key_for_comparison(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    browser_of(owner).post(
        reverse("admin:customers_customer_add"), _form(name="Müller & Söhne", number=" M-1 ")
    )
    customer = Customer.objects.get()
    assert (customer.tenant, customer.number) == (tenant, "M-1")
    assert customer.name_key == "mueller und soehne"


def test_keys_follow_what_is_edited(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    customer = make_customer(tenant)
    location, contact = make_location(customer), make_contact(customer)
    browser = browser_of(owner)
    _save(
        browser, location, customer=customer.pk, street="Neue Straße 1", postal_code="44137", city="Dortmund"
    )
    _save(browser, contact, customer=customer.pk, display_name="Anna", email="Anna@Example.com")
    location.refresh_from_db()
    contact.refresh_from_db()
    assert (location.address_key, location.city_key) == ("neuestr 1|44137|dortmund", "dortmund")
    assert contact.email_key == "anna@example.com"


def test_a_number_that_is_taken_names_who_has_it(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    make_customer(tenant, name="Berg Retail", number="BR-1")
    customer = make_customer(tenant)
    answer = _save(browser_of(owner), customer, name=customer.name, number="BR-1")
    assert "Berg Retail has this number already." in answer.content.decode()


def test_the_same_number_in_another_tenant_is_free(
    tenant: Tenant, other_tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    make_customer(other_tenant, number="BR-1")
    customer = make_customer(tenant)
    _save(browser_of(owner), customer, name=customer.name, number="BR-1")
    customer.refresh_from_db()
    assert customer.number == "BR-1"


def test_coordinates_come_together(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    location = make_location(make_customer(tenant))
    answer = _save(browser_of(owner), location, customer=location.customer_id, city="Essen", latitude="51.4")
    assert "Give latitude and longitude together, or neither." in answer.content.decode()


def test_a_customer_of_another_tenant_cannot_be_chosen(
    tenant: Tenant, other_tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    location, foreign = make_location(make_customer(tenant)), make_customer(other_tenant)
    _save(browser_of(owner), location, customer=foreign.pk, city="Essen")
    location.refresh_from_db()
    assert location.customer.tenant == tenant


def test_an_external_id_added_by_hand_answers_the_question_and_links_what_waits(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    review = unknown_customer(api, jobs=2)
    customer = make_customer(tenant)
    new = [{"source_system": "erp", "external_id": "CUST-9"}]
    answer = _save(browser_of(owner), customer, name=customer.name, new=new)
    assert "2 targets are mapped anew." in answer.content.decode()
    review.refresh_from_db()
    assert (review.status, review.decided_by) == ("superseded", owner)
    assert {target.customer for target in Target.objects.all()} == {customer}
    assert ExternalReference.objects.get().origin == "manual"


def test_an_external_id_removed_by_hand_leads_nowhere_from_then_on(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    customer = make_customer(tenant)
    reference = make_reference(customer, "CUST-1")
    api.post("/inbound/targets", job("JOB-1", customer={"externalId": "CUST-1"}))
    assert Target.objects.get().customer == customer
    gone = {"references-0-DELETE": "on"}
    _save(browser_of(owner), customer, name=customer.name, kept=[reference], **gone)
    assert not ExternalReference.objects.exists()
    assert Target.objects.get().customer is None
    assert MappingReview.objects.filter(status="open").count() == 1


def test_a_reference_that_is_there_is_not_rewritten(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    customer = make_customer(tenant)
    reference = make_reference(customer, "CUST-1")
    changed = {"references-0-external_id": "CUST-2", "references-0-source_system": "other"}
    _save(browser_of(owner), customer, name=customer.name, kept=[reference], **changed)
    reference.refresh_from_db()
    assert (reference.source_system, reference.external_id) == ("erp", "CUST-1")


def test_an_external_id_that_leads_elsewhere_says_where(
    tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    make_reference(make_customer(tenant, name="Berg Retail"), "CUST-1")
    customer = make_customer(tenant)
    new = [{"source_system": "erp", "external_id": "CUST-1"}]
    answer = _save(browser_of(owner), customer, name=customer.name, new=new)
    assert "This external ID leads to Berg Retail. Remove it there first." in answer.content.decode()
    assert ExternalReference.objects.count() == 1


def test_the_history_says_who_why_and_what(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    customer = make_customer(tenant)
    new = [{"source_system": "erp", "external_id": "CUST-1"}]
    _save(browser_of(owner), customer, name="New name", new=new)
    page = (
        browser_of(owner)
        .get(reverse("admin:customers_customer_history", args=[customer.pk]))
        .content.decode()
    )
    for text in ("owner", "edited in the admin", "New name", "erp/CUST-1", "decided by staff"):
        assert text in page


def test_an_import_that_created_a_record_stands_in_its_history(
    api_of: Callable[..., ApiCaller], erp: Any, browser_of: Browsers, viewer: User
) -> None:
    erp.auto_create_customers = True
    erp.save()
    api_of(erp).post("/inbound/targets", job("JOB-1", customer={"externalId": "CUST-9", "name": "New"}))
    address = reverse("admin:customers_customer_history", args=[Customer.objects.get().pk])
    page = browser_of(viewer).get(address).content.decode()
    assert "Acme ERP" in page
    assert "import job" in page


def test_a_record_that_targets_are_linked_to_stays(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    customer, free = make_customer(tenant), make_customer(tenant, name="Nobody's")
    make_reference(customer, "CUST-1")
    make_reference(free, "CUST-2")
    api.post("/inbound/targets", job("JOB-1", customer={"externalId": "CUST-1"}))
    browser = browser_of(owner)
    for record in (customer, free):
        browser.post(reverse("admin:customers_customer_delete", args=[record.pk]), {"post": "yes"})
    assert list(Customer.objects.all()) == [customer]


def test_a_page_of_a_customer_leads_to_what_is_below_it(
    tenant: Tenant, other_tenant: Tenant, browser_of: Browsers, owner: User
) -> None:
    customer, foreign = make_customer(tenant), make_customer(other_tenant)
    make_location(customer, name="Essen Center")
    make_contact(customer)
    browser = browser_of(owner)
    page = browser.get(reverse("admin:customers_customer_change", args=[customer.pk])).content.decode()
    assert "Essen Center" in page
    assert "Anna Weber" in page
    add = reverse("admin:customers_location_add")
    assert str(customer) in browser.get(add, {"customer": customer.pk}).content.decode()
    assert (
        str(foreign.pk)
        not in browser.get(add, {"customer": foreign.pk}).context["adminform"].form.initial.values()
    )


def test_lists_say_what_they_are_when_empty(browser_of: Browsers, owner: User) -> None:
    for model, text in (
        (Customer, "No customer yet"),
        (Location, "No location yet"),
        (Contact, "No contact yet"),
    ):
        address = reverse(f"admin:customers_{model.__name__.lower()}_changelist")
        assert text in browser_of(owner).get(address).content.decode()
