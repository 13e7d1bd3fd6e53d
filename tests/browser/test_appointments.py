"""A dispatcher moves what was published, and the target's page tells of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from imports.models import Target
from ordinavo_connect.clients.models import User
from routing.planning.appointments import report_problem
from routing.planning.models import Appointment, Employee
from routing.planning.publishing import publish_suggestion
from tests.browser.conftest import DESK, PHONE
from tests.factories import make_customer, make_location
from tests.routing.cast import ZONE, make_appointment, make_employee, make_suggestion, make_target

Admin = Callable[[User], Page]


@pytest.fixture
def jana(erp: Any) -> Employee:
    return make_employee(erp.tenant, "Jana Weber", phone="+49 201 555010")


@pytest.fixture
def malik(erp: Any) -> Employee:
    return make_employee(erp.tenant, "Malik Yilmaz")


@pytest.fixture
def appointment(erp: Any, jana: Employee, dispatcher: User) -> Appointment:
    """Published for the next Tuesday, nine o'clock, at a linked place."""
    today = timezone.now().astimezone(ZONE)
    day = (today + timedelta(days=2 + (6 - today.weekday()) % 7)).date()
    customer = make_customer(erp.tenant, number="RRM-001")
    place = make_location(customer, name="Essen Center", access_notes="Gate 3, ring twice.")
    target = make_target(erp, "JOB-2026-000918", title="Maintenance visit", customer=customer, location=place)
    plan = make_suggestion(erp.tenant, {jana: [target]}, day=day)
    publish_suggestion(plan, version=0, by=dispatcher, now=timezone.now())
    return Appointment.objects.get()


def test_a_dispatcher_moves_an_appointment_with_a_problem(
    appointment: Appointment, malik: Employee, dispatcher: User, owner: User, admin: Admin
) -> None:
    report_problem(appointment, code="no_access", text="Nobody opens the gate.", now=timezone.now())
    page = admin(dispatcher)
    page.get_by_role("link", name=re.compile("1 appointment has a problem")).click()
    page.get_by_role("link", name="Rhein-Ruhr Medical Supply").click()
    expect(page.get_by_text("Nobody opens the gate.").first).to_be_visible()
    page.get_by_role("link", name="Move", exact=True).click()
    page.get_by_label("Start").fill("20:00")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("alert")).to_contain_text("shift ends at 16:30")
    page.get_by_label("Employee").select_option(label="Malik Yilmaz")
    page.get_by_label("Start").fill("13:15")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text(re.compile("Moved to Malik Yilmaz, .*13:15–14:15")).first).to_be_visible()
    page.get_by_role("link", name="Maintenance visit").click()
    story = page.get_by_role("list").filter(has_text="Planned for Jana Weber")
    expect(story).to_contain_text("Moved to Malik Yilmaz")
    expect(story).to_contain_text("by dispatcher")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(
    appointment: Appointment,
    jana: Employee,
    erp: Any,
    dispatcher: User,
    admin: Admin,
    live_server: Any,
    size: Any,
    scheme: Any,
) -> None:
    long = make_appointment(jana, make_target(erp, "X" * 128, title="T" * 200))
    report_problem(appointment, code="no_access", text="W" * 2000, now=timezone.now())
    page = admin(dispatcher)
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    target = Target.objects.get(pk=appointment.target_id)
    for path in (
        *("", f"{appointment.pk}/change/", f"{appointment.pk}/move/", f"{appointment.pk}/cancel/"),
        *(f"{long.pk}/change/", f"{long.pk}/move/", f"../../imports/target/{target.pk}/change/"),
    ):
        page.goto(f"{live_server.url}/admin/planning/appointment/{path}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], path
