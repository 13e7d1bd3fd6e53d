"""What an import tells the world: facts that hold every key that a body can need (API contract, Webhooks)."""

import json
from pathlib import Path

import pytest

from tests.factories import make_client, make_contact, make_customer, make_location, make_reference
from tests.imports.calls import imported, imported_batch, target
from webhooks.events.models import Event

EXAMPLES = Path(__file__).parent.parent / "examples"
pytestmark = pytest.mark.django_db


def example(name):
    return json.loads((EXAMPLES / name).read_text())


def only_event(kind):
    return Event.objects.get(type=kind)


@pytest.fixture
def linked(tenant):
    customer = make_customer(tenant, name="Rhein-Ruhr Medical Supply", number="RRM-001")
    make_reference(customer, "CUST-10042")
    make_reference(customer, "crm-7", source_system="crm")
    place = make_location(customer, name="Essen Center", latitude=51.4, longitude=7.0)
    make_reference(place, "LOC-ESSEN-01")
    person = make_contact(
        customer, email="anna.weber@example.com", phone="+49 201 123456", role="Operations Manager"
    )
    make_reference(person, "CONT-44")
    return customer, place, person


def test_the_facts_of_an_imported_target_hold_all_that_its_body_needs(api, linked):
    customer, place, person = linked
    item = imported(api, "JOB-2026-000918", **context(), planning={"priority": "High"})
    event = only_event("target.imported")
    assert event.event_id.startswith("evt_")
    assert len(event.event_id) == 30
    assert event.source_system == "erp"
    facts = event.facts
    shown = example("target.imported.event.json")
    assert {"customer", "location", "contact", "target", "importJob"} <= facts.keys() & shown.keys()
    assert facts["customer"] == {
        "id": customer.pk,
        "number": "RRM-001",
        "name": "Rhein-Ruhr Medical Supply",
        "externalIds": {"erp": "CUST-10042", "crm": "crm-7"},
    }
    assert facts["location"] == {
        "id": place.pk,
        "name": "Essen Center",
        "city": "Essen",
        "hasCoordinates": True,
        "externalIds": {"erp": "LOC-ESSEN-01"},
    }
    assert facts["contact"] == {
        "id": person.pk,
        "displayName": "Anna Weber",
        "email": "anna.weber@example.com",
        "phone": "+49 201 123456",
        "role": "Operations Manager",
        "externalIds": {"erp": "CONT-44"},
    }
    told = facts["target"]
    assert (told["id"], told["externalIds"], told["title"]) == (
        item["targetId"],
        {"erp": "JOB-2026-000918"},
        "Visit",
    )
    assert (told["status"], told["mappingStatus"], told["priority"]) == ("Open", "Mapped", "High")
    assert {"templateKey", "customFields"} <= told.keys()
    assert shown["importJob"].keys() <= facts["importJob"].keys()
    assert (facts["importJob"]["itemIndex"], facts["importJob"]["outcome"]) == (0, "Imported")


def context():
    return {
        "customer": {"externalId": "CUST-10042"},
        "location": {"externalId": "LOC-ESSEN-01"},
        "contact": {"externalId": "CONT-44"},
    }


def test_the_facts_of_a_finished_job_hold_all_that_its_body_needs(api):
    body = imported_batch(api, [target(), {}], batchId="BATCH-1")
    facts = only_event("import_job.completed").facts["importJob"]
    assert facts.keys() == example("import_job.completed.event.json")["importJob"].keys()
    assert (facts["id"], facts["status"], facts["batchId"]) == (
        body["importJobId"],
        "PartiallyFailed",
        "BATCH-1",
    )
    assert (facts["totalItems"], facts["createdItems"], facts["rejectedItems"]) == (2, 1, 1)


def test_an_external_id_is_the_one_that_the_target_was_sent_with(api, linked):
    make_reference(linked[0], "CUST-OLD")
    imported(api, customer={"externalId": "CUST-10042"})
    assert only_event("target.imported").facts["customer"]["externalIds"]["erp"] == "CUST-10042"


def test_keys_without_context_are_left_out(api):
    imported(api)
    assert only_event("target.imported").facts.keys() == {"target", "importJob"}


def test_context_that_is_not_linked_is_left_out(api):
    imported(api, customer={"externalId": "X-1", "name": "Unknown"})
    facts = only_event("target.imported").facts
    assert "customer" not in facts
    assert facts["target"]["mappingStatus"] == "NotFound"


def test_a_record_that_the_import_created_is_told_with_its_number_and_external_id(tenant, api_of):
    api = api_of(make_client(tenant, auto_create_customers=True))
    mapping = imported(api, customer={"externalId": "N-1", "customerNumber": "7", "name": "New"})[
        "customerMapping"
    ]
    assert only_event("target.imported").facts["customer"] == {
        "id": mapping["customerId"],
        "number": "7",
        "name": "New",
        "externalIds": {"erp": "N-1"},
    }


def test_the_priority_of_the_location_is_told_where_the_target_has_none(api, linked):
    linked[1].default_priority = "Urgent"
    linked[1].save()
    imported(api, **context())
    facts = only_event("target.imported").facts
    assert facts["target"]["priority"] == "Urgent"
    assert "defaultPriority" not in facts["location"]


def test_notes_and_the_customers_own_contact_data_are_never_told(api, linked):
    imported(
        api,
        customer={"externalId": "CUST-10042", "email": "secret@example.com", "phone": "+49 1 999"},
        location={"externalId": "LOC-ESSEN-01", "accessNotes": "secret code"},
    )
    for event in Event.objects.all():
        assert "secret" not in json.dumps(event.facts)
        assert "999" not in json.dumps(event.facts)


def test_a_rejected_item_is_told_with_its_error(api):
    imported_batch(api, [target("BAD", title=5)])
    facts = only_event("target.rejected").facts
    assert (facts["target"]["id"], facts["target"]["externalIds"]) == (None, {"erp": "BAD"})
    assert facts["importJob"]["errorCode"] == "validation_failed"
    assert facts["importJob"]["errorMessage"]


def test_events_of_one_job_happened_in_their_order(api):
    imported_batch(api, [target("JOB-1"), target("JOB-2")])
    times = list(Event.objects.order_by("pk").values_list("occurred_at", flat=True))
    assert times == sorted(times)


def test_event_ids_differ(api):
    imported_batch(api, [target(f"JOB-{n}") for n in range(50)])
    assert len(set(Event.objects.values_list("event_id", flat=True))) == 51
