"""POST /inbound/targets/batch (API contract, Import)."""

import pytest

from customers.models import Customer, MappingReview
from imports.models import ImportItem, ImportJob, Target
from tests.imports.calls import field_errors, imported, imported_batch, kept, statuses, target
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


def refused_batch(api, body, status=400):
    response = api.post("/inbound/targets/batch", body)
    assert response.status_code == status, response.content
    return response.json()["error"]


# The envelope.


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"items": "required"}),
        ({"items": None}, {"items": "required"}),
        ({"items": []}, {"items": "too_few"}),
        ({"items": {}}, {"items": "invalid_type"}),
        ({"items": "x"}, {"items": "invalid_type"}),
        ({"targets": []}, {"targets": "too_few"}),
        ({"targets": 5}, {"targets": "invalid_type"}),
        ({"items": [], "batchId": "x" * 129}, {"items": "too_few", "batchId": "too_long"}),
        ({"items": [{}], "batchId": "a\x00"}, {"batchId": "control_character"}),
        ({"items": [{}], "batchId": 5}, {"batchId": "invalid_type"}),
        ({"items": [{}], "operation": "x"}, {"operation": "invalid_choice"}),
        ({"items": [{}], "atomic": "true"}, {"atomic": "invalid_type"}),
        ({"items": [{}], "atomic": 1}, {"atomic": "invalid_type"}),
        ({"items": [{}], "sourceSystem": 5}, {"sourceSystem": "invalid_type"}),
        ({"items": [{}] * 10_001}, {"items": "too_many"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_envelope_that_is_not_valid_is_refused(body, expected, api):
    error = refused_batch(api, body)
    assert error["code"] == "validation_failed"
    assert field_errors(error) == expected
    assert not Target.objects.exists()


@pytest.mark.parametrize("body", [[], [{}], "x", 5, None, True])
def test_an_envelope_is_an_object(body, api):
    text = {None: "null", True: "true"}.get(body if not isinstance(body, list) else 0)
    error = refused_batch(api, text or body)
    assert error["code"] in ("validation_failed", "invalid_json")


def test_ten_thousand_items_are_imported_at_once(api):
    body = imported_batch(api, [target(f"JOB-{n}") for n in range(10_000)])
    assert (body["status"], body["createdItems"], body["totalItems"]) == ("Accepted", 10_000, 10_000)
    assert [item["index"] for item in body["items"]] == list(range(10_000))
    assert Target.objects.count() == 10_000
    assert ImportItem.objects.filter(status="Imported").count() == 10_000


def test_null_stands_for_what_is_left_out_of_an_envelope(api):
    body = imported_batch(api, [target()], sourceSystem=None, batchId=None, operation=None, atomic=None)
    assert body["batchId"] is None
    assert statuses(body) == ["Imported"]


def test_the_foreign_source_system_of_an_envelope_is_refused_as_a_whole(api):
    error = refused_batch(api, {"sourceSystem": "crm", "items": [target()]}, status=403)
    assert error["code"] == "source_system_not_allowed"
    assert not Target.objects.exists()


def test_the_foreign_source_system_of_an_item_rejects_that_item(api):
    body = imported_batch(api, [target("JOB-1", sourceSystem="crm"), target("JOB-2", sourceSystem="erp")])
    assert statuses(body) == ["Rejected", "Imported"]
    assert body["items"][0]["errorCode"] == "source_system_not_allowed"


def test_one_item_that_needs_a_scope_refuses_the_whole_request(erp, api_of):
    api = api_of(erp, scopes=["inbound.targets.batch.write"])
    for context in ("customer", "location", "address", "contact"):
        for value in ({}, None, {"name": "x"}):
            body = {"items": [target("JOB-1"), target("JOB-2", **{context: value})]}
            error = refused_batch(api, body, status=403)
            assert (error["code"], error["requiredScope"]) == ("missing_scope", "customers.map")
    assert not Target.objects.exists()
    assert not ImportJob.objects.exists()
    assert statuses(imported_batch(api, [target()])) == ["Imported"]


# Items.


@pytest.mark.parametrize("raw", [None, 5, "x", True, [], [{}]])
def test_an_item_that_is_no_object_is_rejected_alone(raw, api):
    body = imported_batch(api, [target("JOB-1"), raw, target("JOB-2")])
    assert statuses(body) == ["Imported", "Rejected", "Imported"]
    item = body["items"][1]
    assert (item["index"], item["externalId"], item["errorCode"]) == (1, None, "validation_failed")
    assert item["details"][0]["code"] == "invalid_type"


def test_an_invalid_item_is_rejected_alone_with_its_own_paths(api):
    body = imported_batch(
        api,
        [
            target("JOB-1"),
            target("JOB-2", address={"latitude": 91, "longitude": 0}, title=5),
            target("JOB-3"),
        ],
    )
    assert statuses(body) == ["Imported", "Rejected", "Imported"]
    assert body["status"] == "PartiallyFailed"
    item = body["items"][1]
    assert (item["externalId"], item["errorCode"]) == ("JOB-2", "validation_failed")
    assert item["errorMessage"]
    assert field_errors(item) == {"title": "invalid_type", "address.latitude": "out_of_range"}
    assert item["targetId"] is None
    assert not Target.objects.filter(external_id="JOB-2").exists()


def test_a_batch_whose_items_are_all_rejected_is_still_answered_202(api):
    body = imported_batch(api, [{}, None])
    assert (body["status"], body["rejectedItems"]) == ("Failed", 2)
    assert api.get(f"/import-jobs/{body['importJobId']}").json()["status"] == "Failed"


@pytest.mark.parametrize("operation", ["create", "update", "upsert", "cancel"])
def test_the_operation_of_the_envelope_is_the_default_of_its_items(operation, api):
    imported(api, "JOB-1")
    body = imported_batch(
        api, [target("JOB-1", title="New"), target("JOB-2", operation="create")], operation=operation
    )
    expected = {"create": "Rejected", "update": "Updated", "upsert": "Updated", "cancel": "Cancelled"}
    assert statuses(body) == [expected[operation], "Imported"]
    assert [item["operation"] for item in body["items"]] == [operation, "create"]


def test_a_job_counts_its_items(api):
    imported(api, "OLD")
    imported(api, "SAME")
    imported(api, "GONE")
    body = imported_batch(
        api,
        [
            target("NEW"),
            target("NEW-2", customer={"externalId": "X"}),
            target("OLD", title="New"),
            target("SAME"),
            target("GONE", operation="cancel"),
            target("GONE", title="Again"),
            target("", title="No id"),
        ],
        batchId="B-1",
    )
    counts = {
        "totalItems": 7,
        "processedItems": 7,
        "createdItems": 2,
        "updatedItems": 2,
        "unchangedItems": 1,
        "cancelledItems": 1,
        "rejectedItems": 1,
        "warningItems": 2,
    }
    assert {name: body[name] for name in counts} == counts
    job = api.get(f"/import-jobs/{body['importJobId']}").json()
    assert {name: job[name] for name in counts} == counts
    assert (body["status"], job["status"], job["batchId"]) == ("PartiallyFailed", "PartiallyFailed", "B-1")
    facts = Event.objects.get(type="import_job.completed", facts__importJob__id=job["importJobId"]).facts
    told = facts["importJob"]
    assert {name: told[name] for name in counts if name != "processedItems"} == {
        name: value for name, value in counts.items() if name != "processedItems"
    }


def test_a_job_that_went_through_is_accepted_and_then_completed(api):
    body = imported_batch(api, [target()])
    assert body["status"] == "Accepted"
    job = api.get(f"/import-jobs/{body['importJobId']}").json()
    assert job["status"] == "Completed"
    assert job["completedAtUtc"] is not None
    same = ("createdAtUtc", "correlationId", "links", "sourceSystem")
    assert {name: job[name] for name in same} == {name: body[name] for name in same}


def test_the_answer_leads_to_the_job(api):
    response = api.post("/inbound/targets/batch", {"items": [target()]}, x_correlation_id="trace-1")
    body = response.json()
    path = f"/api/connect/v1/import-jobs/{body['importJobId']}"
    assert response["Location"] == path
    assert body["links"] == {"self": path, "items": path + "/items"}
    assert body["correlationId"] == "trace-1"


def test_events_of_items_come_in_their_order_before_that_of_the_job(api):
    imported_batch(api, [target("JOB-2"), {}, target("JOB-1"), target("JOB-2", operation="cancel")])
    assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == [
        "target.imported",
        "target.rejected",
        "target.imported",
        "target.cancelled",
        "import_job.completed",
    ]


def test_respond_async_is_answered_as_any_other(api):
    response = api.post("/inbound/targets/batch", {"items": [target()]}, prefer="respond-async")
    assert response.status_code == 202


# Everything or nothing.


def test_an_atomic_batch_without_a_rejected_item_goes_through(api):
    body = imported_batch(api, [target("JOB-1"), target("JOB-2")], atomic=True)
    assert (body["status"], statuses(body)) == ("Accepted", ["Imported", "Imported"])


def test_one_rejected_item_of_an_atomic_batch_rejects_all(api_with):
    api = api_with(auto_create_customers=True)
    imported(api, "OLD")
    Event.objects.all().delete()
    body = imported_batch(
        api,
        [
            target("NEW", customer={"externalId": "N-1", "name": "New"}, contact={"externalId": "P-1"}),
            target("OLD", title="Other"),
            target("BAD", title=5),
        ],
        atomic=True,
    )
    assert (body["status"], body["rejectedItems"]) == ("Failed", 3)
    assert [item["errorCode"] for item in body["items"]] == [
        "batch_rejected",
        "batch_rejected",
        "validation_failed",
    ]
    assert all(item["targetId"] is None for item in body["items"])
    assert not Customer.objects.exists()
    assert not MappingReview.objects.exists()
    assert kept(api, "OLD")["title"] == "Visit"
    assert list(Target.objects.values_list("external_id", flat=True)) == ["OLD"]
    job = api.get(f"/import-jobs/{body['importJobId']}").json()
    assert job["status"] == "Failed"
    items = api.get(f"/import-jobs/{body['importJobId']}/items").json()["items"]
    assert [item["errorCode"] for item in items] == [item["errorCode"] for item in body["items"]]
    assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == [
        *["target.rejected"] * 3,
        "import_job.completed",
    ]


def test_a_rejected_item_of_another_chunk_rejects_an_atomic_batch_too(api):
    items = [target(f"JOB-{n}") for n in range(1001)] + [{}]
    body = imported_batch(api, items, atomic=True)
    assert body["rejectedItems"] == 1002
    assert not Target.objects.exists()


def test_the_same_external_id_in_two_chunks_applies_in_order(api):
    items = [target(f"JOB-{n}") for n in range(1001)] + [target("JOB-0", title="Later")]
    body = imported_batch(api, items)
    assert statuses(body)[-1] == "Updated"
    assert kept(api, "JOB-0")["title"] == "Later"
