"""POST /route-suggestions, GET /route-suggestions/{id}, GET /employees (API contract, Route suggestions)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from imports.models import ImportJob, Target, TargetStatus
from ordinavo_connect.clients.models import IntegrationClient, Tenant
from ordinavo_connect.clients.scopes import SCOPES
from routing.planning import requests
from routing.planning.models import RouteSuggestion, SuggestionStatus
from routing.planning.solving import solve_suggestion
from tests.api_caller import ApiCaller
from tests.factories import make_client
from tests.routing.cast import BOCHUM, DAY, at, make_appointment, make_employee, make_suggestion, make_target

pytestmark = pytest.mark.django_db

PATH = "/route-suggestions"


@pytest.fixture
def erp(tenant: Tenant) -> IntegrationClient:
    return make_client(tenant, name="Acme ERP", scopes=list(SCOPES))


@pytest.fixture
def other_erp(other_tenant: Tenant) -> IntegrationClient:
    return make_client(other_tenant, name="Umbrella ERP", scopes=list(SCOPES))


def asked(response: Any) -> RouteSuggestion:
    """The suggestion that a request made."""
    assert response.status_code == 202, response.content
    return RouteSuggestion.objects.get(pk=response.json()["routeSuggestionId"])


def faults(response: Any) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    error = response.json()["error"]
    assert error["code"] == "validation_failed"
    return {(detail["field"], detail["code"]) for detail in error["details"]}


def imported(api: ApiCaller, *items: dict[str, Any]) -> int:
    response = api.post("/inbound/targets/batch", {"items": [{"title": "Visit"} | item for item in items]})
    assert response.status_code == 202, response.content
    return response.json()["importJobId"]


def test_it_is_queued_with_a_link(api, target):
    response = api.post(PATH, {"targetIds": [target.pk], "date": "2026-07-02"})
    row = asked(response)

    self_link = f"/api/connect/v1/route-suggestions/{row.pk}"
    assert response.json() == {
        "routeSuggestionId": row.pk,
        "status": "Queued",
        "links": {"self": self_link},
    }
    assert response["Location"] == self_link
    assert (row.target_ids, row.date, row.employee_ids) == ([target.pk], DAY, None)
    assert (row.source_system, row.time_limit_seconds) == ("erp", 10)
    assert row.correlation_id == response["X-Correlation-Id"]


def test_a_plan_has_every_key_of_its_shape(api, jana, target):
    row = asked(api.post(PATH, {"targetIds": [target.pk], "date": "2026-07-02", "timeLimitSeconds": 1}))
    far = api.get(f"{PATH}/{row.pk}").json()
    assert (far["status"], far["progress"], far["routes"]) == ("Queued", 0, [])

    solve_suggestion(row.pk)
    found = api.get(f"{PATH}/{row.pk}").json()

    assert found["status"] == "Draft", found
    assert (found["routeSuggestionId"], found["progress"], found["date"]) == (row.pk, 1, "2026-07-02")
    (route,) = found["routes"]
    (stop,) = route["stops"]
    assert route.keys() == {
        *("employeeId", "employeeName", "stops", "breaks"),
        *("travelMinutes", "travelKm", "workMinutes", "waitingMinutes"),
    }
    assert stop.keys() == {
        *("position", "targetId", "externalId", "arrivalAtUtc", "startAtUtc", "endAtUtc"),
        *("waitingMinutes", "travelMinutes", "travelKm"),
    }
    assert (route["employeeId"], route["employeeName"], route["workMinutes"]) == (jana.pk, "Jana Weber", 60)
    assert (stop["position"], stop["targetId"], stop["externalId"]) == (1, target.pk, "JOB-1")
    assert stop["startAtUtc"].endswith("Z")
    # There and back.
    assert route["travelMinutes"] == 2 * stop["travelMinutes"] > 0
    assert found["totals"] == {
        "travelMinutes": route["travelMinutes"],
        "travelKm": route["travelKm"],
        "workMinutes": 60,
        "waitingMinutes": 0,
        "plannedTargets": 1,
        "excludedTargets": 0,
    }
    assert found["excludedTargets"] == []


def test_every_target_is_in_a_route_or_excluded_with_a_sentence(api, erp, jana):
    ids = {
        make_target(erp, "FITS").pk: None,
        make_target(erp, "NOWHERE", place=None).pk: "missing_coordinates",
        make_target(erp, "COLD", required_skills=["Refrigeration"]).pk: "skill_missing",
        make_target(erp, "GONE", status=TargetStatus.CANCELLED).pk: "not_open",
        make_target(
            erp,
            "OTHER-DAY",
            window_start=at(9, day=date(2026, 7, 9)),
            window_end=at(10, day=date(2026, 7, 9)),
        ).pk: "time_window_unreachable",
    }
    row = asked(api.post(PATH, {"targetIds": list(ids), "date": "2026-07-02", "timeLimitSeconds": 1}))
    solve_suggestion(row.pk)
    found = api.get(f"{PATH}/{row.pk}").json()

    planned = {stop["targetId"]: None for route in found["routes"] for stop in route["stops"]}
    excluded = {each["targetId"]: each["code"] for each in found["excludedTargets"]}
    assert planned | excluded == ids
    assert "Refrigeration" in next(
        e["message"] for e in found["excludedTargets"] if e["externalId"] == "COLD"
    )
    assert found["totals"]["excludedTargets"] == 4


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("", "required")}),
        ({"importJobId": 1, "targetIds": [1]}, {("", "exclusive")}),
        ({"targetIds": []}, {("targetIds", "too_few")}),
        ({"targetIds": ["7", 8]}, {("targetIds[0]", "invalid_type")}),
        ({"targetIds": [True]}, {("targetIds[0]", "invalid_type")}),
        ({"targetIds": list(range(1001))}, {("targetIds", "too_many")}),
        ({"importJobId": "17"}, {("importJobId", "invalid_type")}),
        ({"date": "2026-02-30"}, {("date", "invalid_date")}),
        ({"date": "2026-07-02T08:00:00Z"}, {("date", "invalid_date")}),
        ({"date": "0001-01-01"}, {("date", "out_of_range")}),
        ({"date": "2026-07-02", "timeLimitSeconds": 61}, {("timeLimitSeconds", "out_of_range")}),
        (
            {"date": "x", "timeLimitSeconds": 0},
            {("date", "invalid_date"), ("timeLimitSeconds", "out_of_range")},
        ),
        ({"date": "2026-07-02", "employeeIds": []}, {("employeeIds", "too_few")}),
    ],
)
def test_what_is_wrong_is_named(api, body, expected):
    assert faults(api.post(PATH, body)) == expected


def test_null_is_as_absent_and_unknown_fields_are_ignored(api):
    body = {"importJobId": None, "targetIds": None, "date": "2026-07-02", "employeeIds": None, "foo": 1}

    assert asked(api.post(PATH, body)).target_ids == []


def test_unknown_and_foreign_targets_are_named_alike(api, target, other_target, tenant):
    crm = make_target(make_client(tenant, name="CRM", source_system="crm"), "JOB-1")
    unknown = 2**70
    ids = [other_target.pk, target.pk, crm.pk, 987654321, 0, -3]
    response = api.post(PATH, {"targetIds": ids})

    assert response.status_code == 404
    error = response.json()["error"]
    assert error["code"] == "target_not_found"
    named = {detail["field"]: detail["message"] for detail in error["details"]}
    assert named.keys() == {f"targetIds[{index}]" for index in (0, 2, 3, 4, 5)}
    assert "987654321" in named["targetIds[3]"]
    assert {detail["code"] for detail in error["details"]} == {"target_not_found"}
    assert api.post(PATH, {"targetIds": [unknown]}).status_code in (400, 404)


def test_an_id_named_twice_is_planned_once(api, target):
    assert asked(api.post(PATH, {"targetIds": [target.pk, target.pk]})).target_ids == [target.pk]


def test_targets_of_an_import_job_are_what_its_items_led_to(api, erp):
    imported(api, {"externalId": "OLD"}, {"externalId": "GONE"})
    job_id = imported(
        api,
        *({"externalId": "NEW"}, {"externalId": "OLD"}, {"externalId": "GONE", "operation": "cancel"}),
        {"externalId": "BROKEN", "planning": {"priority": "Enormous"}},
    )
    row = asked(api.post(PATH, {"importJobId": job_id, "date": "2026-07-02"}))

    assert row.import_job_id == job_id
    names = Target.objects.filter(pk__in=row.target_ids).values_list("external_id", flat=True)
    assert set(names) == {"NEW", "OLD", "GONE"}


def test_an_import_job_of_somebody_else_is_unknown(api, tenant, other_api, api_of):
    theirs = imported(other_api, {"externalId": "X"})
    crm = api_of(make_client(tenant, name="CRM", source_system="crm", scopes=list(SCOPES)))
    of_crm = imported(crm, {"externalId": "X"})

    for job_id in (theirs, of_crm, 987654321, -1):
        response = api.post(PATH, {"importJobId": job_id})
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_an_import_job_under_way_is_asked_for_later(api, erp):
    job = ImportJob.objects.create(
        tenant=erp.tenant, client=erp, source_system="erp", status="Processing", created_at=timezone.now()
    )

    assert faults(api.post(PATH, {"importJobId": job.pk})) == {("importJobId", "not_completed")}


def test_unknown_employees_are_a_400_before_unknown_targets(api, jana, other_employee, tenant):
    gone = make_employee(tenant, is_active=False)
    body = {"targetIds": [987654321], "employeeIds": [jana.pk, other_employee.pk, gone.pk, 987654321, -1]}

    assert faults(api.post(PATH, body)) == {
        (f"employeeIds[{index}]", "unknown_employee") for index in (1, 2, 3, 4)
    }


def test_only_the_employees_named_are_planned(api, jana, malik, target):
    body = {"targetIds": [target.pk], "date": "2026-07-02", "employeeIds": [malik.pk], "timeLimitSeconds": 1}
    row = asked(api.post(PATH, body))
    solve_suggestion(row.pk)

    assert [route["employeeId"] for route in api.get(f"{PATH}/{row.pk}").json()["routes"]] == [malik.pk]


def test_the_day_is_the_targets_common_route_date(api, erp):
    ids = [make_target(erp, route_date=date(2026, 8, 3)).pk, make_target(erp, route_date=date(2026, 8, 3)).pk]

    assert asked(api.post(PATH, {"targetIds": ids})).date == date(2026, 8, 3)
    assert asked(api.post(PATH, {"targetIds": ids, "date": "2026-08-04"})).date == date(2026, 8, 4)


def test_without_a_common_route_date_it_is_the_next_working_day(api, erp, tenant):
    make_employee(tenant, weekdays=range(7))
    ids = [make_target(erp, route_date=date(2026, 8, 3)).pk, make_target(erp, route_date=date(2026, 8, 4)).pk]
    tomorrow = requests.today(tenant, now=timezone.now()) + timedelta(days=1)

    assert asked(api.post(PATH, {"targetIds": ids})).date == tomorrow
    assert asked(api.post(PATH, {"targetIds": [make_target(erp).pk]})).date == tomorrow


def test_a_date_alone_takes_what_is_open_for_that_day(api, erp, tenant):
    other_day = DAY + timedelta(days=1)
    wanted = {
        "ROUTE-DATE": {"route_date": DAY},
        "WINDOW": {"window_start": at(8), "window_end": at(9)},
        "OVERLAP": {"window_start": at(22, day=DAY - timedelta(days=1)), "window_end": at(6)},
        "FROM": {"window_start": at(8)},
        "UNTIL": {"window_end": at(0)},
        "DUE-DATE": {"due_date": DAY},
        "DUE-AT": {"due_at": at(23, 59)},
    }
    unwanted = {
        "OTHER-DAY": {"route_date": other_day, "due_date": DAY},
        "NOTHING": {},
        "LATER": {"due_at": at(0, day=other_day)},
        "BEFORE": {"window_start": at(8, day=DAY - timedelta(days=1)), "window_end": at(0)},
        "PLANNED": {"route_date": DAY, "status": TargetStatus.PLANNED},
    }
    for name, fields in (wanted | unwanted).items():
        make_target(erp, name, **fields)
    make_target(make_client(tenant, name="CRM", source_system="crm"), "THEIRS", route_date=DAY)

    row = asked(api.post(PATH, {"date": "2026-07-02"}))
    names = Target.objects.filter(pk__in=row.target_ids).values_list("external_id", flat=True)
    assert set(names) == wanted.keys()


def test_more_targets_than_a_plan_takes_are_refused(api, erp, monkeypatch):
    monkeypatch.setattr(requests, "MOST_TARGETS", 1)
    make_target(erp, route_date=DAY)
    make_target(erp, route_date=DAY)

    assert faults(api.post(PATH, {"date": "2026-07-02"})) == {("date", "too_many")}


def test_a_repeat_with_its_key_asks_once(api, target):
    body = {"targetIds": [target.pk]}
    first = api.post(PATH, body, idempotency_key="a")
    again = api.post(PATH, body, idempotency_key="a")
    other = api.post(PATH, body | {"timeLimitSeconds": 5}, idempotency_key="a")

    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (202, first.json(), "true")
    assert again["Location"] == first["Location"]
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert RouteSuggestion.objects.count() == 1


def test_suggestions_of_another_source_system_are_unknown(api, tenant, jana, target):
    mixed = make_suggestion(tenant, {jana: [target]})
    own = make_suggestion(tenant, source_system="erp")

    assert api.get(f"{PATH}/{mixed.pk}").status_code == 404
    assert api.get(f"{PATH}/{own.pk}").status_code == 200


def test_staff_plan_targets_of_all_and_a_client_sees_what_is_its_own(api, tenant, erp, target):
    crm = make_target(make_client(tenant, name="CRM", source_system="crm"))

    def by_staff(*targets: Target) -> RouteSuggestion:
        selection = requests.Selection(target_ids=[each.pk for each in targets])
        return requests.request_suggestion(tenant, selection=selection, now=timezone.now())

    assert api.get(f"{PATH}/{by_staff(target).pk}").status_code == 200
    assert api.get(f"{PATH}/{by_staff(target, crm).pk}").status_code == 404


def test_a_failed_one_says_why(api, tenant):
    row = make_suggestion(
        tenant, status=SuggestionStatus.FAILED, source_system="erp", solved_at=None, error="Ask again."
    )
    found = api.get(f"{PATH}/{row.pk}").json()

    assert (found["status"], found["errorMessage"], found["routes"]) == ("Failed", "Ask again.", [])


def test_a_plan_of_many_takes_as_many_statements_as_one_of_few(
    api, tenant, erp, django_assert_max_num_queries: Callable[..., Any]
):
    plan = {make_employee(tenant): [make_target(erp) for _ in range(5)] for _ in range(4)}
    row = make_suggestion(tenant, plan, source_system="erp")

    with django_assert_max_num_queries(8):
        found = api.get(f"{PATH}/{row.pk}").json()
    assert found["totals"]["plannedTargets"] == 20


def test_employees_are_those_of_the_tenant_who_are_active(api, jana, malik, other_employee, tenant):
    make_employee(tenant, is_active=False)
    jana.skills = ["Refrigeration"]
    jana.save()
    found = api.get("/employees").json()

    assert found == {
        "items": [
            {"employeeId": jana.pk, "name": "Jana Weber", "skills": ["Refrigeration"]},
            {"employeeId": malik.pk, "name": "Malik Yilmaz", "skills": []},
        ],
        "nextCursor": None,
    }
    assert api.get("/employees?limit=1").json()["nextCursor"]


def test_what_is_published_keeps_its_time(api, erp, jana):
    """The appointment from 9 to 12 takes Jana's time; it is no stop of the plan, and its target is not open."""
    planned = make_target(erp, "PLANNED", place=BOCHUM)
    make_appointment(jana, planned, start=at(9), minutes=180)
    fresh = make_target(erp, "FRESH", window_start=at(8), window_end=at(13))
    body = {"targetIds": [planned.pk, fresh.pk], "date": "2026-07-02", "timeLimitSeconds": 1}
    row = asked(api.post(PATH, body))
    solve_suggestion(row.pk)
    found = api.get(f"{PATH}/{row.pk}").json()

    (stop,) = found["routes"][0]["stops"]
    assert (stop["externalId"], stop["position"]) == ("FRESH", 1)
    assert stop["endAtUtc"] <= "2026-07-02T07:00:00Z" or stop["startAtUtc"] >= "2026-07-02T10:00:00Z"
    assert [(each["externalId"], each["code"]) for each in found["excludedTargets"]] == [
        ("PLANNED", "not_open")
    ]
