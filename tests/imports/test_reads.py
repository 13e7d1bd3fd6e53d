"""Reading import jobs, items and targets (API contract, Import jobs and Shapes)."""

from urllib.parse import quote

import pytest

from imports.models import Target
from tests.factories import make_customer, make_reference
from tests.imports.calls import imported, imported_batch, kept, send, target

pytestmark = pytest.mark.django_db

JOB_KEYS = {
    *("importJobId", "status", "batchId", "sourceSystem", "totalItems", "processedItems", "createdItems"),
    *("updatedItems", "unchangedItems", "cancelledItems", "rejectedItems", "warningItems", "warnings"),
    *("correlationId", "createdAtUtc", "completedAtUtc", "links"),
}
ITEM_KEYS = {
    *("itemId", "index", "externalId", "operation", "status", "targetId", "customerMapping", "warnings"),
    *("errorCode", "errorMessage", "details", "contentHash"),
}
TARGET_KEYS = {
    *("targetId", "externalId", "sourceSystem", "status", "title", "description", "externalType"),
    *("templateKey", "planning", "businessValue", "requiredSkills", "customFields", "sourceUpdatedAt"),
    *("customerMapping", "appointment", "contentHash", "updatedAtUtc"),
}


def listed(api, path):
    response = api.get(path)
    assert response.status_code == 200, response.content
    return response.json()["items"]


def refusal(api, path, status=400):
    response = api.get(path)
    assert response.status_code == status, response.content
    return response.json()["error"]


def external_ids(rows):
    return [row["externalId"] for row in rows]


@pytest.fixture
def jobs(api):
    """Three jobs, the oldest first: completed, partly failed, failed."""
    bodies = [
        imported_batch(api, [target("JOB-1")], batchId="B-1"),
        imported_batch(api, [target("JOB-2"), {}], batchId="B-2"),
        imported_batch(api, [{"externalId": "JOB-3"}]),
    ]
    return [body["importJobId"] for body in bodies]


# Jobs.


def test_a_job_has_every_key(api, jobs):
    job = api.get(f"/import-jobs/{jobs[0]}").json()
    assert job.keys() >= JOB_KEYS
    assert job["links"].keys() == {"self", "items"}
    assert job["createdAtUtc"].endswith("Z")
    assert job["completedAtUtc"].endswith("Z")
    assert (job["sourceSystem"], job["batchId"]) == ("erp", "B-1")


def test_jobs_are_listed_newest_first(api, jobs):
    assert [job["importJobId"] for job in listed(api, "/import-jobs")] == jobs[::-1]


def test_jobs_are_filtered(api, jobs):
    def found(query):
        return [jobs.index(job["importJobId"]) for job in listed(api, f"/import-jobs?{query}")]

    assert found("status=Completed") == [0]
    assert found("status=PartiallyFailed") == [1]
    assert found("status=Failed") == [2]
    assert found("status=Processing") == []
    assert found("batchId=B-2") == [1]
    assert found("batchId=b-2") == []
    assert found("externalId=JOB-3") == [2]
    assert found("externalId=JOB-1&status=Failed") == []
    created = api.get(f"/import-jobs/{jobs[1]}").json()["createdAtUtc"]
    assert found(f"createdAfter={created}") == [2]
    assert found(f"createdBefore={created}") == [0]


@pytest.mark.parametrize(
    "query",
    ["status=Done", "status=completed", "createdAfter=yesterday", "createdBefore=2026-01-01T00:00:00"]
    + [
        "limit=0",
        "limit=501",
        "limit=x",
        "cursor=x",
        "externalId=",
        "externalId=%00",
        "batchId=" + "x" * 300,
    ],
)
def test_a_bad_filter_of_jobs_is_named(query, api, jobs):
    error = refusal(api, f"/import-jobs?{query}")
    assert error["code"] == "validation_failed"
    assert [detail["field"] for detail in error["details"]] == [query.partition("=")[0]]


def test_jobs_are_paged_without_loss_or_repeat(api, jobs):
    seen, path = [], "/import-jobs?limit=1"
    while path:
        page = api.get(path).json()
        seen += [job["importJobId"] for job in page["items"]]
        path = page["nextCursor"] and f"/import-jobs?limit=1&cursor={quote(page['nextCursor'], safe='')}"
    assert seen == jobs[::-1]


@pytest.mark.parametrize("path", ["", "/items"])
@pytest.mark.parametrize("job_id", ["0", "999999999", "9" * 18, "9" * 40])
def test_a_job_that_does_not_exist_is_not_found(path, job_id, api):
    assert refusal(api, f"/import-jobs/{job_id}{path}", 404)["code"] == "not_found"


