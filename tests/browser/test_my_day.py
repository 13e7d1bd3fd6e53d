"""A visit on a phone of 390 pixels: start, report with photo and signature, sent once, shown as sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, User
from routing.planning.models import Appointment, Employee
from routing.visits.models import Attachment, VisitReport
from tests.browser.conftest import PASSWORD, PHONE
from tests.factories import make_contact, make_customer, make_location
from tests.routing.cast import make_appointment, make_employee, make_target
from tests.routing.visits.cast import picture

PICTURE = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture((3000, 2000))}


@pytest.fixture
def visit(erp: IntegrationClient, employee: User) -> Appointment:
    """Jana's only stop of today, in a few minutes."""
    customer = make_customer(erp.tenant, number="RRM-001")
    place = make_location(customer, name="Essen Center", access_notes="Ring twice at gate 3.")
    contact = make_contact(customer, phone="+49 201 555010")
    jana = make_employee(erp.tenant, "Jana Weber", user=employee)
    target = make_target(erp, "JOB-1", title="Maintenance visit")
    Target.objects.filter(pk=target.pk).update(customer=customer, location=place, contact=contact)
    return make_appointment(jana, target, start=timezone.now())


@pytest.fixture
def phone(
    page: Page, live_server: Any, employee: User, visit: Appointment, faults: list[str]
) -> Callable[[], Page]:
    """Jana's phone, after the log-in."""

    def log_in() -> Page:
        employee.set_password(PASSWORD)
        employee.save(update_fields=["password"])
        page.set_viewport_size(PHONE)
        page.goto(f"{live_server.url}/my-day/")
        page.get_by_label("User name").fill(employee.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{live_server.url}/my-day/")
        return page

    return log_in


def sign(page: Page) -> None:
    pad = page.locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 20, steps=6)
    page.mouse.move(box["x"] + 200, box["y"] + 80, steps=6)
    page.mouse.up()


def open_report(page: Page, visit: Appointment, live_server: Any) -> None:
    page.goto(f"{live_server.url}/my-day/appointments/{visit.pk}/report")
    expect(page.locator("[data-choose-photos]")).to_be_attached()


def test_from_start_to_sent(phone: Callable[[], Page], visit: Appointment) -> None:
    page = phone()
    expect(page.get_by_role("heading", name="Rhein-Ruhr Medical Supply")).to_be_visible()
    expect(page.get_by_text("Ring twice at gate 3.")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Work done: write the report").click()

    page.get_by_role("radio", name="Successful").check()
    page.get_by_label("What was done").fill("Filters changed.")
    page.get_by_label("Work in minutes").fill("45")
    page.get_by_placeholder("What").first.fill("Filter")
    page.get_by_label("How much").first.fill("2")
    page.locator("[data-choose-photos]").set_input_files(PICTURE)
    expect(page.locator(".tile .fate")).to_have_text("✓")
    sign(page)
    page.get_by_label("Name of who signs").fill("Anna Weber")
    page.get_by_role("button", name="Send the report").click()

    expect(page.get_by_text("Sent. The office looks at it.")).to_be_visible()
    expect(page.get_by_role("img", name="Photo")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Sent. The office looks at it.")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    page.get_by_role("link", name="Next stop").click()
    expect(page.get_by_text("That was all for today")).to_be_visible()

    report = VisitReport.objects.get()
    assert (report.status, report.work_minutes, report.signed_by) == ("Submitted", 45, "Anna Weber")
    assert [each.kind for each in report.attachments.all()] == ["Photo", "Signature"]
    visit.refresh_from_db()
    assert visit.status == "Completed"


def test_nothing_typed_is_lost_by_a_reload(
    phone: Callable[[], Page], visit: Appointment, live_server: Any, faults: list[str]
) -> None:
    page = phone()
    open_report(page, visit, live_server)
    page.context.set_offline(True)
    page.get_by_role("radio", name="Partial").check()
    page.get_by_label("What was done").fill("Half of it.")
    page.get_by_label("Another visit is needed").check()
    page.get_by_label("What is to be done then").fill("The other half.")
    page.locator("[data-choose-photos]").set_input_files(PICTURE)
    # The tile moves the pad: a pen that is put down before would miss it.
    expect(page.locator(".tile")).to_be_visible()
    sign(page)
    expect(page.get_by_text("Not sent")).to_be_visible()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("No connection. Everything is kept on this phone")).to_be_visible()
    assert not VisitReport.objects.exists()

    page.context.set_offline(False)
    page.close()
    page = page.context.new_page()
    open_report(page, visit, live_server)
    expect(page.get_by_label("What was done")).to_have_value("Half of it.")
    expect(page.get_by_label("What is to be done then")).to_have_value("The other half.")
    expect(page.locator(".tile .fate")).to_have_text("✓")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("Enter how many minutes the work took.")).to_be_visible()
    page.get_by_label("Work in minutes").fill("30")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("Sent. The office looks at it.")).to_be_visible()
    report = VisitReport.objects.get()
    assert (report.result, report.text, report.follow_up_text) == (
        "Partial",
        "Half of it.",
        "The other half.",
    )
    assert report.attachments.count() == 2
    faults[:] = [fault for fault in faults if "ERR_INTERNET_DISCONNECTED" not in fault]
    faults[:] = [fault for fault in faults if "400 (Bad Request)" not in fault]


