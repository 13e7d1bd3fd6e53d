"""What holds of any payload, and of any sequence of them."""

import json
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imports.contract import parse_envelope, parse_item, stored_copy, unknown_fields, unknown_in_batch
from imports.models import Target
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_contact, make_customer, make_key, make_location, make_reference

NAMES = [
    *("externalId", "title", "operation", "customer", "location", "address", "contact", "planning"),
    *("businessValue", "requiredSkills", "customFields", "sourceUpdatedAt", "sourceSystem", "description"),
    *("name", "latitude", "longitude", "priority", "dueDate", "timeWindowEndUtc", "fixedTime", "country"),
    *("estimatedWorkMinutes", "items", "targets", "batchId", "atomic"),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["create", "cancel", "High", "DE", "2026-07-01", "2026-07-01T08:00:00Z", "\x00", "\\u0000"]
    )
)
KEYS = st.sampled_from(NAMES) | st.text(max_size=10)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=15,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=10)


def encodable(value: Any) -> bool:
    return all(not 0xD800 <= ord(char) <= 0xDFFF for char in json.dumps(value, ensure_ascii=False))


@settings(max_examples=300, deadline=None)
@given(raw=JSON.filter(encodable) | OBJECTS.filter(encodable))
def test_any_json_is_a_target_or_has_errors(raw):
    item = parse_item(raw, source_system="erp")
    assert (item.target is None) == bool(item.errors)
    assert len(item.external_id) <= 128
    assert "\x00" not in item.external_id
    for error in item.errors:
        assert error.code
        assert error.message
        assert "\x00" not in error.field


@settings(max_examples=200, deadline=None)
@given(raw=OBJECTS.filter(encodable), has_context=st.booleans())
def test_a_valid_target_with_anything_unknown_beside_it_is_valid(raw, has_context):
    payload = {f"x{name}": value for name, value in raw.items()} | {"externalId": "JOB-1", "title": "Visit"}
    item = parse_item(payload)
    assert item.errors == []
    found: dict[str, None] = {}
    unknown_fields(payload, found)
    assert len(found) == min(len(raw), 100)


@settings(max_examples=200, deadline=None)
@given(body=OBJECTS.filter(encodable))
def test_any_envelope_is_valid_or_has_errors(body):
    envelope, items, errors = parse_envelope(body, max_items=100)
    assert (envelope is None) == bool(errors)
    if envelope is not None:
        assert 1 <= len(items) <= 100
        unknown_in_batch(body)


@settings(max_examples=200, deadline=None)
@given(raw=JSON.filter(encodable))
def test_the_stored_copy_is_json_that_the_database_can_hold(raw):
    copy = stored_copy(raw)
    assert "\x00" not in copy
    again = json.loads(copy)
    assert "\x00" not in json.dumps(again, ensure_ascii=False)
    assert "\\u0000" not in json.dumps(again).replace("\\\\", "")
    if "\\u0000" not in json.dumps(raw):
        assert again == json.loads(json.dumps(raw))


# One batch is as good as many requests.

CUSTOMERS = st.sampled_from(
    [
        None,
        {"externalId": "C-1"},
        {"externalId": "C-2", "customerNumber": "N-1"},
        {"customerNumber": "N-2"},
        {"externalId": "NEW", "name": "New"},
        {"name": "Nameless"},
        {"externalId": "C-1", "customerNumber": "N-2"},
        {"contactName": "Jo"},
    ]
)
LOCATIONS = st.sampled_from(
    [
        None,
        {"externalId": "L-1"},
        {"street": "Hachestr. 12", "postalCode": "45127", "city": "Essen"},
        {"externalId": "L-9", "city": "Ulm", "latitude": 48.4, "longitude": 10},
        {"street": "Neue Str. 1", "city": "Ulm"},
    ]
)
CONTACTS = st.sampled_from(
    [None, {"externalId": "P-1"}, {"email": "anna@example.com"}, {"displayName": "Eva"}]
)
MOMENT = st.sampled_from(["2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z", None])
OPERATIONS = st.fixed_dictionaries(
    {"operation": st.sampled_from(["create", "update", "upsert", "upsert", "cancel"])},
    optional={
        "title": st.sampled_from(["One", "Two"]),
        "description": st.sampled_from(["Text", None]),
        "planning": st.sampled_from(
            [
                None,
                {"priority": "High"},
                {"preferredTimeWindowStart": "2026-07-01T08:00:00Z"},
                {"fixedTime": True},
            ]
        ),
        "customFields": st.sampled_from([None, {"a": 1}, {"a": None, "b": True}, {"a": True}]),
        "requiredSkills": st.sampled_from([None, [], ["x"], ["x", "y"]]),
        "customer": CUSTOMERS,
        "location": LOCATIONS,
        "contact": CONTACTS,
        "sourceUpdatedAt": MOMENT,
    },
)


@pytest.fixture
def twins(tenant, other_tenant):
    """Two tenants of one registry, and the API of each."""
    return [twin_of(each) for each in (tenant, other_tenant)]


def twin_of(tenant) -> ApiCaller:
    first = make_customer(tenant, name="First", number="N-1")
    second = make_customer(tenant, name="Second", number="N-2")
    make_reference(first, "C-1")
    make_reference(make_location(first), "L-1")
    make_reference(make_contact(first, email="anna@example.com"), "P-1")
    make_location(second)
    return ApiCaller(
        make_key(
            make_client(
                tenant,
                auto_create_customers=True,
                auto_create_locations=True,
                auto_create_contacts=True,
                rate_limit=100_000,
            )
        )
    )


def told(api: ApiCaller) -> list[Any]:
    """Targets as the API shows them, records by what they are called, since the twins' ids differ."""
    assert api.key is not None
    rows = Target.objects.filter(client__api_keys__public_id=api.key.split("_")[2])
    return [
        (
            row.external_id,
            row.status,
            row.content_hash,
            row.mapping_status,
            row.customer and row.customer.name,
            row.location and (row.location.street, row.location.city, row.location.customer.name),
            row.contact and (row.contact.display_name, row.contact.customer.name),
            row.source_updated_at,
            (row.latitude, row.longitude),
            sorted((w["code"], w["entity"]) for w in row.mapping.get("warnings", ())),
        )
        for row in rows.select_related("customer", "location__customer", "contact__customer").order_by(
            "external_id"
        )
    ]


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(OPERATIONS, min_size=1, max_size=8))
def test_a_batch_ends_where_the_same_requests_one_by_one_end(twins, steps):
    items = [{"externalId": "JOB-1"} | step for step in steps]
    with transaction.atomic():  # the next example finds the registry as it was
        compare(twins, items)
        transaction.set_rollback(True)


def compare(twins: list[ApiCaller], items: list[dict[str, Any]]) -> None:
    batch, single = twins
    at_once = outcomes(batch, items)
    one_by_one = [outcome for item in items for outcome in outcomes(single, [item])]
    assert at_once == one_by_one
    assert told(batch) == told(single)


def outcomes(api: ApiCaller, items: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    response = api.post("/inbound/targets/batch", {"items": items})
    assert response.status_code == 202, response.content
    names = ("externalId", "status", "errorCode", "contentHash")
    return [tuple(item[name] for name in names) for item in response.json()["items"]]
