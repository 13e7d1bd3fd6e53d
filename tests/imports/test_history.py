"""Each change that an import makes to the registry says who made it, and why (pghistory)."""

import pytest
from django.apps import apps

from tests.factories import make_client, make_contact, make_customer, make_location, make_reference
from tests.imports.calls import send

pytestmark = pytest.mark.django_db

MODELS = ("Customer", "Location", "Contact", "ExternalReference")
CONTEXT = {
    "customer": {"externalId": "C-1", "name": "New", "email": "new@example.com"},
    "location": {"externalId": "L-1", "city": "Ulm", "accessNotes": "Ring."},
    "contact": {"externalId": "P-1", "displayName": "Eva", "role": "Owner"},
}


@pytest.fixture
def client(tenant):
    return make_client(
        tenant,
        auto_create_customers=True,
        auto_create_locations=True,
        auto_create_contacts=True,
        update_policy="overwrite",
    )


def history(name, label=None):
    rows = apps.get_model("customers", f"{name}Event").objects.order_by("pgh_id")
    return list(rows.filter(pgh_label=label) if label else rows)


def test_what_an_import_creates_is_in_the_history_with_client_reason_and_correlation(client, api_of):
    response = api_of(client).post(
        "/inbound/targets", {"externalId": "JOB-1", "title": "x"} | CONTEXT, x_correlation_id="trace-1"
    )
    job = response.json()["importJobId"]
    for name in MODELS:
        rows = history(name)
        assert len(rows) == (3 if name == "ExternalReference" else 1), name
        for row in rows:
            assert row.pgh_label == "insert"
            context = row.pgh_context
            assert (context["client"], context["reason"]) == (client.pk, f"import job {job}")
            assert context["correlationId"] == "trace-1"


def test_what_an_import_updates_is_in_the_history_too(client, api_of, tenant):
    customer = make_customer(tenant, name="New")
    make_reference(customer, "C-1")
    make_reference(make_location(customer, city="Ulm"), "L-1")
    make_reference(make_contact(customer, display_name="Eva"), "P-1")
    job = send(api_of(client), **CONTEXT).json()["importJobId"]
    for name in MODELS[:3]:
        (row,) = history(name, "update")
        assert (row.pgh_context["client"], row.pgh_context["reason"]) == (client.pk, f"import job {job}")


def test_an_import_that_changes_no_record_writes_no_history(client, api_of):
    api = api_of(client)
    send(api, **CONTEXT)
    before = {name: len(history(name)) for name in MODELS}
    send(api, **CONTEXT)
    assert {name: len(history(name)) for name in MODELS} == before


def test_two_imports_are_told_apart(client, api_of):
    api = api_of(client)
    first, second = (
        send(api, f"JOB-{n}", customer={"externalId": f"C-{n}", "name": f"New {n}"}).json()["importJobId"]
        for n in range(2)
    )
    assert [row.pgh_context["reason"] for row in history("Customer")] == [
        f"import job {first}",
        f"import job {second}",
    ]


def test_a_dry_run_writes_no_history(client, api_of):
    send(api_of(client), query="?dryRun=true", **CONTEXT)
    assert not any(history(name) for name in MODELS)
