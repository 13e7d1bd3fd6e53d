"""Fields that nobody knows are ignored, and told once (API contract, Import)."""

import pytest

from tests.imports.calls import imported_batch, send, target

pytestmark = pytest.mark.django_db


def unknown(body):
    assert {(w["code"], w["entity"]) for w in body["warnings"]} <= {("unknown_field", "request")}
    return [warning["field"] for warning in body["warnings"]]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"tite": "x"}, ["tite"]),
        ({"planning": {"prio": 1}}, ["planning.prio"]),
        ({"address": {"zip": "1", "city": "Ulm"}}, ["address.zip"]),
        ({"location": {"zip": "1"}, "address": {"zip": "1"}}, ["address", "address.zip", "location.zip"]),
        ({"customer": {"address": {"a": 1}}}, ["customer.address"]),
        ({"foo": {"bar": {"baz": 1}}}, ["foo"]),
        ({"customFields": {"anything": 1}}, []),
        ({"externalID": "x", "Title": "x"}, ["externalID", "Title"]),
        ({"requiredSkills": ["a"], "items": [], "batchId": "x"}, ["items", "batchId"]),
    ],
)
def test_a_single_import_names_the_paths(fields, expected, api):
    response = send(api, **fields)
    assert response.status_code == 202
    assert sorted(unknown(response.json())) == sorted(expected)


@pytest.mark.parametrize("name", ["items", "targets"])
def test_paths_of_a_batch_are_collapsed_and_told_once(name, api):
    items = [target(f"JOB-{n}", foo=n, planning={"bar": n}) for n in range(3)]
    body = api.post("/inbound/targets/batch", {name: items, "extra": 1}).json()
    assert sorted(unknown(body)) == ["extra", f"{name}[].foo", f"{name}[].planning.bar"]


def test_known_fields_of_an_envelope_are_known(api):
    body = imported_batch(
        api, [target()], sourceSystem="erp", batchId="B-1", operation="upsert", atomic=False
    )
    assert unknown(body) == []


def test_the_warning_stands_on_the_job_and_not_on_its_items(api):
    body = send(api, foo=1).json()
    assert body["items"][0]["warnings"] == []
    assert body["warningItems"] == 0
    job = api.get(f"/import-jobs/{body['importJobId']}").json()
    assert job["warnings"] == body["warnings"]


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "ä" * 500, "", "a\\u0000b"])
def test_any_name_can_be_told(name, api):
    response = send(api, **{name: 1})
    assert response.status_code == 202
    assert len(unknown(response.json())) == 1
    assert api.get("/import-jobs").json()["items"][0]["warnings"] == response.json()["warnings"]


def test_a_payload_of_nothing_but_unknown_fields_makes_no_page_of_warnings(api):
    response = send(api, **{f"k{n}": 1 for n in range(5000)})
    assert response.status_code == 202
    assert 1 <= len(unknown(response.json())) <= 5000


def test_unknown_fields_of_a_rejected_item_are_told_too(api):
    assert unknown(imported_batch(api, [target(title=5, foo=1)])) == ["items[].foo"]
