"""What the ERP says of a billing event."""

import threading

import pytest
from django.db import connection

from ordinavo_connect.clients.models import IntegrationClient
from routing.billing.acknowledgement import acknowledge, offer_again
from routing.billing.models import BillingEvent
from routing.planning.refusals import Refused
from routing.visits.models import VisitReport
from tests.routing.billing.cast import make_billing_event, told
from tests.routing.cast import at

pytestmark = pytest.mark.django_db


def ack(event: BillingEvent, erp: IntegrationClient, number: str = "", error: str = "") -> BillingEvent:
    return acknowledge(event, document_number=number, error=error, client=erp, now=at(14))


def test_a_document_number_makes_it_sent(billing_event: BillingEvent, erp: IntegrationClient) -> None:
    done = ack(billing_event, erp, "INV-4711")
    assert (done.status, done.document_number, done.acknowledged_by) == ("Sent", "INV-4711", erp)
    assert told() == ["billing.event_sent"]
    done.report.refresh_from_db()
    assert done.report.billing_status == "Sent"


def test_the_same_number_again_changes_nothing(billing_event: BillingEvent, erp: IntegrationClient) -> None:
    ack(billing_event, erp, "INV-4711")
    assert ack(billing_event, erp, "INV-4711").status == "Sent"
    assert told() == ["billing.event_sent"]


@pytest.mark.parametrize(("number", "error"), [("INV-4712", ""), ("", "Too late.")])
def test_anything_else_after_sent_is_refused(
    number: str, error: str, billing_event: BillingEvent, erp: IntegrationClient
) -> None:
    ack(billing_event, erp, "INV-4711")
    with pytest.raises(Refused) as refused:
        ack(billing_event, erp, number, error)
    assert refused.value.code == "billing_event_already_acknowledged"
    billing_event.refresh_from_db()
    assert (billing_event.status, billing_event.document_number) == ("Sent", "INV-4711")


def test_what_is_pending_cannot_be_acknowledged(report: VisitReport, erp: IntegrationClient) -> None:
    event = make_billing_event(report, "Pending")
    with pytest.raises(Refused) as refused:
        ack(event, erp, "INV-4711")
    assert refused.value.code == "billing_event_not_ready"
    assert told() == []


def test_an_error_makes_it_failed_and_a_number_still_makes_it_sent(
    billing_event: BillingEvent, erp: IntegrationClient
) -> None:
    assert ack(billing_event, erp, error="The customer is blocked.").status == "Failed"
    assert ack(billing_event, erp, error="The customer is blocked.").status == "Failed"
    done = ack(billing_event, erp, "INV-4711")
    assert (done.status, done.error) == ("Sent", "")
    assert told() == ["billing.event_failed", "billing.event_sent"]


def test_the_newest_error_counts(billing_event: BillingEvent, erp: IntegrationClient) -> None:
    ack(billing_event, erp, error="One.")
    assert ack(billing_event, erp, error="Two.").error == "Two."
    assert told() == ["billing.event_failed"]


def test_staff_offer_what_failed_again(report: VisitReport, erp: IntegrationClient) -> None:
    event = make_billing_event(report, "Failed")
    assert offer_again(event, now=at(15)).status == "Ready"
    assert told() == ["billing.event_ready"]
    with pytest.raises(Refused) as refused:
        offer_again(event, now=at(15))
    assert refused.value.code == "not_failed"


@pytest.mark.django_db(transaction=True)
def test_two_numbers_at_once_make_one_document(billing_event: BillingEvent, erp: IntegrationClient) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def call(number: str) -> None:
        try:
            barrier.wait()
            outcomes.append(ack(billing_event, erp, number).document_number)
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=[number]) for number in ("INV-1", "INV-2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    billing_event.refresh_from_db()
    assert sorted(outcomes) == [billing_event.document_number, "billing_event_already_acknowledged"]
    assert told() == ["billing.event_sent"]
