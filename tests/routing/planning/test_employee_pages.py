"""Employees in the admin: hours from the start, skills as tags, a log-in shown once, no deletion of who is planned."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ordinavo_connect.clients.models import Membership, Role, Tenant, User
from routing.planning.employee_pages.inlines import USUAL_WEEK
from routing.planning.employee_pages.log_ins import create_log_in
from routing.planning.employee_pages.skills import cleaned_skills
from routing.planning.models import Absence, Employee, WorkingHours
from tests.routing.cast import make_appointment, make_employee, make_suggestion, make_target

pytestmark = pytest.mark.django_db

Browsers = Callable[[User], Client]
LIST = reverse("admin:planning_employee_changelist")
ADD = reverse("admin:planning_employee_add")
PERSON = {
    "name": "Jana Weber",
    "language": "de",
    "latitude": "51.4556",
    "longitude": "7.0116",
    "is_active": "on",
}


def change(employee: Employee) -> str:
    return reverse("admin:planning_employee_change", args=[employee.pk])


def rows(prefix: str, *new: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(new),
        f"{prefix}-INITIAL_FORMS": 0,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for index, values in enumerate(new):
        data |= {f"{prefix}-{index}-{name}": value for name, value in values.items()}
    return data


def form(hours: Any = (), absences: Any = (), **fields: Any) -> dict[str, Any]:
    return {**PERSON, **rows("working_hours", *hours), **rows("absences", *absences), **fields}


def errors(response: Any) -> str:
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_new_employee_starts_with_the_usual_week(browser_of: Browsers, dispatcher: User, tenant: Tenant):
    browser = browser_of(dispatcher)
    page = browser.get(ADD).content.decode()
    assert 'value="08:00' in page
    assert browser.post(ADD, form(hours=USUAL_WEEK, skills="Cold, cold ,  Gas")).status_code == 302

    made = Employee.objects.get()
    assert (made.tenant, made.name, made.skills) == (tenant, "Jana Weber", ["Cold", "Gas"])
    hours = WorkingHours.objects.filter(employee=made)
    assert {row.weekday for row in hours} == {0, 1, 2, 3, 4}
    assert {(row.starts_at, row.ends_at, row.break_minutes) for row in hours} == {(time(8), time(16, 30), 30)}
    assert {row.tenant for row in hours} == {tenant}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" Refrigeration ;Gas\nLift ", ["Refrigeration", "Gas", "Lift"]),
        ("Kälte, KÄLTE", ["Kälte"]),
        ("Ka\u0308lte", ["Kälte"]),
        ("Medical   gas,,", ["Medical gas"]),
    ],
)
def test_skills_are_kept_once_in_one_form(text, expected):
    assert cleaned_skills(text) == expected


@pytest.mark.parametrize("text", ["x" * 201, ",".join(map(str, range(51))), "a\x00b"])
def test_what_is_no_skill_is_refused(text):
    with pytest.raises(ValidationError):
        cleaned_skills(text)


@pytest.mark.parametrize(
    ("rows_below", "said"),
    [
        (
            {"hours": [{"weekday": 0, "starts_at": "16:00", "ends_at": "08:00", "break_minutes": 0}]},
            "Work ends after it starts.",
        ),
        (
            {"hours": [{"weekday": 0, "starts_at": "08:00", "ends_at": "16:00", "break_minutes": 30}]},
            "Say between which two times the break begins.",
        ),
        (
            {"absences": [{"first_day": "2026-07-02", "last_day": "2026-07-01"}]},
            "The last day is not before the first.",
        ),
        (
            {"absences": [{"first_day": "2026-07-02", "last_day": "2026-07-02", "works_from": "08:00"}]},
            "Give both times, or neither",
        ),
        ({"latitude": "91"}, "less than or equal to 90"),
    ],
)
def test_what_is_wrong_is_said(browser_of: Browsers, dispatcher: User, rows_below, said):
    assert said in errors(browser_of(dispatcher).post(ADD, form(**rows_below)))
    assert not Employee.objects.exists()


def test_the_list_says_what_today_is_like(browser_of: Browsers, viewer: User, tenant: Tenant, erp):
    now = timezone.now()
    works = make_employee(tenant, "Works", weekdays=range(7), skills=["Cold"], start_name="Depot Essen")
    away = make_employee(tenant, "Away", weekdays=range(7))
    make_employee(tenant, "Off", weekdays=())
    today = timezone.localdate()
    Absence.objects.create(
        tenant=tenant, employee=away, first_day=today - timedelta(days=3), last_day=today + timedelta(days=3)
    )
    make_appointment(works, make_target(erp), start=now + timedelta(days=1))
    page = errors(browser_of(viewer).get(LIST))

    assert "08:00–16:30" in page
    assert "away until" in page
    assert "off today" in page
    assert "Depot Essen" in page


def test_the_list_takes_as_many_statements_for_many_as_for_few(
    browser_of: Browsers, viewer: User, tenant: Tenant, django_assert_max_num_queries: Callable[..., Any]
):
    for _ in range(12):
        make_employee(tenant, weekdays=range(7))
    browser = browser_of(viewer)
    browser.get(LIST)
    with django_assert_max_num_queries(16):
        browser.get(LIST)


def test_the_list_is_searched_and_filtered_by_skill(browser_of: Browsers, viewer: User, tenant: Tenant):
    make_employee(tenant, "Jana Weber", skills=["Refrigeration"])
    make_employee(tenant, "Malik Yilmaz", skills=["refrigeration", "Lift"])
    make_employee(tenant, "Tom Berger", skills=["Gas"])
    browser = browser_of(viewer)

    for query in ("q=refriger", "skill=refrigeration"):
        page = errors(browser.get(f"{LIST}?{query}"))
        assert "Jana Weber" in page
        assert "Malik Yilmaz" in page
        assert "Tom Berger" not in page
    csv = b"".join(browser.get(reverse("admin:planning_employee_export") + "?q=lift").streaming_content)
    assert b"Malik Yilmaz" in csv
    assert b"Jana" not in csv


def test_an_owner_makes_a_log_in_that_works(browser_of: Browsers, owner: User, malik: Employee):
    browser = browser_of(owner)
    address = reverse("admin:planning_employee_log_in", args=[malik.pk])
    assert "Create log-in" in browser.get(change(malik)).content.decode()
    page = browser.get(address)
    assert "malik.yilmaz" in page.content.decode()
    data = {"username": "malik", "once": page.context["once"]}
    shown = browser.post(address, data)

    password = shown.context["password"]
    malik.refresh_from_db()
    assert malik.user is not None
    assert (malik.user.username, malik.user.is_staff) == ("malik", False)
    assert malik.user.check_password(password)
    assert Membership.objects.get(user=malik.user).role == Role.EMPLOYEE
    assert password in shown.content.decode()
    # A second click makes nothing and shows nothing.
    again = browser.post(address, data, follow=True)
    assert password not in again.content.decode()
    assert User.objects.filter(username__startswith="malik").count() == 1


def test_a_name_that_is_taken_is_said(browser_of: Browsers, owner: User, malik: Employee):
    browser = browser_of(owner)
    address = reverse("admin:planning_employee_log_in", args=[malik.pk])
    once = browser.get(address).context["once"]

    assert "already exists" in errors(browser.post(address, {"username": "owner", "once": once}))
    malik.refresh_from_db()
    assert malik.user is None


def test_two_log_ins_at_once_are_one(malik: Employee):
    create_log_in(malik, username="first")
    with pytest.raises(ValidationError):
        create_log_in(malik, username="second")
    assert not User.objects.filter(username="second").exists()


def test_a_dispatcher_edits_employees_and_takes_nobody_on(
    browser_of: Browsers, dispatcher: User, viewer: User, malik: Employee
):
    address = reverse("admin:planning_employee_log_in", args=[malik.pk])

    assert "Create log-in" not in browser_of(dispatcher).get(change(malik)).content.decode()
    assert browser_of(dispatcher).get(address).status_code == 403
    assert browser_of(viewer).get(address).status_code == 403
    assert browser_of(viewer).get(change(malik)).status_code == 200
    assert browser_of(viewer).get(ADD).status_code == 403


def test_another_tenants_employee_is_not_there(
    browser_of: Browsers, owner: User, malik: Employee, other_employee: Employee
):
    browser = browser_of(owner)

    assert "Ada Stein" not in browser.get(LIST).content.decode()
    for address in (
        change(other_employee),
        reverse("admin:planning_employee_log_in", args=[other_employee.pk]),
    ):
        assert browser.get(address).status_code == 302


def test_only_free_log_ins_of_employees_are_offered(
    browser_of: Browsers, owner: User, dispatcher: User, jana: Employee, malik: Employee, tenant: Tenant
):
    free = User.objects.create(username="free-one")
    Membership.objects.create(tenant=tenant, user=free, role=Role.EMPLOYEE)
    choices = browser_of(owner).get(change(malik)).context["adminform"].form.fields["user"].queryset

    assert set(choices) == {free}
    own = browser_of(owner).get(change(jana)).context["adminform"].form.fields["user"].queryset
    assert set(own) == {free, jana.user}


def test_who_is_planned_stays_and_the_page_says_what_to_do(
    browser_of: Browsers, owner: User, tenant: Tenant, jana: Employee, malik: Employee, target, appointment
):
    browser = browser_of(owner)
    make_suggestion(tenant, {malik: [target]})
    for employee in (jana, malik):
        address = reverse("admin:planning_employee_delete", args=[employee.pk])
        page = browser.post(address, {"post": "yes"}, follow=True).content.decode()
        assert "Take the tick from" in page
    assert Employee.objects.filter(tenant=tenant).count() == 2


def test_who_is_in_no_plan_can_go(browser_of: Browsers, owner: User, malik: Employee):
    address = reverse("admin:planning_employee_delete", args=[malik.pk])
    browser_of(owner).post(address, {"post": "yes"})

    assert not Employee.objects.exists()
    assert not WorkingHours.objects.exists()


def test_an_empty_list_says_what_to_do(browser_of: Browsers, dispatcher: User):
    assert "No employee yet" in browser_of(dispatcher).get(LIST).content.decode()
