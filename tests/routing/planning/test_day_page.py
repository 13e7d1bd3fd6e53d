"""The planning page: what each day shows, and what its addresses answer to whom."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.planning.day_page.map_tiles import origin_of
from routing.planning.models import Appointment, Employee, RouteSuggestion, SuggestionStatus
from tests.routing.cast import DAY, NOW, at, make_appointment, make_employee, make_suggestion, make_target

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:planning_day")
Browser = Callable[[User], Client]


@pytest.fixture
def draft(tenant: Tenant, jana: Employee, malik: Employee, erp: IntegrationClient) -> RouteSuggestion:
    """Jana does JOB-1 and JOB-2, Malik JOB-3."""
    one, two, three = (make_target(erp, f"JOB-{number}", route_date=DAY) for number in (1, 2, 3))
    return make_suggestion(tenant, {jana: [one, two], malik: [three]})


def shown(browser: Client, **address: Any) -> str:
    answer = browser.get(PAGE, {"date": DAY.isoformat(), **address})
    assert answer.status_code == 200
    return answer.content.decode()


def plan_of(browser: Client, suggestion: RouteSuggestion) -> dict[str, Any]:
    plan: dict[str, Any] = browser.get(reverse("admin:planning_plan", args=[suggestion.pk])).json()
    return plan


def edit(browser: Client, suggestion: RouteSuggestion, **body: Any) -> Any:
    address = reverse("admin:planning_edit", args=[suggestion.pk])
    return browser.post(address, json.dumps(body), content_type="application/json")


def target_id(external_id: str) -> int:
    return Target.objects.get(external_id=external_id, tenant__slug="acme").pk


def test_without_people_it_asks_for_an_employee(browser_of: Browser, dispatcher: User) -> None:
    assert "There is nobody to plan for" in shown(browser_of(dispatcher))


def test_without_targets_it_says_how_they_come(
    browser_of: Browser, dispatcher: User, jana: Employee, target: Target
) -> None:
    page = shown(browser_of(dispatcher))
    assert "No open target for this day" in page
    assert "1 open target belongs to no day yet." in page


def test_a_day_without_targets_leads_to_the_next_that_has_some(
    browser_of: Browser, dispatcher: User, jana: Employee, erp: IntegrationClient
) -> None:
    make_target(erp, "JOB-8", route_date=DAY + timedelta(days=4))
    make_target(erp, "JOB-9", route_date=DAY + timedelta(days=9))
    page = shown(browser_of(dispatcher))
    assert "Next: Monday, 6 July, 1 open target" in page
    assert "?date=2026-07-06" in page


def test_open_targets_wait_for_a_plan(
    browser_of: Browser, dispatcher: User, viewer: User, jana: Employee, erp: IntegrationClient
) -> None:
    make_target(erp, "JOB-1", route_date=DAY)
    make_target(erp, "JOB-2", route_date=DAY + timedelta(days=1))
    assert "1 target waits for a plan" in shown(browser_of(dispatcher))
    assert "Plan this day" in shown(browser_of(dispatcher))
    assert "Plan this day" not in shown(browser_of(viewer))


def test_a_plan_is_asked_for(
    browser_of: Browser, dispatcher: User, jana: Employee, malik: Employee, erp: IntegrationClient
) -> None:
    target = make_target(erp, "JOB-1", route_date=DAY)
    form = {"date": DAY.isoformat(), "employee": [jana.pk], "seconds": "30"}
    browser_of(dispatcher).post(reverse("admin:planning_ask"), form)
    suggestion = RouteSuggestion.objects.get()
    assert (suggestion.status, suggestion.date, suggestion.requested_by) == ("Queued", DAY, dispatcher)
    assert (suggestion.target_ids, suggestion.employee_ids) == ([target.pk], [jana.pk])
    assert suggestion.time_limit_seconds == 30


def test_a_plan_of_chosen_targets_is_asked_for(
    browser_of: Browser, dispatcher: User, jana: Employee, erp: IntegrationClient
) -> None:
    chosen, _other = make_target(erp, "JOB-1"), make_target(erp, "JOB-2")
    form = {"date": DAY.isoformat(), "employee": [jana.pk], "targets": "chosen", "target": [chosen.pk]}
    browser_of(dispatcher).post(reverse("admin:planning_ask"), form)
    assert RouteSuggestion.objects.get().target_ids == [chosen.pk]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Nobody was chosen"),
        ({"employee": ["9999999"]}, "not active any more"),
        ({"employee": ["x"]}, "Nobody was chosen"),
        ({"employee": "jana", "targets": "chosen"}, "No target was chosen"),
        ({"employee": "jana", "targets": "chosen", "target": ["9999999"]}, "not there any more"),
        ({"employee": "jana", "targets": "job", "job": "9999999"}, "no such import job"),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    browser_of: Browser, dispatcher: User, jana: Employee, form: dict[str, Any], says: str
) -> None:
    if form.get("employee") == "jana":
        form = form | {"employee": [jana.pk]}
    answer = browser_of(dispatcher).post(
        reverse("admin:planning_ask"), {"date": DAY.isoformat(), **form}, follow=True
    )
    assert says in answer.content.decode()
    assert not RouteSuggestion.objects.exists()


def test_a_draft_is_shown_with_its_lanes(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    assert "data-plan-page" in shown(browser_of(dispatcher))
    plan = plan_of(browser_of(dispatcher), draft)
    assert [lane["name"] for lane in plan["lanes"]] == ["Jana Weber", "Malik Yilmaz"]
    assert [stop["number"] for stop in plan["lanes"][0]["stops"]] == [1, 2]
    assert plan["publish"]["says"] == "3 appointments for 2 people"


def test_published_appointments_are_locked_in_a_draft(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion, jana: Employee, erp: IntegrationClient
) -> None:
    make_appointment(jana, make_target(erp, "JOB-9"), start=at(14))
    lane = plan_of(browser_of(dispatcher), draft)["lanes"][0]
    assert [(visit["title"], visit["clock"]) for visit in lane["committed"]] == [
        ("Maintenance JOB-9", "14:00–15:00")
    ]
    assert len(lane["stops"]) == 2


def test_progress_is_told_until_the_plan_is_there(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    address = reverse("admin:planning_progress", args=[draft.pk])
    RouteSuggestion.objects.filter(pk=draft.pk).update(status="Queued")
    assert browser_of(dispatcher).get(address).json()["isRunning"] is True
    assert "The plan is being made" in shown(browser_of(dispatcher))
    RouteSuggestion.objects.filter(pk=draft.pk).update(status="Draft")
    assert browser_of(dispatcher).get(address).json()["isRunning"] is False


def test_a_failed_suggestion_says_why(browser_of: Browser, dispatcher: User, draft: RouteSuggestion) -> None:
    RouteSuggestion.objects.filter(pk=draft.pk).update(status="Failed", error="Every try ended early.")
    assert "Every try ended early." in shown(browser_of(dispatcher))


def test_a_stop_is_moved_and_the_move_taken_back(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion, malik: Employee
) -> None:
    browser, job = browser_of(dispatcher), target_id("JOB-1")
    moved = edit(browser, draft, kind="move", target=job, employee=malik.pk, position=1, version=0).json()
    assert moved["isApplied"] is True
    assert moved["says"].startswith("Moved Maintenance JOB-1 to Malik Yilmaz: ")
    assert [len(lane["stops"]) for lane in moved["plan"]["lanes"]] == [1, 2]
    assert moved["plan"]["undo"] == "moved Maintenance JOB-1 to Malik Yilmaz"
    back = edit(browser, draft, kind="undo", version=1).json()
    assert [len(lane["stops"]) for lane in back["plan"]["lanes"]] == [2, 1]
    assert back["plan"]["undo"] == ""
    assert edit(browser, draft, kind="undo", version=2).json()["code"] == "cannot_undo"


def test_changes_are_taken_back_one_after_the_other(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    browser = browser_of(dispatcher)
    edit(browser, draft, kind="leave_out", target=target_id("JOB-1"), version=0)
    edit(browser, draft, kind="leave_out", target=target_id("JOB-2"), version=1)
    edit(browser, draft, kind="undo", version=2)
    plan = edit(browser, draft, kind="undo", version=3).json()["plan"]
    assert plan["excluded"] == []


def test_nobody_takes_back_over_the_change_of_another(
    browser_of: Browser, dispatcher: User, owner: User, draft: RouteSuggestion
) -> None:
    browser = browser_of(dispatcher)
    edit(browser, draft, kind="leave_out", target=target_id("JOB-1"), version=0)
    edit(browser_of(owner), draft, kind="leave_out", target=target_id("JOB-2"), version=1)
    answer = edit(browser, draft, kind="undo", version=2)
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_undo")


def test_what_a_change_breaks_is_said_before_it_is_made(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion, malik: Employee
) -> None:
    Target.objects.filter(external_id="JOB-3").update(window_start=at(8), window_end=at(8, 10))
    body = {
        "kind": "move",
        "target": target_id("JOB-1"),
        "employee": malik.pk,
        "position": 1,
        "version": 0,
    }
    answer = edit(browser_of(dispatcher), draft, **body).json()
    assert answer["isApplied"] is False
    assert "after the window closes at 08:10" in answer["broken"][0]
    insisted = edit(browser_of(dispatcher), draft, **body, insist=True).json()
    assert insisted["plan"]["publish"]["isPossible"] is False
    assert insisted["plan"]["broken"][0]["target"] == target_id("JOB-3")


def test_an_older_version_is_a_conflict(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    answer = edit(browser_of(dispatcher), draft, kind="refresh", version=7)
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"kind": "x", "version": 0}', '{"kind": "restore", "version": 0}']
)
def test_what_is_no_change_is_refused(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion, body: str
) -> None:
    address = reverse("admin:planning_edit", args=[draft.pk])
    answer = browser_of(dispatcher).post(address, body, content_type="application/json")
    assert answer.status_code == 400


def test_places_are_offered(browser_of: Browser, dispatcher: User, draft: RouteSuggestion) -> None:
    address = reverse("admin:planning_places", args=[draft.pk])
    answer = browser_of(dispatcher).get(address, {"target": target_id("JOB-1")}).json()
    labels = {person["name"]: [place["label"] for place in person["places"]] for person in answer["people"]}
    assert set(labels["Malik Yilmaz"]) == {"first, before Maintenance JOB-3", "after Maintenance JOB-3"}
    assert "where it is now" in labels["Jana Weber"]
    assert browser_of(dispatcher).get(address, {"target": "9" * 30}).status_code == 404


def test_it_is_published_and_then_shown_as_published(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    browser = browser_of(dispatcher)
    edit(browser, draft, kind="refresh", version=0)
    answer = browser.post(reverse("admin:planning_publish", args=[draft.pk]), {"version": "1"}, follow=True)
    page = answer.content.decode()
    assert "Published, with appointments for Jana Weber, Malik Yilmaz." in page
    assert "3 appointments published" in page
    assert Appointment.objects.count() == 3


def test_publishing_another_version_says_why_not(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    answer = browser_of(dispatcher).post(
        reverse("admin:planning_publish", args=[draft.pk]), {"version": "9"}, follow=True
    )
    assert "Somebody changed the plan since you opened it." in answer.content.decode()
    assert not Appointment.objects.exists()


def test_a_plan_is_discarded(browser_of: Browser, dispatcher: User, draft: RouteSuggestion) -> None:
    browser_of(dispatcher).post(reverse("admin:planning_discard", args=[draft.pk]))
    draft.refresh_from_db()
    assert draft.status == SuggestionStatus.DISCARDED
    assert "3 targets wait for a plan" in shown(browser_of(dispatcher))


def test_what_is_published_is_not_discarded(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    RouteSuggestion.objects.filter(pk=draft.pk).update(status="Published", published_at=NOW)
    answer = browser_of(dispatcher).post(reverse("admin:planning_discard", args=[draft.pk]), follow=True)
    assert "It is published already." in answer.content.decode()
    draft.refresh_from_db()
    assert draft.status == SuggestionStatus.PUBLISHED


def test_solving_is_stopped(browser_of: Browser, dispatcher: User, draft: RouteSuggestion) -> None:
    RouteSuggestion.objects.filter(pk=draft.pk).update(status="Queued")
    browser_of(dispatcher).post(reverse("admin:planning_stop", args=[draft.pk]))
    draft.refresh_from_db()
    assert draft.is_stop_requested


def test_it_is_planned_again_and_that_can_be_taken_back(
    browser_of: Browser, dispatcher: User, draft: RouteSuggestion
) -> None:
    browser = browser_of(dispatcher)
    browser.post(reverse("admin:planning_again", args=[draft.pk]), {"version": "0"})
    draft.refresh_from_db()
    assert draft.status == SuggestionStatus.QUEUED
    # As the worker settles it.
    RouteSuggestion.objects.filter(pk=draft.pk).update(status="Draft", version=1)
    assert plan_of(browser, draft)["undo"] == "planned again"
    assert edit(browser, draft, kind="undo", version=1).json()["isApplied"] is True


READS = ("plan", "progress", "places")
CHANGES = ("edit", "again", "stop", "discard", "publish")


@pytest.mark.parametrize("name", [*READS, *CHANGES])
def test_another_tenants_plan_is_not_there(
    browser_of: Browser, other_owner: User, owner: User, draft: RouteSuggestion, name: str
) -> None:
    foreign, unknown = (reverse(f"admin:planning_{name}", args=[pk]) for pk in (draft.pk, 999_999_999))
    browser = browser_of(other_owner)
    for address in (foreign, unknown):
        answer = browser.get(address) if name in READS else browser.post(address, {"version": "0"})
        assert answer.status_code == 404
    assert browser.get(PAGE, {"suggestion": draft.pk}).status_code == 404
    draft.refresh_from_db()
    assert draft.status == SuggestionStatus.DRAFT


def test_a_viewer_sees_and_changes_nothing(browser_of: Browser, viewer: User, draft: RouteSuggestion) -> None:
    browser = browser_of(viewer)
    assert "data-plan-page" in shown(browser)
    assert plan_of(browser, draft)["isEditable"] is False
    for name in CHANGES:
        assert browser.post(reverse(f"admin:planning_{name}", args=[draft.pk])).status_code == 403
    assert browser.post(reverse("admin:planning_ask")).status_code == 403
    assert browser.get(reverse("admin:planning_places", args=[draft.pk])).status_code == 403


@pytest.mark.parametrize("role", ["integration_admin", "reviewer"])
def test_who_does_not_plan_does_not_see_plans(
    browser_of: Browser, request: pytest.FixtureRequest, draft: RouteSuggestion, role: str
) -> None:
    browser = browser_of(request.getfixturevalue(role))
    assert browser.get(PAGE).status_code == 403
    for name in READS:
        assert browser.get(reverse(f"admin:planning_{name}", args=[draft.pk])).status_code == 403


@pytest.mark.parametrize("given", ["x", "2026-13-01", "", "9" * 40, "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_shows_today(
    browser_of: Browser, dispatcher: User, jana: Employee, given: str
) -> None:
    assert browser_of(dispatcher).get(PAGE, {"date": given}).status_code == 200


def queries(browser: Client, address: str, **body: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = (
            browser.post(address, json.dumps(body), content_type="application/json")
            if body
            else browser.get(address)
        )
    assert answer.status_code == 200
    return len(captured)


def test_the_number_of_statements_does_not_depend_on_the_size(
    browser_of: Browser, dispatcher: User, tenant: Tenant, erp: IntegrationClient
) -> None:
    browser = browser_of(dispatcher)
    counts = []
    for size in (1, 4):
        people = [make_employee(tenant) for _ in range(size)]
        day = DAY + timedelta(days=7 * size)
        plan = {
            who: [make_target(erp, route_date=day, minutes=15) for _ in range(size * 2)] for who in people
        }
        suggestion = make_suggestion(tenant, plan, day=day)
        target = plan[people[0]][0].pk
        # What is remembered (content types, ways) is not counted.
        browser.get(f"{PAGE}?date={day}")
        counts.append(
            (
                queries(browser, f"{PAGE}?date={day}"),
                queries(
                    browser, reverse("admin:planning_places", args=[suggestion.pk]) + f"?target={target}"
                ),
                queries(
                    browser,
                    reverse("admin:planning_edit", args=[suggestion.pk]),
                    kind="pin",
                    target=target,
                    version=0,
                ),
            )
        )
    assert counts[0] == counts[1]


def test_tiles_are_loaded_from_the_configured_server_alone(
    browser_of: Browser, dispatcher: User, jana: Employee, settings: Any
) -> None:
    browser = browser_of(dispatcher)
    assert "tiles.example.com" not in browser.get(PAGE)["Content-Security-Policy"]
    settings.MAP_TILES_URL = "https://tiles.example.com/{z}/{x}/{y}.png"
    policy = browser.get(PAGE)["Content-Security-Policy"]
    assert "img-src 'self' data: https://tiles.example.com;" in policy + ";"
    assert "tiles.example.com" not in browser.get(reverse("admin:index"))["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("", ""),
        ("/tiles/{z}", ""),
        ("https://{s}.tiles.example.com/{z}/{x}/{y}.png", "https://*.tiles.example.com"),
        ("http://127.0.0.1:8080/{z}/{x}/{y}.png", "http://127.0.0.1:8080"),
    ],
)
def test_the_origin_of_tiles(address: str, origin: str) -> None:
    assert origin_of(address) == origin
