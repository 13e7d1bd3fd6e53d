"""POST /inbound/targets."""

import json
from pathlib import Path

import pytest

from customers.models import MappingReview
from imports.models import ImportItem, ImportJob, Target
from webhooks.events.models import Event

EXAMPLES = Path(__file__).parent.parent / "examples"
pytestmark = pytest.mark.django_db


def example(name):
    return json.loads((EXAMPLES / name).read_text())


def test_it_imports_a_minimal_target(api):
    response = api.post("/inbound/targets", example("target-minimal.request.json"))
    assert response.status_code == 202, response.content
    body = response.json()
    assert body["status"] == "Accepted"
    assert body["items"][0]["status"] == "Imported"
    assert "customerMapping" not in body["items"][0]
    job = ImportJob.objects.get()
    assert response["Location"] == f"/api/connect/v1/import-jobs/{job.pk}"
    assert job.status == "Completed"
    assert ImportItem.objects.get().target == Target.objects.get()
    assert list(Event.objects.order_by("id").values_list("type", flat=True)) == [
        "target.imported",
        "import_job.completed",
    ]


def test_it_asks_about_an_unknown_customer(api):
    response = api.post("/inbound/targets", example("target-with-customer.request.json"))
    mapping = response.json()["items"][0]["customerMapping"]
    assert mapping["status"] == "NotFound"
    assert {w["code"] for w in mapping["warnings"]} == {
        "customer_not_found",
        "location_not_found",
        "contact_not_found",
    }
    assert MappingReview.objects.filter(status="open").count() == 3


def test_the_log_keeps_the_order_in_which_the_sender_wrote(api):
    api.post("/inbound/targets", '{"title": "A", "planning": {"routeDate": null}, "externalId": "JOB-1"}')
    received = ImportItem.objects.get().received
    assert list(received) == ["title", "planning", "externalId"]