# Items.


def test_an_item_has_every_key(api, jobs):
    for item in listed(api, f"/import-jobs/{jobs[1]}/items"):
        assert item.keys() >= ITEM_KEYS
    imported_item, rejected = listed(api, f"/import-jobs/{jobs[1]}/items")
    assert (imported_item["status"], imported_item["errorCode"], imported_item["details"]) == (
        "Imported",
        None,
        [],
    )
    assert imported_item["customerMapping"] is None
    assert (rejected["status"], rejected["targetId"], rejected["contentHash"]) == ("Rejected", None, None)


def test_an_item_reads_as_it_was_answered(api):
    body = imported_batch(api, [target(customer={"externalId": "X"}), target("JOB-2"), {}])
    shown = listed(api, f"/import-jobs/{body['importJobId']}/items")
    assert shown == [{"customerMapping": None} | item for item in body["items"]]


@pytest.fixture
def mixed(api, tenant):
    make_reference(make_customer(tenant), "CUST-1")
    body = imported_batch(
        api,
        [
            target("MAPPED", customer={"externalId": "CUST-1"}),
            target("UNKNOWN", customer={"externalId": "X"}),
            target("PHONE", customer={"externalId": "CUST-1", "phone": "call me"}),
            target("PLAIN"),
            target("MAPPED", operation="cancel"),
            target("MAPPED"),
            {},
        ],
    )
    return body["importJobId"]


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6]),
        ("status=Imported", [0, 1, 2, 3]),
        ("status=Cancelled", [4]),
        ("status=Rejected", [6]),
        ("status=Pending", []),
        ("mappingStatus=Mapped", [0, 2]),
        ("mappingStatus=NotFound", [1]),
        ("mappingStatus=Conflict", []),
        ("warning=invalid_phone", [2]),
        ("warning=customer_not_found", [1]),
        ("warning=target_reopened", [5]),
        ("warning=no_such_code", []),
        ("status=Imported&mappingStatus=Mapped&warning=invalid_phone", [2]),
        ("limit=2", [0, 1]),
    ],
)
def test_items_are_filtered_in_the_order_of_the_request(query, indexes, api, mixed):
    items = listed(api, f"/import-jobs/{mixed}/items?{query}")
    assert [item["index"] for item in items] == indexes


@pytest.mark.parametrize("query", ["status=Accepted", "mappingStatus=None", "warning=", "limit=-1"])
def test_a_bad_filter_of_items_is_named(query, api, mixed):
    error = refusal(api, f"/import-jobs/{mixed}/items?{query}")
    assert [detail["field"] for detail in error["details"]] == [query.partition("=")[0]]


