"""?dryRun=true: what a real import would do, and nothing of it done (API contract, Import)."""

import pytest
from django.apps import apps
from django.db import connection

from customers.models import Customer
from imports.models import Target
from tests.factories import make_client, make_customer, make_reference
from tests.imports.calls import codes, field_errors, imported, imported_batch, kept, send, statuses, target

pytestmark = pytest.mark.django_db

# Those of the request itself: its rate limit, and when its key was last used.
OF_THE_REQUEST = ("rate_window",)


def counts():
    """Rows by table."""
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in OF_THE_REQUEST
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables))
        return dict(cursor.fetchall())


@pytest.fixture
def creating(tenant, api_of):
    client = make_client(
        tenant,
        auto_create_customers=True,
        auto_create_locations=True,
        auto_create_contacts=True,
        update_policy="overwrite",
    )
    return api_of(client)


CONTEXT = {
    "customer": {"externalId": "N-1", "name": "New", "customerNumber": "7"},
    "location": {"externalId": "L-1", "city": "Ulm"},
    "contact": {"displayName": "Eva"},
}


def test_a_single_dry_run_leaves_nothing(creating):
    before = counts()
    response = send(creating, query="?dryRun=true", **CONTEXT)
    assert response.status_code == 200
    assert counts() == before
    body = response.json()
    assert (body["importJobId"], body["status"]) == (None, "Accepted")
    assert "Location" not in response.headers
    assert statuses(body) == ["Imported"]
    item = body["items"][0]
    assert (item["itemId"], item["targetId"]) == (None, None)
    assert item["customerMapping"]["status"] == "Created"


@pytest.mark.parametrize("atomic", [False, True])
def test_a_dry_run_of_a_batch_leaves_nothing_and_tells_every_error(atomic, creating):
    imported(creating, "OLD")
    before = counts()
    body = imported_batch(
        creating,
        [
            target("NEW", **CONTEXT),
            target("OLD", title="Other"),
            target("BAD", title=5, planning={"priority": 1}),
        ],
        query="?dryRun=true",
        atomic=atomic,
    )
    assert counts() == before
    assert kept(creating, "OLD")["title"] == "Visit"
    assert body["importJobId"] is None
    assert body["links"] == {"self": None, "items": None}
    assert statuses(body) == (["Rejected"] * 3 if atomic else ["Imported", "Updated", "Rejected"])
    assert field_errors(body["items"][2]) == {"title": "invalid_type", "planning.priority": "invalid_type"}


def test_a_dry_run_opens_no_review_and_still_says_that_one_would_be(api):
    before = counts()
    item = imported(api, query="?dryRun=true", customer={"externalId": "X-1"})
    assert counts() == before
    assert (item["customerMapping"]["status"], codes(item["customerMapping"])) == (
        *("NotFound", ["customer_not_found"]),
    )
    assert "review" in str(item).lower()


def test_a_dry_run_names_the_fields_that_would_change(api):
    imported(api, planning={"priority": "Low"})
    item = imported(api, query="?dryRun=true", title="Other", planning={"priority": "High"})
    assert item["status"] == "Updated"
    assert "planning.priority" in str(item)
    assert kept(api)["title"] == "Visit"


def test_a_dry_run_shows_no_id_of_what_is_not_there(creating):
    mapping = imported(creating, query="?dryRun=true", **CONTEXT)["customerMapping"]
    assert (mapping["customerId"], mapping["customerLocationId"], mapping["customerContactId"]) == (
        *(None, None, None),
    )


def test_a_dry_run_shows_the_ids_of_what_is_there(creating, tenant):
    known = make_customer(tenant, name="New")
    make_reference(known, "N-1")
    assert imported(creating, query="?dryRun=true", **CONTEXT)["customerMapping"]["customerId"] == known.pk
    known.refresh_from_db()
    assert known.number == ""


def test_a_dry_run_of_an_invalid_target_is_answered_200_with_its_errors(api):
    before = counts()
    response = send(api, query="?dryRun=true", title=5)
    assert response.status_code == 200
    item = response.json()["items"][0]
    assert (item["status"], item["errorCode"]) == ("Rejected", "validation_failed")
    assert field_errors(item) == {"title": "invalid_type"}
    assert counts() == before


def test_a_dry_run_answers_as_the_real_import_does(creating):
    tried = send(creating, query="?dryRun=true", **CONTEXT).json()
    real = send(creating, **CONTEXT).json()
    assert real.keys() <= tried.keys()
    assert real["items"][0].keys() <= tried["items"][0].keys()
    of_the_run = {
        *("importJobId", "correlationId", "createdAtUtc", "completedAtUtc", "links", "items"),
    }
    assert {k: v for k, v in real.items() if k not in of_the_run} == {
        k: tried[k] for k in real if k not in of_the_run
    }
    assert real["items"][0]["contentHash"] == tried["items"][0]["contentHash"]


def test_a_dry_run_needs_the_same_scopes(erp, api_of):
    api = api_of(erp, scopes=["import_jobs.read"])
    assert send(api, query="?dryRun=true").json()["error"]["requiredScope"] == "inbound.targets.write"
    api = api_of(erp, scopes=["inbound.targets.write"])
    response = send(api, query="?dryRun=true", customer={"externalId": "X"})
    assert response.json()["error"]["requiredScope"] == "customers.map"


@pytest.mark.parametrize("value", ["maybe", "1", ""])
def test_what_is_neither_true_nor_false_is_refused(value, api):
    error = send(api, query=f"?dryRun={value}").json()["error"]
    assert list(field_errors(error)) == ["dryRun"]
    assert not Target.objects.exists()


def test_a_dry_run_of_false_is_a_real_one(api):
    response = send(api, query="?dryRun=false")
    assert response.status_code == 202
    assert Target.objects.exists()


def test_a_dry_run_neither_reads_nor_writes_the_idempotency_key(creating):
    body = target(**CONTEXT)
    tried = creating.post("/inbound/targets?dryRun=true", body, idempotency_key="k")
    assert tried.status_code == 200
    real = creating.post("/inbound/targets", body, idempotency_key="k")
    assert (real.status_code, "Idempotency-Replayed" in real.headers) == (202, False)
    again = creating.post("/inbound/targets?dryRun=true", body, idempotency_key="k")
    assert again.status_code == 200
    assert "Idempotency-Replayed" not in again.headers
    assert Customer.objects.count() == 1
