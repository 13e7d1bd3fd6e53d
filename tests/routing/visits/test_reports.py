"""A report is written, handed in, sent back, corrected; each step once, with its events in the order of cause."""

import pytest

from imports.models import Target
from routing.planning.models import Appointment, Employee
from routing.planning.refusals import Refused
from routing.visits.attachments import name_photos
from routing.visits.decisions import approve_report, reject_report
from routing.visits.models import VisitReport
from routing.visits.reports import PhotosMissing, save_draft, submit_report
from tests.factories import make_customer, make_location
from tests.routing.cast import at, make_appointment
from tests.routing.visits.cast import attach, content, draft, last_event, picture, sha256, submitted, told
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db

APPOINTMENT_ENDS = ["appointment.started", "appointment.completed", "target.completed"]


def test_the_first_draft_makes_the_report_and_tells_of_it(appointment: Appointment):
    report = draft(appointment)
    draft(appointment, text="Filters changed, pressure checked.")
    report.refresh_from_db()
    assert told() == ["visit_report.created"]
    assert (report.status, report.text) == ("Draft", "Filters changed, pressure checked.")


def test_the_title_names_job_and_place(appointment: Appointment, target: Target):
    target.location = make_location(make_customer(target.tenant), name="Essen Center")
    target.save(update_fields=["location"])
    assert draft(appointment).title == "Maintenance JOB-1 - Essen Center"


def test_handing_in_ends_the_visit(appointment: Appointment, target: Target):
    report = draft(appointment)
    before = last_event()
    report = submit_report(report, now=at(11))
    appointment.refresh_from_db()
    target.refresh_from_db()
    assert (report.status, report.submitted_at, report.times_submitted) == ("Submitted", at(11), 1)
    assert (appointment.status, target.status) == ("Completed", "Completed")
    assert told(since=before) == [*APPOINTMENT_ENDS, "visit_report.submitted"]


def test_a_visit_that_was_completed_stays_so(jana: Employee, target: Target):
    appointment = make_appointment(jana, target, status="Completed")
    report = draft(appointment)
    before = last_event()
    submit_report(report, now=at(11))
    assert told(since=before) == ["visit_report.submitted"]


def test_a_report_after_a_problem_ends_the_visit_and_tells_the_problem(jana: Employee, target: Target):
    appointment = make_appointment(jana, target, status="ProblemReported")
    submitted(appointment, result="NotPossible")
    appointment.refresh_from_db()
    assert appointment.status == "Completed"
    problem = Event.objects.get(type="visit_report.problem_reported").facts["problem"]
    assert (problem["code"], problem["summary"]) == ("no_access", "Nobody opens.")


def test_what_is_needed_and_what_went_wrong_is_told_after_the_report(appointment: Appointment):
    submitted(appointment, result="NotPossible", text="The gate is locked.", follow_up_required=True)
    assert told()[-3:] == [
        "visit_report.submitted",
        "visit_report.follow_up_required",
        "visit_report.problem_reported",
    ]
    facts = Event.objects.get(type="visit_report.problem_reported").facts
    assert facts["problem"] == {
        "code": "not_possible",
        "reportedAtUtc": "2026-07-02T09:00:00Z",
        "summary": "The gate is locked.",
    }
    assert facts["visitReport"]["result"] == "NotPossible"


def test_it_is_handed_in_once(appointment: Appointment):
    report = submitted(appointment)
    before = last_event()
    with pytest.raises(Refused) as refusal:
        submit_report(report, now=at(12))
    assert refusal.value.code == "report_sent"
    assert told(since=before) == []


def test_what_was_handed_in_is_not_written_any_more(appointment: Appointment):
    submitted(appointment)
    with pytest.raises(Refused) as refusal:
        draft(appointment, text="Something else.")
    assert refusal.value.code == "report_sent"
    assert VisitReport.objects.get().text == "Filters changed."


@pytest.mark.parametrize("missing", [{"result": ""}, {"work_minutes": None}])
def test_result_and_minutes_are_needed(appointment: Appointment, missing: dict[str, object]):
    report = draft(appointment, **missing)
    with pytest.raises(Refused) as refusal:
        submit_report(report, now=at(11))
    assert refusal.value.code == "incomplete"
    appointment.refresh_from_db()
    assert appointment.status == "Scheduled"


def test_photos_that_it_names_and_that_have_not_arrived_hold_it_up(appointment: Appointment):
    report = draft(appointment)
    sent = picture()
    name_photos(report, hashes=[sha256(sent)], now=at(10))
    with pytest.raises(PhotosMissing) as refusal:
        submit_report(report, now=at(11))
    assert refusal.value.hashes == (sha256(sent),)
    assert VisitReport.objects.get().status == "Draft"
    attach(report, sent)
    assert submit_report(report, now=at(11)).status == "Submitted"


def test_of_a_cancelled_appointment_no_report_is_begun(jana: Employee, target: Target):
    appointment = make_appointment(jana, target, status="Cancelled")
    with pytest.raises(Refused) as refusal:
        draft(appointment)
    assert refusal.value.code == "appointment_cancelled"


def test_what_was_sent_back_is_corrected_and_handed_in_again(appointment: Appointment, dispatcher):
    report = submitted(appointment)
    reject_report(report, reason="How much oil?", by=dispatcher, now=at(12))
    before = last_event()
    report = submit_report(draft(appointment, text="2 l of oil."), now=at(13))
    assert (report.status, report.text, report.times_submitted) == ("Submitted", "2 l of oil.", 2)
    assert (report.decided_at, report.rejection_reason) == (None, "How much oil?")
    assert told(since=before) == ["visit_report.submitted"]
    assert approve_report(report, by=dispatcher, now=at(14)).status == "Approved"


def test_a_half_corrected_report_keeps_its_result(appointment: Appointment, dispatcher):
    reject_report(submitted(appointment), reason="How much oil?", by=dispatcher, now=at(12))
    report = draft(appointment, result="", work_minutes=None)
    assert (report.status, report.result, report.work_minutes) == ("Rejected", "Successful", 90)


def test_whoever_gets_the_appointment_writes_on(appointment: Appointment, malik: Employee):
    draft(appointment)
    Appointment.objects.filter(pk=appointment.pk).update(employee=malik)
    appointment.refresh_from_db()
    report = save_draft(appointment, employee=malik, content=content(), now=at(11))
    assert report.employee == malik


@pytest.mark.parametrize(("is_billable", "status"), [(True, "NotReady"), (False, "NotBillable")])
def test_the_billing_status_follows_what_the_employee_says(
    appointment: Appointment, is_billable: bool, status: str
):
    assert submitted(appointment, is_billable=is_billable).billing_status == status
