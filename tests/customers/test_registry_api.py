"""GET /customers, /locations, /contacts: an integrator reads the registry, with its own external IDs only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers import shapes
from customers.models import Customer, ExternalReference
from ordinavo_connect.clients.models import IntegrationClient, Tenant
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_contact, make_customer, make_location, make_reference

pytestmark = pytest.mark.django_db

UNKNOWN = 987654321


@pytest.fixture
def medical(tenant: Tenant) -> Customer:
    customer = make_customer(tenant, number="RRM-001", industry="Healthcare", email="info@rrm.example")
    make_reference(customer, "CUST-10042")
    place = make_location(
        customer, name="Essen Center", latitude=51.45, longitude=7.01, access_notes="Code 42"
    )
    make_reference(place, "LOC-1")
    make_reference(make_contact(customer, email="anna@rrm.example", role="Nurse"), "CONT-1")
    return customer


def items(api: ApiCaller, path: str) -> list[dict[str, Any]]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def numbers(api: ApiCaller, query: str) -> list[str]:
    return [item["customerNumber"] for item in items(api, f"/customers?{query}")]


def test_a_customer_has_its_keys(medical: Customer, api: ApiCaller) -> None:
    body = api.get(f"/customers/{medical.pk}").json()
    assert body == {
        "customerId": medical.pk,
        "externalId": "CUST-10042",
        "customerNumber": "RRM-001",
        "name": "Rhein-Ruhr Medical Supply",
        "type": None,
        "industry": "Healthcare",
        "email": "info@rrm.example",
        "phone": None,
        "updatedAtUtc": body["updatedAtUtc"],
    }
    assert body["updatedAtUtc"].endswith("Z")
    assert items(api, "/customers") == [body]


def test_a_location_has_its_keys_and_nothing_that_is_internal(medical: Customer, api: ApiCaller) -> None:
    place = medical.locations.get()
    body = api.get(f"/locations/{place.pk}").json()
    assert body == {
        "customerLocationId": place.pk,
        "customerId": medical.pk,
        "externalId": "LOC-1",
        "name": "Essen Center",
        "street": "Hachestrasse 12",
        "postalCode": "45127",
        "city": "Essen",
        "country": "DE",
        "latitude": 51.45,
        "longitude": 7.01,
        "updatedAtUtc": body["updatedAtUtc"],
    }
    assert items(api, "/locations") == [body]


def test_a_contact_has_its_keys(medical: Customer, api: ApiCaller) -> None:
    person = medical.contacts.get()
    body = api.get(f"/contacts/{person.pk}").json()
    assert body == {
        "customerContactId": person.pk,
        "customerId": medical.pk,
        "externalId": "CONT-1",
        "displayName": "Anna Weber",
        "role": "Nurse",
        "email": "anna@rrm.example",
        "phone": None,
        "updatedAtUtc": body["updatedAtUtc"],
    }
    assert items(api, "/contacts") == [body]


@pytest.mark.parametrize(
    ("path", "shape"),
    [("customers", shapes.Customer), ("locations", shapes.Location), ("contacts", shapes.Contact)],
)
def test_the_answer_is_as_the_document_says(medical: Customer, api: ApiCaller, path: str, shape: Any) -> None:
    (item,) = items(api, f"/{path}")
    shape.model_validate(item)
    assert item.keys() == {field.alias for field in shape.model_fields.values()}


def test_a_record_tells_the_callers_own_external_id_only(
    medical: Customer, tenant: Tenant, api_of: Callable[..., ApiCaller]
) -> None:
    crm = api_of(make_client(tenant, source_system="crm"))
    assert crm.get(f"/customers/{medical.pk}").json()["externalId"] is None
    make_reference(medical, "K-7", source_system="crm")
    assert crm.get(f"/customers/{medical.pk}").json()["externalId"] == "K-7"


def test_of_several_external_ids_it_tells_the_newest(medical: Customer, api: ApiCaller) -> None:
    make_reference(medical, "CUST-00001")
    assert api.get(f"/customers/{medical.pk}").json()["externalId"] == "CUST-00001"
    assert numbers(api, "externalId=CUST-10042") == numbers(api, "externalId=CUST-00001") == ["RRM-001"]


def test_a_hash_is_no_external_id(medical: Customer, api: ApiCaller) -> None:
    ExternalReference.objects.update(key_kind="hash")
    assert api.get(f"/customers/{medical.pk}").json()["externalId"] is None
    assert numbers(api, "externalId=CUST-10042") == []


@pytest.mark.parametrize(("path", "external_id"), [("customers", "CUST-10042"), ("locations", "LOC-1")])
def test_an_external_id_is_looked_for_exactly_and_in_the_own_source_system(
    medical: Customer,
    tenant: Tenant,
    api: ApiCaller,
    api_of: Callable[..., ApiCaller],
    path: str,
    external_id: str,
) -> None:
    other = make_customer(tenant, number="N-2")
    make_reference(other, "LOC-1" if path == "customers" else "CUST-10042", source_system="crm")
    assert [item["externalId"] for item in items(api, f"/{path}?externalId={external_id}")] == [external_id]
    assert items(api, f"/{path}?externalId={external_id.lower()}") == []
    crm = api_of(make_client(tenant, source_system="crm"))
    assert items(crm, f"/{path}?externalId={external_id}") == []


@pytest.mark.parametrize("path", ["customers", "locations", "contacts"])
def test_a_customer_number_leads_to_the_customer_and_what_is_its(
    medical: Customer, tenant: Tenant, api: ApiCaller, path: str
) -> None:
    other = make_customer(tenant, number="N-2")
    make_location(other)
    make_contact(other)
    assert [item["customerId"] for item in items(api, f"/{path}?customerNumber=RRM-001")] == [medical.pk]
    assert items(api, f"/{path}?customerNumber=rrm001") == []
    if path != "customers":
        assert [item["customerId"] for item in items(api, f"/{path}?customerId={other.pk}")] == [other.pk]
        assert items(api, f"/{path}?customerId={UNKNOWN}") == []


def test_what_changed_after_a_time_comes_in_the_order_of_change(tenant: Tenant, api: ApiCaller) -> None:
    now = timezone.now().replace(microsecond=0)
    for number, hours in (("N-1", 1), ("N-2", 3), ("N-3", 2)):
        customer = make_customer(tenant, number=number)
        Customer.objects.filter(pk=customer.pk).update(updated_at=now - timedelta(hours=hours))
    assert numbers(api, "limit=500") == ["N-2", "N-3", "N-1"]
    since = (now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert numbers(api, f"updatedAfter={since}") == ["N-1"]


def test_filters_hold_together(medical: Customer, tenant: Tenant, api: ApiCaller) -> None:
    make_location(make_customer(tenant, number="N-2"))
    assert items(api, "/locations?customerNumber=N-2&externalId=LOC-1") == []
    assert len(items(api, "/locations?customerNumber=RRM-001&externalId=LOC-1&search=essen")) == 1
    assert items(api, "/locations?customerNumber=N-2&search=center") == []
    assert items(api, "/locations?customerNumber=N-2&search=LOC-1") == []
    assert items(api, "/locations?search=essen&updatedAfter=2099-01-01T00:00:00Z") == []


@pytest.mark.parametrize("query", ["", "search=essen", "customerNumber=RRM-001"])
def test_pages_follow_each_other_and_repeat_nothing(medical: Customer, api: ApiCaller, query: str) -> None:
    wanted = {medical.locations.get().pk} | {make_location(medical).pk for _ in range(6)}
    seen: list[int] = []
    cursor = ""
    for _ in range(4):
        page = api.get(f"/locations?{query}&limit=2{cursor}").json()
        seen += [item["customerLocationId"] for item in page["items"]]
        cursor = f"&cursor={page['nextCursor']}"
    assert page["nextCursor"] is None
    assert len(seen) == 7
    assert set(seen) == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("updatedAfter=yesterday", "updatedAfter"),
        ("search=", "search"),
        ("externalId=%00", "externalId"),
        ("customerNumber=+", "customerNumber"),
        ("customerId=x", "customerId"),
    ],
)
@pytest.mark.parametrize("path", ["locations", "contacts"])
def test_a_wrong_filter_is_named(api: ApiCaller, path: str, query: str, field: str) -> None:
    answer = api.get(f"/{path}?{query}")
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["error"]["details"]] == [field]


def test_all_that_is_wrong_is_named_at_once(api: ApiCaller) -> None:
    answer = api.get("/customers?limit=x&updatedAfter=y&search=%01")
    assert {each["field"] for each in answer.json()["error"]["details"]} == {
        "limit",
        "updatedAfter",
        "search",
    }


@pytest.mark.parametrize("path", ["customers", "locations", "contacts"])
def test_another_tenants_records_are_not_there(medical: Customer, other_api: ApiCaller, path: str) -> None:
    ids = {"customers": medical, "locations": medical.locations.get(), "contacts": medical.contacts.get()}
    theirs, unknown = other_api.get(f"/{path}/{ids[path].pk}"), other_api.get(f"/{path}/{UNKNOWN}")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json()["error"]["code"] == "not_found"
    for query in (
        "",
        "search=RRM-001",
        "search=anna",
        "search=essen",
        "search=CUST-10042",
        "customerNumber=RRM-001",
    ):
        assert items(other_api, f"/{path}?{query}") == []


def test_without_the_scope_nothing_is_read(erp: IntegrationClient, api_of: Callable[..., ApiCaller]) -> None:
    answer = api_of(erp, scopes=["customers.map"]).get("/customers")
    assert (answer.status_code, answer.json()["error"]["requiredScope"]) == (403, "customers.read")


@pytest.mark.parametrize(
    ("query", "budget"), [("", 0), ("search=essen", 3), ("search=LOC-1", 2), ("externalId=LOC-1", 1)]
)
def test_a_page_takes_the_same_number_of_statements_however_long_it_is(
    medical: Customer, api: ApiCaller, django_assert_num_queries: Any, query: str, budget: int
) -> None:
    path = f"/locations?{query}&limit=100"
    api.get(path)
    with django_assert_num_queries(_statements(api, path)) as few:
        api.get(path)
    for number in range(30):
        make_reference(make_location(medical, name=f"Hall {number}"), f"L-{number}")
    with django_assert_num_queries(len(few)):
        api.get(path)
    health = _statements(api, f"/locations/{medical.locations.all()[0].pk}")
    assert len(few) == health + budget


def _statements(api: ApiCaller, path: str) -> int:

    with CaptureQueriesContext(connection) as captured:
        assert api.get(path).status_code == 200
    return len(captured)