def test_items_are_paged_in_order(api):
    job = imported_batch(api, [target(f"JOB-{n}") for n in range(7)])["importJobId"]
    seen, cursor = [], None
    while cursor is not None or not seen:
        path = f"/import-jobs/{job}/items?limit=3" + (f"&cursor={quote(cursor, safe='')}" if cursor else "")
        page = api.get(path).json()
        seen += [item["index"] for item in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == list(range(7))


# Targets.


def test_a_target_has_every_key(api):
    imported(api)
    shown = kept(api)
    assert shown.keys() >= TARGET_KEYS
    assert shown["planning"].keys() == {
        *("priority", "estimatedWorkMinutes", "dueDate", "dueAtUtc", "routeDate"),
        *("preferredTimeWindowStart", "preferredTimeWindowEnd", "fixedTime"),
    }
    assert (shown["status"], shown["sourceSystem"], shown["appointment"]) == ("Open", "erp", None)
    assert shown["description"] is None


ODD_IDS = [
    "a/b",
    "/a",
    "a/",
    "a b",
    "ä",
    "a%2Fb",
    "a?b",
    "a#b",
    "a;b",
    "..",
    "a+b",
    "a&b=c",
    "🚚",
    "batch/1",
    "a//b",
]


@pytest.mark.parametrize("external_id", ODD_IDS)
def test_a_target_is_read_by_its_percent_encoded_external_id(external_id, api):
    imported(api, external_id)
    response = api.get(f"/inbound/targets/{quote(external_id, safe='')}")
    assert response.status_code == 200, response.content
    assert response.json()["externalId"] == external_id
    assert external_ids(listed(api, f"/inbound/targets?externalId={quote(external_id, safe='')}")) == [
        external_id
    ]


def test_the_external_id_batch_is_read_by_the_filter(api):
    imported(api, "batch")
    assert external_ids(listed(api, "/inbound/targets?externalId=batch")) == ["batch"]
    assert api.get("/inbound/targets/batch").status_code == 405


@pytest.mark.parametrize("external_id", ["NONE", "a%00b", "%0A", "x" * 500, "%F0%9F%9A%9A", "%FF", "job-1"])
def test_a_target_that_does_not_exist_is_not_found(external_id, api):
    imported(api)
    assert refusal(api, f"/inbound/targets/{external_id}", 404)["code"] in ("target_not_found", "not_found")


def test_targets_are_filtered(api):
    for number in range(3):
        imported(api, f"JOB-{number}")
    imported(api, "JOB-1", operation="cancel")
    assert external_ids(listed(api, "/inbound/targets")) == ["JOB-0", "JOB-2", "JOB-1"]
    assert external_ids(listed(api, "/inbound/targets?status=Cancelled")) == ["JOB-1"]
    assert external_ids(listed(api, "/inbound/targets?status=Open")) == ["JOB-0", "JOB-2"]
    assert external_ids(listed(api, "/inbound/targets?externalId=JOB-2")) == ["JOB-2"]
    since = kept(api, "JOB-2")["updatedAtUtc"]
    assert external_ids(listed(api, f"/inbound/targets?updatedAfter={since}")) == ["JOB-1"]


@pytest.mark.parametrize("query", ["status=Done", "updatedAfter=x", "externalId=", "limit=501", "cursor=!"])
def test_a_bad_filter_of_targets_is_named(query, api):
    error = refusal(api, f"/inbound/targets?{query}")
    assert [detail["field"] for detail in error["details"]] == [query.partition("=")[0]]


def test_targets_are_paged_without_loss_or_repeat_where_many_changed_at_once(api):
    imported_batch(api, [target(f"JOB-{n}") for n in range(7)])
    seen, path = [], "/inbound/targets?limit=3"
    while path:
        page = api.get(path).json()
        seen += external_ids(page["items"])
        path = page["nextCursor"] and f"/inbound/targets?limit=3&cursor={quote(page['nextCursor'], safe='')}"
    assert sorted(seen) == sorted(f"JOB-{n}" for n in range(7))
    assert len(set(seen)) == 7


# Whose rows.


@pytest.fixture
def crm(api_with):
    return api_with(source_system="crm")


@pytest.mark.parametrize("whose", ["crm", "other_api"])
def test_rows_of_another_source_system_or_tenant_do_not_exist(whose, api, jobs, request):
    stranger = request.getfixturevalue(whose)
    for path in (f"/import-jobs/{jobs[0]}", f"/import-jobs/{jobs[0]}/items", "/inbound/targets/JOB-1"):
        assert api.get(path).status_code == 200
        refusal(stranger, path, 404)
    assert listed(stranger, "/import-jobs") == []
    assert listed(stranger, "/import-jobs?externalId=JOB-1") == []
    assert listed(stranger, "/inbound/targets") == []
    assert listed(stranger, "/inbound/targets?externalId=JOB-1") == []


def test_one_external_id_of_two_source_systems_is_two_targets(api, crm, other_api):
    for caller, title in ((api, "ERP"), (crm, "CRM"), (other_api, "Other")):
        assert imported(caller, title=title)["status"] == "Imported"
    assert Target.objects.count() == 3
    assert [kept(caller)["title"] for caller in (api, crm, other_api)] == ["ERP", "CRM", "Other"]


def test_two_clients_of_one_source_system_share_jobs_and_targets(api, api_with):
    second = api_with(name="Second")
    job = send(api).json()["importJobId"]
    assert second.get(f"/import-jobs/{job}").status_code == 200
    assert imported(second, title="Other")["status"] == "Updated"
    assert kept(api)["title"] == "Other"


def test_a_sandbox_does_not_see_live_rows(api, api_with, jobs):
    sandbox = api_with(name="Sandbox", environment="test")
    refusal(sandbox, f"/import-jobs/{jobs[0]}", 404)
    assert listed(sandbox, "/inbound/targets") == []


def test_reading_needs_its_scope(erp, api_of, jobs):
    blind = api_of(erp, scopes=["inbound.targets.write"])
    for path in ("/import-jobs", f"/import-jobs/{jobs[0]}", "/inbound/targets", "/inbound/targets/JOB-1"):
        assert refusal(blind, path, 403)["requiredScope"] == "import_jobs.read"
