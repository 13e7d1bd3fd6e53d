"""A dispatcher plans a day in a real browser: asks, changes by hand, and publishes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.planning.editing import Change, change_draft
from routing.planning.models import Appointment, Employee, RouteSuggestion, SuggestedStop
from routing.planning.solving import solve_suggestion
from tests.browser.conftest import PHONE
from tests.routing.cast import BOCHUM, DEPOT, ESSEN, at, make_employee, make_target

Admin = Callable[[User], Page]


@pytest.fixture
def jana(tenant: Tenant) -> Employee:
    return make_employee(tenant, "Jana Weber", place=DEPOT, weekdays=range(7))


@pytest.fixture
def malik(tenant: Tenant) -> Employee:
    return make_employee(tenant, "Malik Yilmaz", place=BOCHUM, weekdays=range(7), skills=["Refrigeration"])


@pytest.fixture
def targets(tenant: Tenant, erp: IntegrationClient, jana: Employee, malik: Employee) -> list[Target]:
    """Of tomorrow: two near Jana, one near Malik, and one that takes a skill which nobody has."""
    day = timezone.now().date() + timedelta(days=1)
    return [
        make_target(erp, "JOB-1", title="Boiler", place=ESSEN, route_date=day),
        make_target(erp, "JOB-2", title="Lift", place=(51.452, 7.02), route_date=day),
        make_target(
            erp, "JOB-3", title="Fridge", place=BOCHUM, route_date=day, required_skills=["refrigeration"]
        ),
        make_target(erp, "JOB-4", title="Turbine", place=ESSEN, route_date=day, required_skills=["Turbines"]),
    ]


def planned(page: Page, targets: list[Target]) -> RouteSuggestion:
    """Go to the day, ask for a plan, and be the worker that makes it."""
    page.get_by_role("link", name="Planning").click()
    date = targets[0].route_date
    assert date is not None
    page.wait_for_load_state()
    # The day is gone to at once.
    page.get_by_label("Another day").fill(date.isoformat())
    page.wait_for_url(f"**date={date.isoformat()}*")
    page.get_by_role("button", name="Plan this day").click()
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_role("heading", name="The plan is being made")).to_be_visible()
    suggestion = RouteSuggestion.objects.get()
    solve_suggestion(suggestion.pk)
    expect(page.get_by_text("3 of 4 targets planned for 2 people")).to_be_visible()
    return suggestion


def lane(page: Page, name: str) -> list[str]:
    """What somebody does, in order."""
    return page.get_by_role("region", name=name).locator("button.pl-stop .pl-name").all_inner_texts()


def stop(page: Page, title: str) -> None:
    page.locator("button.pl-stop").filter(has_text=title).click()


def test_a_day_is_planned_changed_and_published(
    tenant: Tenant, dispatcher: User, targets: list[Target], admin: Admin
) -> None:
    page = admin(dispatcher)
    suggestion = planned(page, targets)
    assert sorted(lane(page, "Jana Weber")) == ["Boiler", "Lift"]
    expect(page.get_by_text("Needs the skill Turbines")).to_be_visible()
    # A line for each person, a marker for each target and each start.
    expect(page.locator(".pl-map path")).to_have_count(2)
    expect(page.locator(".pl-marker")).to_have_count(6)

    stop(page, "Boiler")
    expect(page.locator(".pl-is-chosen > .pl-marker")).to_have_count(1)
    expect(page.locator("[data-part=card]")).to_contain_text("JOB-1")
    page.get_by_role("button", name="Move …").click()
    page.locator("dialog[open] summary").filter(has_text="Malik Yilmaz").click()
    expect(page.locator("dialog[open]").get_by_text("after Fridge")).to_be_visible()
    page.locator("dialog[open] .pl-place").filter(has_text="after Fridge").click()
    expect(page.locator("[data-part=status]")).to_contain_text("Moved Boiler to Malik Yilmaz: +")
    assert lane(page, "Malik Yilmaz") == ["Fridge", "Boiler"]

    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
    stop(page, "Lift")
    page.keyboard.press("x")
    expect(page.get_by_text("Staff left it out of this plan.").first).to_be_visible()

    page.get_by_role("button", name="Plan again around the pins").click()
    expect(page.get_by_role("heading", name="The plan is being made")).to_be_visible()
    solve_suggestion(suggestion.pk)
    expect(page.get_by_text("2 of 4 targets planned for 1 person")).to_be_visible()
    assert SuggestedStop.objects.get(suggestion=suggestion, target=targets[0]).is_pinned

    page.get_by_role("button", name="Publish …").click()
    expect(page.get_by_text("2 appointments for 1 person; 2 targets stay open")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published, with appointments for Malik Yilmaz.")).to_be_visible()
    assert Appointment.objects.count() == 2
    stop(page, "Boiler")
    expect(page.get_by_role("button", name="Move …")).to_have_count(0)


def test_what_a_change_breaks_is_read_before_it_is_made(
    tenant: Tenant, dispatcher: User, targets: list[Target], admin: Admin
) -> None:
    page = admin(dispatcher)
    planned(page, targets)
    page.get_by_role("button", name="Put in … Turbine").click()
    expect(page.locator("dialog[open] summary").first).to_contain_text("breaks a rule")
    page.locator("dialog[open] .pl-place").first.click()
    expect(page.get_by_role("heading", name="This plan breaks rules")).to_be_visible()
    expect(page.get_by_role("button", name="Publish …")).to_be_disabled()

    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="This plan breaks rules")).to_be_hidden()
    expect(page.get_by_role("button", name="Publish …")).to_be_enabled()


def test_a_key_that_breaks_a_rule_asks_first(
    tenant: Tenant, dispatcher: User, targets: list[Target], admin: Admin
) -> None:
    day = targets[0].route_date
    assert day is not None
    # Only the first visit of the day starts in time.
    window = {"window_start": at(8, day=day), "window_end": at(8, 30, day=day)}
    Target.objects.filter(pk=targets[0].pk).update(**window)
    page = admin(dispatcher)
    planned(page, targets)
    assert lane(page, "Jana Weber") == ["Boiler", "Lift"]
    stop(page, "Boiler")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.get_by_text("after the window closes at 08:30")).to_be_visible()
    page.get_by_role("button", name="Leave it as it was").click()
    assert lane(page, "Jana Weber") == ["Boiler", "Lift"]


def test_a_colleague_was_faster(
    tenant: Tenant,
    dispatcher: User,
    owner: User,
    targets: list[Target],
    admin: Admin,
    faults: list[str],
) -> None:
    page = admin(dispatcher)
    suggestion = planned(page, targets)
    suggestion.refresh_from_db()
    change = Change("leave_out", targets[1].pk)
    change_draft(suggestion, change, version=suggestion.version, by=owner, now=timezone.now())
    stop(page, "Boiler")
    page.keyboard.press("p")
    expect(page.locator("[data-part=status]")).to_contain_text("owner left out Lift")
    assert lane(page, "Jana Weber") == ["Boiler"]
    # The browser complains of the conflict, as it does of every 409.
    assert len(faults) == 1
    assert "409" in faults.pop()


def test_a_day_is_read_on_a_phone(
    tenant: Tenant, dispatcher: User, targets: list[Target], admin: Admin
) -> None:
    page = admin(dispatcher)
    planned(page, targets)
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    expect(page.locator(".pl-track").first).to_be_hidden()
    page.locator(".pl-row").filter(has_text="Fridge").click()
    expect(page.locator("[data-part=card]")).to_contain_text("refrigeration")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