def test_an_answer_that_was_lost_makes_no_second_report(
    phone: Callable[[], Page], visit: Appointment, live_server: Any, faults: list[str]
) -> None:
    page = phone()
    open_report(page, visit, live_server)
    page.get_by_role("radio", name="Successful").check()
    page.get_by_label("Work in minutes").fill("30")

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/report/submit", lose_the_answer, times=1)
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("No connection. Everything is kept on this phone")).to_be_visible()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("Sent. The office looks at it.")).to_be_visible()
    assert VisitReport.objects.get().times_submitted == 1
    faults[:] = [fault for fault in faults if "ERR_FAILED" not in fault]


def test_a_photo_is_removed_again(phone: Callable[[], Page], visit: Appointment, live_server: Any) -> None:
    page = phone()
    open_report(page, visit, live_server)
    page.locator("[data-choose-photos]").set_input_files(PICTURE)
    expect(page.locator(".tile .fate")).to_have_text("✓")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".tile")).to_have_count(0)
    assert not Attachment.objects.exists()


def test_a_problem_is_told_with_two_taps(phone: Callable[[], Page], visit: Appointment) -> None:
    page = phone()
    page.get_by_text("Report a problem").click()
    page.get_by_text("Nobody there, no access").click()
    page.get_by_role("button", name="Tell the office").click()
    expect(page.get_by_text("The office knows of the problem now.")).to_be_visible()
    visit.refresh_from_db()
    assert visit.status == "ProblemReported"


def test_hashes_by_hand_are_those_of_the_browser(
    phone: Callable[[], Page], visit: Appointment, live_server: Any
) -> None:
    """Without https a browser has no SHA-256 of its own."""
    page = phone()
    same = page.evaluate(
        """async () => {
            const { byHand } = await import("/static/my_day/sha256.js");
            for (const length of [0, 1, 55, 56, 63, 64, 65, 1000]) {
                const bytes = crypto.getRandomValues(new Uint8Array(length));
                const known = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
                if (String(known) !== String(byHand(bytes))) return length;
            }
            return "same";
        }"""
    )
    assert same == "same"


def test_a_long_day_scrolls_in_one_direction_only(
    phone: Callable[[], Page], visit: Appointment, erp: IntegrationClient, live_server: Any
) -> None:
    jana = Employee.objects.get()
    for number in range(6):
        target = make_target(erp, f"JOB-{number + 10}", title="Leitungsinstandsetzungsarbeiten" * 3)
        make_appointment(jana, target, start=visit.start_at + timedelta(minutes=number))
    page = phone()
    for rest in ("", f"appointments/{visit.pk}", f"appointments/{visit.pk}/report"):
        page.goto(f"{live_server.url}/my-day/{rest}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
