"""The office approves a report or sends it back: one decision, with all that follows from it in one transaction."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from imports.models import Target
from ordinavo_connect.clients.models import User
from routing.billing.models import BillingEvent
from routing.planning.models import Appointment
from routing.planning.refusals import Refused
from routing.visits import bills
from routing.visits.bills import Bill, preview_of
from routing.visits.decisions import approve_report, reject_report
from routing.visits.models import VisitReport
from tests.factories import make_contact, make_customer, make_location, make_reference
from tests.routing.cast import at
from tests.routing.visits.cast import attach, draft, last_event, picture, submitted, told
from webhooks.delivery.privacy import Profile, render
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


def test_approval_says_who_and_when(appointment: Appointment, dispatcher: User):
    report = submitted(appointment)
    before = last_event()
    report = approve_report(report, by=dispatcher, now=at(12))
    assert (report.status, report.decided_by, report.decided_at) == ("Approved", dispatcher, at(12))
    assert told(since=before)[0] == "visit_report.approved"


def test_rejection_needs_a_reason(appointment: Appointment, dispatcher: User):
    report = submitted(appointment)
    with pytest.raises(Refused) as refusal:
        reject_report(report, reason="  ", by=dispatcher, now=at(12))
    assert refusal.value.code == "reason_missing"
    before = last_event()
    report = reject_report(report, reason="How much oil?", by=dispatcher, now=at(12))
    assert (report.status, report.rejection_reason) == ("Rejected", "How much oil?")
    assert told(since=before) == ["visit_report.rejected"]


def test_the_second_decision_hears_who_made_the_first(
    appointment: Appointment, dispatcher: User, owner: User
):
    report = submitted(appointment)
    approve_report(report, by=dispatcher, now=at(12))
    before = last_event()
    with pytest.raises(Refused) as refusal:
        reject_report(report, reason="No.", by=owner, now=at(13))
    assert refusal.value.code == "already_decided"
    assert "dispatcher approved this report already" in refusal.value.message
    assert "Thu 2 July, 12:00" in refusal.value.message
    assert told(since=before) == []
    assert VisitReport.objects.get().status == "Approved"


def test_a_draft_is_not_decided_on(appointment: Appointment, dispatcher: User):
    with pytest.raises(Refused) as refusal:
        approve_report(draft(appointment), by=dispatcher, now=at(12))
    assert refusal.value.code == "not_submitted"


def test_what_was_corrected_since_the_page_was_drawn_is_looked_at_again(
    appointment: Appointment, dispatcher: User
):
    seen = submitted(appointment)
    reject_report(seen, reason="How much oil?", by=dispatcher, now=at(12))
    submitted(appointment, text="2 l of oil.")
    with pytest.raises(Refused) as refusal:
        approve_report(seen, by=dispatcher, now=at(13), seen=seen.times_submitted)
    assert refusal.value.code == "changed"


def test_a_follow_up_becomes_a_target_of_the_same_customer(appointment: Appointment, dispatcher: User):
    report = submitted(
        appointment,
        follow_up_required=True,
        follow_up_date=date(2026, 7, 20),
        follow_up_text="Replace the left valve\nOrder part 4711 first.",
    )
    before = last_event()
    report = approve_report(report, by=dispatcher, now=at(12))
    new = Target.objects.get(external_id="JOB-1-F1")
    assert report.follow_up_target == new
    assert (new.title, new.status, new.due_date) == ("Replace the left valve", "Open", date(2026, 7, 20))
    assert new.description == "Replace the left valve\nOrder part 4711 first."
    assert told(since=before)[:2] == ["visit_report.approved", "target.follow_up_created"]
    facts = Event.objects.get(type="target.follow_up_created").facts
    assert facts["target"]["id"] == new.pk
    assert facts["followUpOf"]["id"] == report.target_id


def test_a_rejected_report_makes_no_follow_up(appointment: Appointment, dispatcher: User):
    report = submitted(appointment, follow_up_required=True)
    reject_report(report, reason="Why?", by=dispatcher, now=at(12))
    assert Target.objects.count() == 1


def test_the_event_comes_out_key_for_key(appointment: Appointment, dispatcher: User, settings: Any):
    target = appointment.target
    customer = make_customer(target.tenant, number="RRM-001")
    place = make_location(customer, name="Essen Center", latitude=51.4, longitude=7.0)
    contact = make_contact(customer)
    for record, name in ((customer, "CUST-10042"), (place, "LOC-ESSEN-01"), (contact, "CONT-44")):
        make_reference(record, name)
    Target.objects.filter(pk=target.pk).update(
        title="Maintenance visit", customer=customer, location=place, contact=contact
    )
    report = draft(appointment)
    attach(report)
    attach(report, picture(color="blue"))
    approve_report(submitted(appointment), by=dispatcher, now=at(12))
    body = render(Event.objects.get(type="visit_report.approved"), Profile("erp"))
    example = json.loads(_EXAMPLE)
    assert body.keys() == example.keys()
    for part in ("customer", "location", "contact", "visitReport", "target"):
        assert list(body[part]) == list(example[part])
        ids = {name: value for name, value in body[part].items() if isinstance(value, int)}
        assert body[part] == example[part] | ids | ({"externalId": "JOB-1"} if part == "target" else {})
    assert body["visitReport"]["attachmentCount"] == 2


_EXAMPLE = """{
  "eventId": "", "eventType": "", "occurredAt": "", "tenantId": "", "source": "", "payloadVersion": "",
  "customer": {"ordinavoCustomerId": 12, "externalId": "CUST-10042", "customerNumber": "RRM-001",
               "name": "Rhein-Ruhr Medical Supply"},
  "location": {"ordinavoLocationId": 34, "externalId": "LOC-ESSEN-01", "name": "Essen Center", "city": "Essen",
               "hasCoordinates": true},
  "contact": {"ordinavoContactId": 56, "externalId": "CONT-44", "displayName": "Anna Weber"},
  "visitReport": {"id": 901, "title": "Maintenance visit - Essen Center", "status": "Approved",
                  "result": "Successful", "followUpRequired": false, "isBillable": true,
                  "billingStatus": "NotReady", "attachmentCount": 2},
  "target": {"id": 455, "externalId": "JOB-2026-000918", "title": "Maintenance visit"}
}"""


def test_approval_bills_in_its_transaction(
    appointment: Appointment, dispatcher: User, monkeypatch: pytest.MonkeyPatch
):
    def fails(report: VisitReport, *, now: Any, by: User) -> None:
        assert report.status == "Approved"
        raise RuntimeError("no paper")

    monkeypatch.setattr(bills, "_billers", [fails])
    report = submitted(appointment)
    with pytest.raises(RuntimeError):
        approve_report(report, by=dispatcher, now=at(12))
    assert VisitReport.objects.get().status == "Submitted"


def test_what_is_not_billable_is_neither_shown_nor_billed(appointment: Appointment, dispatcher: User):
    report = submitted(appointment, is_billable=False)
    assert preview_of(report) is None
    assert approve_report(report, by=dispatcher, now=at(12)).billing_status == "NotBillable"
    assert not BillingEvent.objects.exists()


def test_the_amount_is_known_before_the_click(appointment: Appointment):
    assert isinstance(preview_of(submitted(appointment)), Bill)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_make_one_decision(appointment: Appointment, dispatcher: User, owner: User):
    report = submitted(appointment, follow_up_required=True)
    together = Barrier(2)

    def decide(by: User) -> str:
        try:
            together.wait()
            approve_report(report, by=by, now=at(12))
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()
        return "approved"

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(decide, (dispatcher, owner)))
    assert answers == ["already_decided", "approved"]
    assert told().count("visit_report.approved") == 1
    assert Target.objects.filter(external_id__endswith="-F1").count() == 1
