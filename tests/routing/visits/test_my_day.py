"""My Day: an employee sees own stops in order, and each button does its work once."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Role, Tenant, User
from routing.planning.models import Appointment, Employee
from routing.visits.decisions import reject_report
from routing.visits.models import VisitReport
from routing.visits.my_day.stops import day_of
from tests.factories import make_contact, make_customer, make_location, make_user
from tests.routing.cast import DAY, at, make_appointment, make_employee, make_target
from tests.routing.visits.cast import attach, draft, form, last_event, picture, sha256, submitted, told

pytestmark = pytest.mark.django_db

SCRIPT = {"X-Sent-By": "script"}
BrowserOf = Callable[[User], Client]


def address(appointment: Appointment, rest: str = "") -> str:
    return f"/my-day/appointments/{appointment.pk}{rest}"


# Log-in


def test_without_a_log_in_it_leads_to_one_and_back(phone: Client, employee: User, appointment: Appointment):
    employee.set_password("correct horse")
    employee.save()
    phone.logout()
    answer = phone.get(address(appointment))
    assert answer["Location"] == f"/my-day/log-in?next=/my-day/appointments/{appointment.pk}"
    entered = {"username": "employee", "password": "correct horse", "next": address(appointment)}
    assert phone.post("/my-day/log-in", entered)["Location"] == address(appointment)
    assert phone.get(address(appointment)).status_code == 200


def test_a_wrong_password_is_said_and_too_many_are_refused(phone: Client):
    phone.logout()
    wrong = {"username": "employee", "password": "wrong"}
    assert "correct username and password" in phone.post("/my-day/log-in", wrong).content.decode()
    for _each in range(10):
        answer = phone.post("/my-day/log-in", wrong)
    assert "Too many wrong tries. Wait 15 minutes" in answer.content.decode()


def test_it_leads_to_no_other_site(phone: Client, employee: User):
    employee.set_password("correct horse")
    employee.save()
    phone.logout()
    entered = {"username": "employee", "password": "correct horse", "next": "https://evil.example/"}
    assert phone.post("/my-day/log-in", entered)["Location"] == "/my-day/"


@pytest.mark.parametrize("name", ["owner", "viewer"])
def test_staff_without_an_employee_hear_what_to_do(
    name: str, request: pytest.FixtureRequest, browser_of: BrowserOf
):
    answer = browser_of(request.getfixturevalue(name)).get("/my-day/")
    assert answer.status_code == 403


def test_an_employee_who_is_no_member_any_more_is_nobody(phone: Client, employee: User):
    employee.memberships.all().delete()
    assert phone.get("/my-day/").status_code == 403


def test_an_employee_who_is_not_active_any_more_is_nobody(phone: Client, jana: Employee):
    Employee.objects.filter(pk=jana.pk).update(is_active=False)
    assert phone.get("/my-day/").status_code == 403


def test_who_works_for_two_chooses(phone: Client, employee: User, other_tenant: Tenant):
    employee.memberships.create(tenant=other_tenant, role=Role.EMPLOYEE)
    other = make_employee(other_tenant, "Jana at Umbrella", user=employee)
    assert phone.get("/my-day/")["Location"] == "/my-day/choose"
    assert "Umbrella Maintenance" in phone.get("/my-day/choose").content.decode()
    phone.post("/my-day/choose", {"employee": other.pk})
    assert "Jana at Umbrella" in phone.get("/my-day/").content.decode()


def test_logging_out_is_a_button(phone: Client):
    phone.post("/my-day/log-out")
    assert phone.get("/my-day/").status_code == 302
    assert phone.get("/my-day/log-out").status_code == 405


# The day


def test_the_next_stop_says_where_when_and_whom_to_ask(phone: Client, target: Target):
    customer = make_customer(target.tenant)
    place = make_location(customer, name="Essen Center", access_notes="Ring twice at gate 3.")
    contact = make_contact(customer, phone="+49 201 555010")
    Target.objects.filter(pk=target.pk).update(customer=customer, location=place, contact=contact)
    page = phone.get("/my-day/").content.decode()
    for shown in (
        *("Rhein-Ruhr Medical Supply", "Essen Center", "09:00", "10:00", "Hachestrasse 12", "45127 Essen"),
        *("Ring twice at gate 3.", "Anna Weber", 'href="tel:+49201555010"', "geo:51.458200,7.015800"),
    ):
        assert shown in page, shown


def test_what_came_without_a_link_is_shown_as_it_was_sent(phone: Client, target: Target):
    sent = {
        "customer": {"name": "Nobody Ltd"},
        "location": {"street": "Kettwiger Str. 1", "city": "Essen", "access_notes": "Back door."},
        "contact": {"display_name": "Ali", "phone": "0201 1"},
    }
    Target.objects.filter(pk=target.pk).update(context=sent)
    page = phone.get("/my-day/").content.decode()
    for shown in ("Nobody Ltd", "Kettwiger Str. 1", "Back door.", "Ali", "tel:02011"):
        assert shown in page


def test_stops_stand_in_order_and_tomorrows_apart(
    phone: Client, jana: Employee, erp: IntegrationClient, morning: time_machine.Traveller
):
    make_appointment(jana, make_target(erp, "LATER"), start=at(13))
    make_appointment(jana, make_target(erp, "EARLY"), start=at(7))
    make_appointment(jana, make_target(erp, "TOMORROW"), start=at(8, day=DAY.replace(day=3)))
    make_appointment(jana, make_target(erp, "FAR"), start=at(8, day=DAY.replace(day=4)))
    day = phone.get("/my-day/").context["day"]
    assert [stop.title.split()[-1] for stop in day.today] == ["EARLY", "JOB-1", "LATER"]
    assert [stop.title.split()[-1] for stop in day.tomorrow] == ["TOMORROW"]
    assert day.next.title.endswith("EARLY")


def test_what_was_started_comes_first(phone: Client, jana: Employee, erp: IntegrationClient):
    make_appointment(jana, make_target(erp, "NOW"), start=at(13), status="Started")
    assert phone.get("/my-day/").context["day"].next.title.endswith("NOW")


def test_a_report_that_is_missing_since_yesterday_is_asked_for(
    phone: Client, jana: Employee, erp: IntegrationClient
):
    yesterday = at(9, day=DAY.replace(day=1))
    make_appointment(jana, make_target(erp, "YESTERDAY"), start=yesterday, status="Completed")
    assert [stop.title.split()[-1] for stop in phone.get("/my-day/").context["day"].earlier] == ["YESTERDAY"]


def test_a_report_that_was_sent_back_stands_on_top_with_its_reason(
    phone: Client, appointment: Appointment, dispatcher: User
):
    reject_report(submitted(appointment), reason="How much oil?", by=dispatcher, now=at(12))
    page = phone.get("/my-day/").content.decode()
    assert "How much oil?" in page
    assert "How much oil?" in phone.get(address(appointment, "/report")).content.decode()


def test_an_empty_day_says_so(phone: Client, appointment: Appointment, morning: time_machine.Traveller):
    morning.move_to(at(9, day=DAY.replace(day=5)))
    assert "Nothing planned for today" in phone.get("/my-day/").content.decode()


def test_the_pages_are_small_and_cost_few_queries(
    phone: Client,
    jana: Employee,
    erp: IntegrationClient,
    appointment: Appointment,
    django_assert_max_num_queries: Any,
):
    for number in range(20):
        target = make_target(erp, f"MORE-{number}", description="What is to be done. " * 50)
        make_appointment(jana, target, start=at(10 + number // 2, number))
    attach(draft(appointment))
    for page in ("/my-day/", address(appointment), address(appointment, "/report")):
        with django_assert_max_num_queries(10):
            answer = phone.get(page)
        assert answer.status_code == 200
        assert len(answer.content) < 150 * 1024


# Buttons


def test_an_employee_starts_and_completes(phone: Client, appointment: Appointment):
    assert phone.post(address(appointment, "/start"))["Location"] == "/my-day/"
    answer = phone.post(address(appointment, "/complete"), headers=SCRIPT)
    assert answer.json() == {"next": address(appointment, "/report")}
    appointment.refresh_from_db()
    assert appointment.status == "Completed"


def test_a_press_that_is_sent_twice_is_done_once(phone: Client, appointment: Appointment):
    press = {"action_id": str(uuid4())}
    first = phone.post(address(appointment, "/start"), press, headers=SCRIPT)
    second = phone.post(address(appointment, "/start"), press, headers=SCRIPT)
    assert (
        (first.status_code, first.json())
        == (second.status_code, second.json())
        == (200, {"next": "/my-day/"})
    )
    assert told() == ["appointment.started"]


def test_a_report_is_not_done_by_the_press_of_another_button(phone: Client, appointment: Appointment):
    press = {"action_id": str(uuid4())}
    phone.post(address(appointment, "/start"), press, headers=SCRIPT)
    answer = phone.post(address(appointment, "/report/submit"), form(**press), headers=SCRIPT)
    assert (answer.status_code, answer.json()["code"]) == (409, "action_id_used")


def test_another_press_hears_that_it_is_done(phone: Client, appointment: Appointment):
    phone.post(address(appointment, "/start"))
    answer = phone.post(address(appointment, "/start"), headers=SCRIPT)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_started")


def test_a_problem_reaches_the_office(phone: Client, appointment: Appointment):
    phone.post(address(appointment, "/problem"), {"code": "no_access", "text": "Nobody opens the gate."})
    appointment.refresh_from_db()
    assert (appointment.status, appointment.problem_code) == ("ProblemReported", "no_access")
    assert told() == ["appointment.problem_reported"]
    assert "The office knows of the problem now." in phone.get("/my-day/").content.decode()


@pytest.mark.parametrize(("code", "is_next"), [("no_access", False), ("late", True)])
def test_whoever_is_late_still_goes_there(
    code: str, is_next: bool, phone: Client, appointment: Appointment, jana: Employee
):
    phone.post(address(appointment, "/problem"), {"code": code})
    following = day_of(jana, now=at(9)).next
    assert (following is not None and following.id == appointment.pk) is is_next


def test_a_problem_has_a_kind(phone: Client, appointment: Appointment):
    answer = phone.post(address(appointment, "/problem"), {"code": "bored"}, headers=SCRIPT)
    assert (answer.status_code, answer.json()["message"]) == (409, "Choose what the problem is.")


# The report


def test_the_minutes_are_those_since_the_start(
    phone: Client, appointment: Appointment, morning: time_machine.Traveller
):
    phone.post(address(appointment, "/start"))
    morning.shift(42 * 60)
    page = phone.get(address(appointment, "/report"))
    assert page.context["form"]["work_minutes"].value() == 42


def test_a_report_is_sent_and_shown_as_sent(phone: Client, appointment: Appointment):
    fields = form(
        material_name=["Filter", "", "Oil"],
        material_quantity=["2", "", "1,5"],
        material_unit=["pc", "", "l"],
        follow_up_required="on",
        follow_up_date="2026-07-20",
        follow_up_text="Replace the valve.",
        signed_by="Anna Weber",
    )
    answer = phone.post(address(appointment, "/report/submit"), fields, follow=True)
    assert "Sent. The office looks at it." in answer.content.decode()
    report = VisitReport.objects.get()
    assert (report.status, report.work_minutes, report.signed_by) == ("Submitted", 90, "Anna Weber")
    assert report.materials == [
        {"name": "Filter", "quantity": "2", "unit": "pc"},
        {"name": "Oil", "quantity": "1.5", "unit": "l"},
    ]
    assert (report.follow_up_text, str(report.follow_up_date)) == ("Replace the valve.", "2026-07-20")


def test_a_form_that_is_sent_twice_makes_one_report(phone: Client, appointment: Appointment):
    fields = form(action_id=str(uuid4()))
    first = phone.post(address(appointment, "/report/submit"), fields, headers=SCRIPT)
    before = last_event()
    second = phone.post(address(appointment, "/report/submit"), fields, headers=SCRIPT)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert first.status_code == 200
    assert (VisitReport.objects.count(), told(since=before)) == (1, [])


def test_another_form_for_the_same_visit_hears_that_it_is_sent(phone: Client, appointment: Appointment):
    phone.post(address(appointment, "/report/submit"), form())
    answer = phone.post(address(appointment, "/report/submit"), form(text="Other."), headers=SCRIPT)
    assert (answer.status_code, answer.json()["code"]) == (409, "report_sent")
    assert VisitReport.objects.get().text == "Filters changed."


def test_what_is_missing_is_said_at_its_field_and_the_rest_is_kept(phone: Client, appointment: Appointment):
    fields = form(result="", work_minutes="")
    answer = phone.post(address(appointment, "/report/submit"), fields, headers=SCRIPT)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "result": "Choose what the result is.",
        "work_minutes": "Enter how many minutes the work took.",
    }
    report = VisitReport.objects.get()
    assert (report.status, report.text) == ("Draft", "Filters changed.")
    page = phone.post(address(appointment, "/report/submit"), fields).content.decode()
    assert "Choose what the result is." in page
    assert "Filters changed." in page


@pytest.mark.parametrize("quantity", ["many", "-1", "0", "0.0001", "NaN", "Infinity", "1e400", "9" * 30])
def test_a_quantity_is_a_number(phone: Client, appointment: Appointment, quantity: str):
    fields = form(material_name=["Oil"], material_quantity=[quantity], material_unit=["l"])
    answer = phone.post(address(appointment, "/report/submit"), fields, headers=SCRIPT)
    assert answer.status_code == 400
    assert "is no quantity" in answer.json()["errors"]["__all__"]


def test_control_characters_are_left_out(phone: Client, appointment: Appointment):
    phone.post(address(appointment, "/report/draft"), form(text="a\x00b\x07\r\nc"))
    assert VisitReport.objects.get().text == "ab\nc"


def test_a_draft_is_kept_on_the_server(phone: Client, appointment: Appointment):
    answer = phone.post(address(appointment, "/report/draft"), form(work_minutes="many"), headers=SCRIPT)
    assert answer.json() == {"savedAt": "09:05"}
    page = phone.get(address(appointment, "/report")).content.decode()
    assert "Filters changed." in page


def test_photos_that_have_not_arrived_are_named(phone: Client, appointment: Appointment):
    sent = picture()
    fields = form(photo=[sha256(sent)], action_id=str(uuid4()))
    answer = phone.post(address(appointment, "/report/submit"), fields, headers=SCRIPT)
    assert (answer.status_code, answer.json()["missing"]) == (409, [sha256(sent)])
    assert VisitReport.objects.get().status == "Draft"
    kept = phone.post(
        address(appointment, f"/photos/{sha256(sent)}"), sent, content_type="application/octet-stream"
    )
    assert kept.status_code == 200
    again = phone.post(address(appointment, "/report/submit"), fields, headers=SCRIPT)
    assert (again.status_code, VisitReport.objects.get().status) == (200, "Submitted")


def test_a_session_that_ended_is_told_to_the_script(phone: Client, appointment: Appointment):
    phone.logout()
    answer = phone.post(address(appointment, "/report/draft"), form(), headers=SCRIPT)
    assert (answer.status_code, answer.json()["logIn"]) == (401, "/my-day/log-in")


def test_forms_need_their_token(employee: User, jana: Employee, appointment: Appointment):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(employee)
    assert browser.post(address(appointment, "/start")).status_code == 403


# Somebody else's

PLACES = (
    *(("GET", ""), ("GET", "/report"), ("POST", "/start"), ("POST", "/complete"), ("POST", "/problem")),
    *(("POST", "/report/draft"), ("POST", "/report/submit")),
    *(("POST", f"/photos/{'0' * 64}"), ("POST", f"/photos/{'0' * 64}/remove")),
)


@pytest.mark.parametrize(("method", "rest"), PLACES)
@pytest.mark.parametrize("whose", ["colleague", "other tenant", "nobody"])
def test_another_ones_appointment_is_not_there(
    phone: Client,
    malik: Employee,
    other_employee: Employee,
    erp: IntegrationClient,
    other_target: Target,
    whose: str,
    method: str,
    rest: str,
):
    colleagues = make_appointment(malik, make_target(erp, "JOB-2"))
    foreign = make_appointment(other_employee, other_target)
    number = {"colleague": colleagues.pk, "other tenant": foreign.pk, "nobody": 987654321}[whose]
    answer = phone.generic(method, f"/my-day/appointments/{number}{rest}")
    assert answer.status_code == 404
    colleagues.refresh_from_db()
    assert colleagues.status == "Scheduled"


def test_a_role_without_an_employee_cannot_post(
    dispatcher: User, browser_of: BrowserOf, appointment: Appointment
):
    assert browser_of(dispatcher).post(address(appointment, "/start")).status_code == 403


def test_an_employee_gets_no_admin(phone: Client):
    assert phone.get("/admin/").status_code == 302


def test_a_dispatcher_who_also_drives_has_both(
    tenant: Tenant, target: Target, browser_of: BrowserOf, morning: time_machine.Traveller
):
    user = make_user("both", tenant, Role.DISPATCHER)
    make_appointment(make_employee(tenant, "Both", user=user), target)
    browser = browser_of(user)
    assert "Maintenance JOB-1" in browser.get("/my-day/").content.decode()
    assert browser.get("/admin/").status_code == 200
