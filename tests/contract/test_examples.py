"""Every example of the API contract goes through, byte for byte, and gives what the contract says."""

import json
from pathlib import Path

import pytest

from customers.models import MappingReview
from imports.models import ImportItem, Target
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_contact, make_customer, make_key, make_location, make_reference

pytestmark = pytest.mark.django_db

EXAMPLES = Path(__file__).parent.parent / "examples"
SINGLE = ("quickstart", "target-minimal", "target-with-customer", "delivery-stop")
BATCH = ("batch", "legacy-batch")


def raw(name):
    return (EXAMPLES / name).read_bytes()


def example(name):
    return json.loads(raw(name))


@pytest.fixture
def rhein(tenant):
    """The registry of the examples."""
    customer = make_customer(tenant, number="RRM-001")
    make_reference(customer, "CUST-10042")
    make_reference(
        make_location(customer, name="Essen Center", latitude=51.451, longitude=7.012), "LOC-ESSEN-01"
    )
    make_reference(
        make_contact(customer, email="anna.weber@example.com", role="Operations Manager"), "CONT-44"
    )
    return customer


@pytest.fixture
def logistics(tenant):
    """The client whose source system two of the examples name."""
    return ApiCaller(make_key(make_client(tenant, source_system="logistics_erp")))


@pytest.mark.parametrize("name", SINGLE)
def test_each_single_request_goes_through(name, api, logistics):
    caller = logistics if "sourceSystem" in example(f"{name}.request.json") else api
    response = caller.post("/inbound/targets", raw(f"{name}.request.json"))
    assert response.status_code == 202, response.content
    body = response.json()
    assert (body["status"], body["warnings"]) == ("Accepted", [])
    assert body["items"][0]["status"] == "Imported"
    assert ImportItem.objects.get().received == example(f"{name}.request.json")


@pytest.mark.parametrize(
    ("name", "statuses", "status"),
    [
        ("batch", ["Imported", "Imported"], "Accepted"),
        ("legacy-batch", ["Imported", "Imported", "Rejected"], "PartiallyFailed"),
    ],
)
def test_each_batch_request_goes_through(name, statuses, status, api, logistics):
    caller = logistics if "sourceSystem" in example(f"{name}.request.json") else api
    response = caller.post("/inbound/targets/batch", raw(f"{name}.request.json"))
    assert response.status_code == 202, response.content
    body = response.json()
    assert (body["status"], [item["status"] for item in body["items"]]) == (status, statuses)
    assert body["warnings"] == []


@pytest.mark.parametrize("name", SINGLE)
def test_each_single_request_is_unchanged_the_second_time(name, api, logistics):
    caller = logistics if "sourceSystem" in example(f"{name}.request.json") else api
    for expected in ("Imported", "Unchanged"):
        body = caller.post("/inbound/targets", raw(f"{name}.request.json")).json()
        assert body["items"][0]["status"] == expected


def same_types(shown, expected, path=""):
    """Every key of the example is there, with a value of its type."""
    assert type(shown) is type(expected), path
    if isinstance(expected, dict):
        for name, value in expected.items():
            assert name in shown, f"{path}.{name}"
            same_types(shown[name], value, f"{path}.{name}")
    if isinstance(expected, list) and expected:
        for number, entry in enumerate(shown):
            same_types(entry, expected[0], f"{path}[{number}]")


def test_the_answer_has_every_key_of_the_example_with_its_type(api, rhein):
    shown = api.post("/inbound/targets", raw("target-with-customer.request.json")).json()
    expected = example("import-mapped.response.json")
    same_types(shown, expected)
    (item,) = shown["items"]
    (wanted,) = expected["items"]
    assert (shown["status"], item["status"], item["externalId"]) == (
        *(expected["status"], wanted["status"], wanted["externalId"]),
    )
    mapping = item["customerMapping"]
    assert (mapping["status"], mapping["warnings"]) == ("Mapped", [])
    assert mapping["customerId"] == rhein.pk
    assert mapping["customerLocationId"] == rhein.locations.get().pk
    assert mapping["customerContactId"] == rhein.contacts.get().pk


def test_a_missing_scope_has_exactly_the_keys_of_the_example(erp, api_of):
    response = api_of(erp, scopes=["import_jobs.read"]).post(
        "/inbound/targets", raw("target-minimal.request.json")
    )
    expected = example("missing-scope.response.json")
    assert response.status_code == 403
    assert response.json().keys() == expected.keys()
    error, wanted = response.json()["error"], expected["error"]
    assert error.keys() == wanted.keys()
    assert {name: error[name] for name in ("code", "message", "requiredScope")} == {
        name: wanted[name] for name in ("code", "message", "requiredScope")
    }


def test_the_quickstart_is_mapped_to_the_known_customer_and_location(api, rhein):
    mapping = api.post("/inbound/targets", raw("quickstart.request.json")).json()["items"][0][
        "customerMapping"
    ]
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", rhein.pk)


def test_the_batch_maps_what_is_known_and_asks_about_the_rest(api, rhein):
    items = api.post("/inbound/targets/batch", raw("batch.request.json")).json()["items"]
    assert [item["customerMapping"]["status"] for item in items] == ["Mapped", "NotFound"]
    assert set(MappingReview.objects.values_list("entity_type", "external_id")) == {
        ("customer", "CUST-20019"),
        ("location", "LOC-BOCHUM-02"),
    }


def test_the_legacy_batch_says_what_is_wrong_with_its_last_item(logistics):
    body = logistics.post("/inbound/targets/batch", raw("legacy-batch.request.json")).json()
    item = body["items"][2]
    assert (item["errorCode"], [detail["field"] for detail in item["details"]]) == (
        *("validation_failed", ["externalId"]),
    )
    assert body["batchId"] == "BATCH-2026-06-25-AM"
    shown = logistics.get("/inbound/targets/DEL-2026-000919").json()
    assert shown["planning"]["priority"] == "Normal"


def test_the_delivery_stop_keeps_what_it_says(logistics):
    logistics.post("/inbound/targets", raw("delivery-stop.request.json"))
    sent = example("delivery-stop.request.json")
    shown = logistics.get("/inbound/targets/DEL-2026-000918").json()
    for name in ("title", "description", "externalType", "templateKey", "businessValue", "customFields"):
        assert shown[name] == sent[name]
    planning = sent["planning"]
    assert shown["planning"] == {
        "priority": "High",
        "estimatedWorkMinutes": 25,
        "dueDate": None,
        "dueAtUtc": planning["dueAtUtc"],
        "routeDate": planning["routeDate"],
        "preferredTimeWindowStart": planning["timeWindowStartUtc"],
        "preferredTimeWindowEnd": planning["timeWindowEndUtc"],
        "fixedTime": False,
    }
    row = Target.objects.get()
    assert (row.latitude, row.longitude) == (51.4513, 7.0116)


def test_every_request_example_is_tested_here():
    found = {path.name.removesuffix(".request.json") for path in EXAMPLES.glob("*.request.json")}
    assert found == {*SINGLE, *BATCH}


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.parent.parent.glob("*/examples/*.json")), ids=lambda p: p.name
)
def test_a_copy_that_the_product_shows_is_the_example(path):
    if path.parent != EXAMPLES:
        assert path.read_bytes() == raw(path.name)
