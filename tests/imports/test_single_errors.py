"""A single import that does not go through: its error, and what the import log keeps of it (API contract, Import)."""

import pytest

from imports.models import ImportItem, ImportJob, Target
from tests.factories import make_client
from tests.imports.calls import field_errors, imported, refused, send, target
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


def cancelled(api):
    imported(api)
    imported(api, operation="cancel")


REFUSALS = {
    "invalid": (400, "validation_failed", lambda api: None, {"title": 5}),
    "foreign source system": (403, "source_system_not_allowed", lambda api: None, {"sourceSystem": "crm"}),
    "unknown target": (404, "target_not_found", lambda api: None, {"operation": "update"}),
    "existing target": (409, "external_id_exists", imported, {"operation": "create"}),
    "cancelled target": (409, "target_cancelled", cancelled, {"operation": "update"}),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_refused_is_in_the_import_log_with_its_job_in_the_envelope(case, api):
    status, code, before, fields = REFUSALS[case]
    before(api)
    Event.objects.all().delete()
    response = send(api, **fields)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    job = ImportJob.objects.get(pk=error["importJobId"])
    assert (job.status, job.total_items, job.rejected_items) == ("Failed", 1, 1)
    assert job.correlation_id == error["correlationId"] == response["X-Correlation-Id"]
    item = ImportItem.objects.get(job=job)
    assert (item.status, item.error_code, item.external_id) == ("Rejected", code, "JOB-1")
    assert item.received == target(**fields)
    assert item.details == error.get("details", [])
    assert item.error_message == error["message"]
    assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == [
        "target.rejected",
        "import_job.completed",
    ]
    facts = Event.objects.get(type="target.rejected").facts
    assert (facts["importJob"]["outcome"], facts["importJob"]["errorCode"]) == ("Rejected", code)
    assert facts["target"]["externalIds"] == {"erp": "JOB-1"}


def test_an_unmapped_target_that_is_refused_is_in_the_log(api_with):
    error = refused(api_with(refuse_unmapped=True), status=422, customer={"externalId": "X"})
    assert error["code"] == "mapping_required"
    assert ImportItem.objects.get(job=error["importJobId"]).error_code == "mapping_required"


def test_an_invalid_target_tells_every_field(api):
    error = refused(api, title=5, planning={"priority": "x"}, address={"latitude": 91, "longitude": 0})
    assert error["code"] == "validation_failed"
    assert field_errors(error) == {
        "title": "invalid_type",
        "planning.priority": "invalid_choice",
        "address.latitude": "out_of_range",
    }
    assert all(detail.keys() == {"field", "code", "message"} for detail in error["details"])


def test_a_foreign_source_system_wins_over_invalid_fields(api):
    assert refused(api, status=403, sourceSystem="crm", title=5)["code"] == "source_system_not_allowed"


@pytest.mark.parametrize("body", ["[]", "[{}]", '"x"', "5", "true", "null"])
def test_a_body_that_is_no_object_is_refused(body, api):
    response = api.post("/inbound/targets", body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] in ("validation_failed", "invalid_json")
    assert not Target.objects.exists()


def test_bad_json_is_not_logged(api):
    response = api.post("/inbound/targets", "{")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_json")
    assert "importJobId" not in response.json()["error"]
    assert not ImportJob.objects.exists()


def test_a_missing_scope_has_exactly_the_keys_of_the_contract(erp, api_of):
    api = api_of(erp, scopes=["import_jobs.read"])
    response = send(api)
    assert response.status_code == 403
    assert response.json().keys() == {"error"}
    error = response.json()["error"]
    assert error.keys() == {"code", "message", "requiredScope", "correlationId"}
    assert (error["code"], error["requiredScope"]) == ("missing_scope", "inbound.targets.write")
    assert error["message"] == "The integration client does not have the required scope."
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("name", ["customer", "location", "address", "contact"])
@pytest.mark.parametrize("value", [None, {}, {"name": "x"}, 5])
def test_context_of_any_kind_needs_customers_map(name, value, erp, api_of):
    api = api_of(erp, scopes=["inbound.targets.write"])
    error = refused(api, status=403, **{name: value})
    assert (error["code"], error["requiredScope"]) == ("missing_scope", "customers.map")
    assert not ImportJob.objects.exists()


def test_the_alias_of_a_scope_is_the_scope(tenant, api_of):
    api = api_of(make_client(tenant, scopes=["targets.write"]))
    assert imported(api)["status"] == "Imported"


# Characters that the database cannot hold.


@pytest.mark.parametrize(
    "fields", [{"title": "a\x00b"}, {"customFields": {"a\x00b": "c\x00d"}}, {"foo\x00": "\x00"}]
)
def test_nul_is_replaced_in_the_stored_copy(fields, api):
    send(api, **fields)
    received = ImportItem.objects.get().received
    assert "\ufffd" in str(received)
    assert "\x00" not in str(received)


def test_nul_in_an_external_id_is_an_error_of_that_field(api):
    error = refused(api, "JOB\x00-1")
    assert field_errors(error) == {"externalId": "control_character"}
    assert ImportItem.objects.get().external_id == "JOB\ufffd-1"


@pytest.mark.parametrize("external_id", ["x" * 129, "x" * 5000, 5, None, "", "\x00" * 300])
def test_an_external_id_that_is_none_is_logged_all_the_same(external_id, api):
    error = refused(api, external_id)
    assert ImportJob.objects.get().pk == error["importJobId"]
    assert len(ImportItem.objects.get().external_id) <= 128


def test_deep_nesting_is_refused_or_kept_never_lost(api):
    deep = "1"
    for _ in range(200):
        deep = f'{{"a": {deep}}}'
    response = api.post("/inbound/targets", f'{{"externalId": "JOB-1", "title": "x", "foo": {deep}}}')
    assert response.status_code == 202
    assert "a" in ImportItem.objects.get().received["foo"]


# Idempotency.


def test_the_same_key_and_body_answers_again_and_imports_once(api):
    first = api.post("/inbound/targets", target(), idempotency_key="k-1")
    again = api.post("/inbound/targets", target(), idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert (ImportJob.objects.count(), Event.objects.count()) == (1, 2)


def test_a_batch_is_replayed_too(api):
    body = {"items": [target("JOB-1"), {}]}
    first = api.post("/inbound/targets/batch", body, idempotency_key="k-1")
    again = api.post("/inbound/targets/batch", body, idempotency_key="k-1")
    assert again.json() == first.json()
    assert ImportJob.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("/inbound/targets", target(title="Other")), ("/inbound/targets/batch", {"items": [target()]})],
)
def test_the_same_key_with_other_content_is_a_conflict(path, body, api):
    api.post("/inbound/targets", target(), idempotency_key="k-1")
    response = api.post(path, body, idempotency_key="k-1")
    assert (response.status_code, response.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert ImportJob.objects.count() == 1


def test_the_corrected_request_may_use_the_key_of_the_refused_one(api):
    assert api.post("/inbound/targets", target(title=5), idempotency_key="k-1").status_code == 400
    assert api.post("/inbound/targets", target(), idempotency_key="k-1").status_code == 202


def test_two_clients_use_one_key(api, other_api):
    for caller in (api, other_api):
        response = caller.post("/inbound/targets", target(), idempotency_key="k-1")
        assert response.status_code == 202
        assert "Idempotency-Replayed" not in response.headers


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\tb"])
def test_a_key_that_is_none_is_refused(key, api):
    response = api.post("/inbound/targets", target(), idempotency_key=key)
    assert response.status_code == 400
    assert not Target.objects.exists()


def test_without_a_key_nothing_is_replayed(api):
    assert send(api).status_code == send(api).status_code == 202
    assert ImportJob.objects.count() == 2


def test_the_log_says_why_a_target_was_refused_as_unmapped(api_with):
    api = api_with(refuse_unmapped=True)
    response = api.post("/inbound/targets", target("JOB-1", customer={"externalId": "X-1", "name": "A"}))
    assert response.status_code == 422
    item = ImportItem.objects.get()
    assert (item.status, item.mapping_status) == ("Rejected", "NotFound")
    assert item.mapping["customer"]["rule"]


def test_a_rejected_item_with_context_has_its_mapping_even_if_it_is_null(api):
    body = {
        "items": [
            target("JOB-1", customer={"externalId": "X"}, planning={"priority": "x"}),
            target("JOB-2", title=""),
        ]
    }
    first, second = api.post("/inbound/targets/batch", body).json()["items"]
    assert first["customerMapping"] is None
    assert "customerMapping" not in second


def test_a_replay_shows_a_narrower_key_no_ids(erp, api, api_of):
    narrow = api_of(erp, scopes=["inbound.targets.write", "customers.map"])
    body = target("JOB-1", customer={"externalId": "X"})
    api.post("/inbound/targets", body, idempotency_key="k")
    replayed = narrow.post("/inbound/targets", body, idempotency_key="k")
    assert replayed["Idempotency-Replayed"] == "true"
    assert set(replayed.json()["items"][0]["customerMapping"]) == {"status", "warnings"}
