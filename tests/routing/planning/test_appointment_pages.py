"""Appointments in the admin: found, read, moved and cancelled by who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, User
from routing.planning.appointments import report_problem, start_appointment
from routing.planning.models import Appointment, Employee
from tests.factories import make_customer
from tests.routing.cast import ZONE, make_appointment, make_target

LIST = "/admin/planning/appointment/"


@pytest.fixture
def soon() -> Any:
    """At ten on the next Tuesday that is at least a day away."""
    at = timezone.now().astimezone(ZONE).replace(hour=10, minute=0, second=0, microsecond=0)
    return at + timedelta(days=2 + (6 - at.weekday()) % 7)


@pytest.fixture
def appointment(jana: Employee, target: Target, soon: Any) -> Appointment:
    return make_appointment(jana, target, start=soon)


@pytest.fixture
def office(browser_of: Callable[[User], Client], dispatcher: User) -> Client:
    return browser_of(dispatcher)


def _page(appointment: Appointment, name: str = "change") -> str:
    return f"{LIST}{appointment.pk}/{name}/"


def _form(appointment: Appointment, **changes: Any) -> dict[str, Any]:
    start = appointment.start_at.astimezone(ZONE)
    form = {
        "employee": appointment.employee_id,
        "day": start.date().isoformat(),
        "time": start.strftime("%H:%M"),
        "seen": appointment.updated_at.isoformat(),
    }
    return form | changes


def test_the_list_names_who_goes_to_whom(office: Client, appointment: Appointment) -> None:
    Target.objects.update(customer=make_customer(appointment.tenant))

    page = office.get(LIST).content.decode()

    assert "Rhein-Ruhr Medical Supply" in page
    assert "Jana Weber" in page
    assert "10:00–11:00" in page


@pytest.mark.parametrize("words", ["job-1", "jana", "maintenance weber"])
def test_it_is_found_by_what_people_remember(office: Client, appointment: Appointment, words: str) -> None:
    assert _page(appointment) in office.get(LIST, {"q": words}).content.decode()
    assert _page(appointment) not in office.get(LIST, {"q": f"{words} nothing"}).content.decode()


def test_an_empty_list_says_what_to_do(office: Client) -> None:
    assert "Nothing is published yet" in office.get(LIST).content.decode()


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    office: Client, erp: IntegrationClient, jana: Employee, soon: Any
) -> None:
    def counted() -> int:
        make_appointment(jana, make_target(erp), start=soon)
        with CaptureQueriesContext(connection) as queries:
            office.get(LIST)
        return len(queries)

    counted()
    assert counted() == counted()


def test_the_list_can_be_exported(office: Client, appointment: Appointment) -> None:
    lines = b"".join(office.get(f"{LIST}export/").streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert "externalId" in lines[0]
    assert "JOB-1" in lines[1]


def test_its_page_tells_the_story(office: Client, appointment: Appointment) -> None:
    report_problem(appointment, code="no_access", text="Nobody opens the gate.", now=timezone.now())

    page = office.get(_page(appointment)).content.decode()

    assert "Nobody there, no access" in page
    assert "Nobody opens the gate." in page
    assert "Planned for Jana Weber" in page


def test_it_is_moved(office: Client, appointment: Appointment, malik: Employee) -> None:
    answer = office.post(_page(appointment, "move"), _form(appointment, employee=malik.pk, time="13:30"))

    assert answer["Location"] == _page(appointment)
    appointment.refresh_from_db()
    start = appointment.start_at.astimezone(ZONE)
    assert (appointment.employee, start.strftime("%H:%M")) == (malik, "13:30")
    page = office.get(_page(appointment)).content.decode()
    assert "Moved to Malik Yilmaz" in page
    assert "by dispatcher" in page


def test_what_cannot_be_kept_is_said_in_words_and_nothing_lost(
    office: Client, appointment: Appointment
) -> None:
    page = office.post(_page(appointment, "move"), _form(appointment, time="20:00")).content.decode()

    assert "shift ends at 16:30" in page
    assert 'value="20:00"' in page


def test_who_was_overtaken_looks_again(office: Client, appointment: Appointment, malik: Employee) -> None:
    form = _form(appointment, time="13:00")
    office.post(_page(appointment, "move"), _form(appointment, employee=malik.pk))

    page = office.post(_page(appointment, "move"), form).content.decode()

    assert "Somebody changed the appointment" in page
    assert Appointment.objects.get().employee == malik


def test_another_tenants_employee_cannot_be_chosen(
    office: Client, appointment: Appointment, other_employee: Employee
) -> None:
    office.post(_page(appointment, "move"), _form(appointment, employee=other_employee.pk))

    appointment.refresh_from_db()
    assert appointment.employee.name == "Jana Weber"


def test_it_is_cancelled_with_a_reason(office: Client, appointment: Appointment) -> None:
    assert "JOB-1 is open again" in office.get(_page(appointment, "cancel")).content.decode()
    office.post(_page(appointment, "cancel"), {"reason": ""})
    assert Appointment.objects.get().status == "Scheduled"

    office.post(_page(appointment, "cancel"), {"reason": "The customer called."})

    assert Appointment.objects.get().status == "Cancelled"
    assert "The customer called." in office.get(_page(appointment)).content.decode()


def test_where_somebody_is_at_work_the_page_offers_nothing(office: Client, appointment: Appointment) -> None:
    start_appointment(appointment, now=timezone.now())

    page = office.get(_page(appointment)).content.decode()

    assert _page(appointment, "move") not in page
    answer = office.post(_page(appointment, "cancel"), {"reason": "Too late."})
    assert "Jana Weber began" in answer.content.decode()


@pytest.mark.parametrize("name", ["move", "cancel"])
def test_a_viewer_reads_only(
    browser_of: Callable[[User], Client], viewer: User, appointment: Appointment, name: str
) -> None:
    browser = browser_of(viewer)

    assert browser.get(_page(appointment)).status_code == 200
    assert browser.post(_page(appointment, name), _form(appointment) | {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("name", ["change", "move", "cancel"])
def test_another_tenants_appointment_is_not_there(
    browser_of: Callable[[User], Client], other_owner: User, appointment: Appointment, name: str
) -> None:
    answer = browser_of(other_owner).get(_page(appointment, name))

    assert answer["Location"] == "/admin/"


@pytest.mark.parametrize("name", ["change", "move", "cancel"])
def test_an_employee_has_no_pages_here(
    browser_of: Callable[[User], Client], employee: User, appointment: Appointment, name: str
) -> None:
    assert "/login/" in browser_of(employee).get(_page(appointment, name))["Location"]


def test_the_home_page_tells_of_problems(office: Client, appointment: Appointment) -> None:
    report_problem(appointment, code="late", text="", now=timezone.now() - timedelta(hours=2))

    page = office.get("/admin/").content.decode()

    assert "1 appointment has a problem, the oldest for 2" in page


def test_the_targets_page_tells_its_life(
    browser_of: Callable[[User], Client], owner: User, appointment: Appointment
) -> None:
    start_appointment(appointment, now=timezone.now())

    page = browser_of(owner).get(f"/admin/imports/target/{appointment.target_id}/change/").content.decode()

    assert page.index("Work began") < page.index("Planned for Jana Weber")
    assert _page(appointment) in page
