"""The events of field work as they leave the house: the contract's examples key for key, by the real fan-out."""

import json
from pathlib import Path
from typing import Any

import pytest

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.billing.models import RuleKind
from routing.planning.models import Appointment, Employee
from routing.planning.publishing import publish_suggestion
from routing.visits.decisions import approve_report
from routing.visits.models import AttachmentKind, VisitReport
from tests.factories import make_contact, make_customer, make_location, make_reference
from tests.routing.billing.cast import make_price
from tests.routing.cast import NOW, at, make_suggestion
from tests.routing.visits.cast import attach, draft, signature, submitted
from webhooks.delivery.fan_out import fan_out
from webhooks.delivery.models import Delivery
from webhooks.delivery.subscriptions import create_subscription
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db

EXAMPLES = Path(__file__).parent.parent / "examples"
# Where no value of an example can be foreseen: ids and moments.
UNFORESEEN = frozenset({"eventId", "occurredAt", "tenantId", "createdAtUtc"})


@pytest.fixture
def linked(target: Target, tenant: Tenant) -> Target:
    """The target of the examples; the shop calls customer and location by other names, and the contact by none."""
    customer = make_customer(tenant, number="RRM-001")
    place = make_location(customer, name="Essen Center", latitude=51.4582, longitude=7.0158)
    contact = make_contact(customer)
    for record, name in ((customer, "CUST-10042"), (place, "LOC-ESSEN-01"), (contact, "CONT-44")):
        make_reference(record, name)
    make_reference(customer, "shop-1", source_system="shop")
    make_reference(place, "shop-2", source_system="shop")
    Target.objects.filter(pk=target.pk).update(
        external_id="JOB-2026-000918",
        title="Maintenance visit",
        customer=customer,
        location=place,
        contact=contact,
    )
    target.refresh_from_db()
    return target


@pytest.fixture
def bodies(
    tenant: Tenant, erp: IntegrationClient, jana: Employee, linked: Target, dispatcher: User
) -> dict[str, list[dict[str, Any]]]:
    """What each source system's subscription is sent of the day, in order: published, done, approved, billed."""
    subscriptions = {
        source: create_subscription(
            tenant,
            source_system=source,
            url=f"https://{source}.example/hook",
            event_types=("route.*", "appointment.*", "target.*", "visit_report.*", "billing.*"),
        ).subscription
        for source in ("erp", "shop")
    }
    make_price(tenant, RuleKind.FLAT, "35.00", "Trip")
    publish_suggestion(make_suggestion(tenant, {jana: [linked]}), version=0, by=dispatcher, now=NOW)
    appointment = Appointment.objects.get()
    report = draft(appointment)
    attach(report)
    attach(report, signature(), AttachmentKind.SIGNATURE)
    approve_report(submitted(appointment), by=dispatcher, now=at(12))
    fan_out()
    return {source: _sent(subscription.pk) for source, subscription in subscriptions.items()}


def _sent(subscription_id: int) -> list[dict[str, Any]]:
    rows = Delivery.objects.filter(subscription_id=subscription_id).exclude(event__type="webhook.test")
    return [json.loads(bytes(row.body.content)) for row in rows.select_related("body").order_by("event_id")]


def _one(bodies: list[dict[str, Any]], event_type: str) -> dict[str, Any]:
    (body,) = [each for each in bodies if each["eventType"] == event_type]
    return body


def _alike(value: Any, example: Any, path: str = "") -> None:
    """The same keys in the same order, and the same values but for ids and moments."""
    if isinstance(example, dict):
        assert list(value) == list(example), path
        for name in example:
            _alike(value[name], example[name], f"{path}.{name}")
    elif path.rpartition(".")[2] in UNFORESEEN or (
        isinstance(example, int) and not isinstance(example, bool) and path.lower().endswith("id")
    ):
        assert type(value) is type(example), path
    else:
        assert value == example, path


@pytest.mark.parametrize("event_type", ["visit_report.approved", "billing.event_created"])
def test_the_examples_of_the_contract_come_out_key_for_key(
    event_type: str, bodies: dict[str, list[dict[str, Any]]]
) -> None:
    example = json.loads((EXAMPLES / f"{event_type}.event.json").read_bytes())
    _alike(_one(bodies["erp"], event_type), example)


def test_external_ids_are_those_of_the_subscriptions_own_source_system(
    bodies: dict[str, list[dict[str, Any]]],
) -> None:
    body = _one(bodies["shop"], "visit_report.approved")
    assert (body["customer"]["externalId"], body["location"]["externalId"]) == ("shop-1", "shop-2")
    assert (body["contact"]["externalId"], body["target"]["externalId"]) == (None, None)
    # The number is the customer's own, whoever asks.
    assert body["customer"]["customerNumber"] == "RRM-001"


def test_a_day_is_told_in_order_of_cause_and_once(bodies: dict[str, list[dict[str, Any]]]) -> None:
    assert [body["eventType"] for body in bodies["erp"]] == [
        *("route.published", "appointment.scheduled", "target.scheduled", "visit_report.created"),
        *("appointment.started", "appointment.completed", "target.completed", "visit_report.submitted"),
        *("visit_report.approved", "billing.event_created", "billing.event_ready"),
    ]
    moments = [body["occurredAt"] for body in bodies["erp"]]
    assert moments == sorted(moments)
    assert [body["eventType"] for body in bodies["shop"]] == [body["eventType"] for body in bodies["erp"]]


def test_a_billing_event_is_told_as_it_was_at_each_step(bodies: dict[str, list[dict[str, Any]]]) -> None:
    created, ready = (_one(bodies["erp"], each) for each in ("billing.event_created", "billing.event_ready"))
    assert (created["billingEvent"]["status"], created["visitReport"]["billingStatus"]) == ("Pending",) * 2
    assert (ready["billingEvent"]["status"], ready["visitReport"]["billingStatus"]) == ("Ready",) * 2
    assert VisitReport.objects.get().billing_status == "Ready"


def test_every_event_of_the_day_belongs_to_its_target_and_source_system(
    bodies: dict[str, list[dict[str, Any]]], linked: Target
) -> None:
    told = Event.objects.filter(facts__target__id=linked.pk)
    assert set(told.values_list("source_system", flat=True)) == {"erp"}
    # All but the route's, which is about an employee's day.
    assert told.count() == len(bodies["erp"]) - 1
