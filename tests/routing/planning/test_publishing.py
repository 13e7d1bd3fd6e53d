"""A draft becomes routes and appointments: all of it, once, and only what still holds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.planning.appointment_sweep import cancel_orphaned
from routing.planning.day_check import Check, check_suggestion
from routing.planning.models import Appointment, Employee, Route, RouteSuggestion
from routing.planning.publishing import publish_suggestion, publishing_preview
from routing.planning.refusals import Refused
from tests.factories import make_client
from tests.routing.at_once import at_once
from tests.routing.cast import NOW, at, make_appointment, make_suggestion, make_target
from webhooks.events.models import Event

Publish = Callable[..., list[Route]]


@pytest.fixture
def publish(dispatcher: User) -> Publish:
    def call(suggestion: RouteSuggestion, **settings: Any) -> list[Route]:
        defaults: dict[str, Any] = {"version": 0, "by": dispatcher, "now": NOW}
        return publish_suggestion(suggestion, **defaults | settings)

    return call


@pytest.fixture
def plan(tenant: Tenant, erp: IntegrationClient, jana: Employee, malik: Employee) -> RouteSuggestion:
    """Two stops for Jana, one for Malik."""
    jobs = [make_target(erp, f"JOB-{number}") for number in (11, 12, 13)]
    return make_suggestion(tenant, {jana: jobs[:2], malik: jobs[2:]})


def _events() -> list[tuple[str, str]]:
    return [
        (event.type, event.facts.get("target", {}).get("externalIds", {}).get("erp", ""))
        for event in Event.objects.order_by("pk")
    ]


def test_stops_become_appointments_at_their_times(plan: RouteSuggestion, publish: Publish) -> None:
    routes = publish(plan)

    assert [(route.employee.name, route.appointments.count()) for route in routes] == [
        ("Jana Weber", 2),
        ("Malik Yilmaz", 1),
    ]
    first = Appointment.objects.get(target__external_id="JOB-11")
    assert (first.status, first.start_at, first.end_at) == ("Scheduled", at(9), at(10))
    plan.refresh_from_db()
    assert (plan.status, str(plan.published_by), plan.published_at) == ("Published", "dispatcher", NOW)


def test_a_target_shows_its_appointment(plan: RouteSuggestion, publish: Publish, api: Any) -> None:
    publish(plan)

    answer = api.get("/inbound/targets/JOB-12").json()
    appointment = Appointment.objects.get(target__external_id="JOB-12")
    assert answer["status"] == "Planned"
    assert answer["appointment"] == {
        "appointmentId": appointment.pk,
        "status": "Scheduled",
        "employeeId": appointment.employee_id,
        "startAtUtc": "2026-07-02T08:30:00Z",
        "endAtUtc": "2026-07-02T09:30:00Z",
    }


def test_events_tell_routes_then_appointments_in_order_of_cause(
    plan: RouteSuggestion, publish: Publish
) -> None:
    publish(plan)

    assert _events() == [
        ("route.published", ""),
        ("appointment.scheduled", "JOB-11"),
        ("target.scheduled", "JOB-11"),
        ("appointment.scheduled", "JOB-12"),
        ("target.scheduled", "JOB-12"),
        ("route.published", ""),
        ("appointment.scheduled", "JOB-13"),
        ("target.scheduled", "JOB-13"),
    ]
    route = Event.objects.filter(type="route.published").order_by("pk")[0].facts["route"]
    assert route["date"] == "2026-07-02"
    assert [(stop["position"], stop["externalIds"]) for stop in route["stops"]] == [
        (1, {"erp": "JOB-11"}),
        (2, {"erp": "JOB-12"}),
    ]
    scheduled = Event.objects.filter(type="appointment.scheduled").order_by("pk")[0].facts
    assert (scheduled["target"]["status"], scheduled["appointment"]["status"]) == ("Planned", "Scheduled")


def test_each_source_system_hears_of_its_own_targets(
    tenant: Tenant, erp: IntegrationClient, jana: Employee, publish: Publish
) -> None:
    shop = make_client(tenant, source_system="shop")
    plan = make_suggestion(tenant, {jana: [make_target(erp), make_target(shop)]})

    publish(plan)

    told = Event.objects.order_by("pk").values_list("source_system", "type")
    assert [kind for source, kind in told if source == "shop"] == [
        "appointment.scheduled",
        "target.scheduled",
    ]
    # A route with targets of two systems belongs to neither.
    assert [source for source, kind in told if kind == "route.published"] == [""]


def test_a_second_click_says_who_was_first(plan: RouteSuggestion, publish: Publish) -> None:
    publish(plan)

    with pytest.raises(Refused) as refused:
        publish(plan)
    assert refused.value.code == "already_published"
    assert refused.value.message.startswith("dispatcher published it")
    assert Appointment.objects.count() == 3


def test_a_plan_that_somebody_changed_is_looked_at_again(plan: RouteSuggestion, publish: Publish) -> None:
    RouteSuggestion.objects.update(version=4)

    with pytest.raises(Refused) as refused:
        publish(plan, version=3)
    assert refused.value.code == "changed_meanwhile"
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("status", "code"), [("Discarded", "discarded"), ("Queued", "not_a_draft"), ("Failed", "not_a_draft")]
)
def test_only_drafts_are_published(
    tenant: Tenant, jana: Employee, target: Target, publish: Publish, status: str, code: str
) -> None:
    plan = make_suggestion(tenant, {jana: [target]}, status=status)

    with pytest.raises(Refused) as refused:
        publish(plan)
    assert refused.value.code == code


def test_a_plan_without_stops_is_nothing_to_publish(tenant: Tenant, publish: Publish) -> None:
    with pytest.raises(Refused) as refused:
        publish(make_suggestion(tenant))
    assert refused.value.code == "empty"


def test_a_target_that_was_planned_meanwhile_stops_all_of_it(
    plan: RouteSuggestion, publish: Publish, jana: Employee, dispatcher: User
) -> None:
    appointment = make_appointment(jana, Target.objects.get(external_id="JOB-12"), start=at(15))
    Route.objects.filter(pk=appointment.route_id).update(published_by=dispatcher)

    with pytest.raises(Refused) as refused:
        publish(plan)
    assert refused.value.code == "plan_outdated"
    assert "JOB-12 was planned for Jana Weber by dispatcher" in refused.value.details[0]
    plan.refresh_from_db()
    assert plan.status == "Draft"
    assert Appointment.objects.count() == 1
    assert not Event.objects.exists()


def test_a_target_that_was_cancelled_meanwhile_is_named(plan: RouteSuggestion, publish: Publish) -> None:
    Target.objects.filter(external_id="JOB-13").update(status="Cancelled")

    with pytest.raises(Refused, match="JOB-13 is not open any more: Cancelled"):
        publish(plan)


def test_an_employee_who_got_other_appointments_meanwhile_has_no_time(
    plan: RouteSuggestion, publish: Publish, erp: IntegrationClient, jana: Employee
) -> None:
    make_appointment(jana, make_target(erp), start=at(10, 15), minutes=45)

    with pytest.raises(Refused) as refused:
        publish(plan)
    assert refused.value.code == "rules_broken"
    assert "Jana Weber" in refused.value.message
    assert Appointment.objects.count() == 1


def test_appointments_that_leave_the_plan_its_times_do_not_matter(
    plan: RouteSuggestion, publish: Publish, erp: IntegrationClient, jana: Employee
) -> None:
    make_appointment(jana, make_target(erp), start=at(14))

    publish(plan)

    assert Appointment.objects.count() == 4


def test_an_employee_who_left_is_named(plan: RouteSuggestion, publish: Publish, malik: Employee) -> None:
    Employee.objects.filter(pk=malik.pk).update(is_active=False)

    with pytest.raises(Refused, match="Malik Yilmaz"):
        publish(plan)
    assert not Appointment.objects.exists()


def test_a_target_that_was_cancelled_and_opened_again_is_planned_anew(
    tenant: Tenant, jana: Employee, target: Target, publish: Publish
) -> None:
    old = make_appointment(jana, target, start=at(15))
    Target.objects.filter(pk=target.pk).update(status="Open")

    publish(make_suggestion(tenant, {jana: [target]}))

    old.refresh_from_db()
    assert old.status == "Cancelled"
    assert Appointment.objects.get(status="Scheduled").start_at == at(9)
    assert [kind for kind, _job in _events()] == [
        *("appointment.cancelled", "route.published", "appointment.scheduled", "target.scheduled")
    ]


def test_a_target_that_somebody_is_at_is_not_planned_again(
    tenant: Tenant, jana: Employee, malik: Employee, target: Target, publish: Publish, api: Any
) -> None:
    make_appointment(jana, target, status="Started")
    for operation in ("cancel", "upsert"):
        api.post("/inbound/targets", {"externalId": "JOB-1", "title": "JOB-1", "operation": operation})
    target.refresh_from_db()
    assert target.status == "Open"

    with pytest.raises(Refused) as refusal:
        publish(make_suggestion(tenant, {malik: [target]}))
    assert refusal.value.code == "plan_outdated"
    assert "JOB-1 was planned for Jana Weber" in refusal.value.message
    assert Appointment.objects.count() == 1


def test_the_number_of_statements_does_not_depend_on_the_size(
    tenant: Tenant, erp: IntegrationClient, jana: Employee, malik: Employee, publish: Publish
) -> None:
    def counted(jobs: int) -> int:
        targets = [make_target(erp, minutes=10) for _ in range(jobs)]
        plan = make_suggestion(tenant, {jana: targets[: jobs // 2], malik: targets[jobs // 2 :]})
        with CaptureQueriesContext(connection) as queries:
            publish(plan)
        Appointment.objects.update(start_at=at(9) - timedelta(days=9), end_at=at(9) - timedelta(days=8))
        return len(queries)

    assert counted(2) == counted(8)


def test_the_preview_counts_what_would_happen(
    plan: RouteSuggestion, tenant: Tenant, erp: IntegrationClient
) -> None:
    for status in ("Open", "Open", "Completed"):
        target = make_target(erp, status=status)
        plan.excluded.create(
            tenant=tenant, target=target, code="capacity_exceeded", message="The day is full."
        )

    assert publishing_preview(plan).sentence == "3 appointments for 2 people; 2 targets stay open"


@pytest.fixture
def after_the_check(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Somebody does something between the check of the rules and the transaction that publishes, once."""

    def do(change: Callable[[], Any]) -> None:
        changes = [change]

        def check(suggestion: RouteSuggestion) -> Check:
            found = check_suggestion(suggestion)
            if changes:
                changes.pop()()
            return found

        monkeypatch.setattr("routing.planning.publishing.check_suggestion", check)

    return do


def test_an_appointment_that_comes_between_check_and_publishing_is_seen(
    plan: RouteSuggestion,
    publish: Publish,
    erp: IntegrationClient,
    jana: Employee,
    after_the_check: Callable[[Callable[[], Any]], None],
) -> None:
    after_the_check(lambda: make_appointment(jana, make_target(erp), start=at(10, 15), minutes=45))

    with pytest.raises(Refused) as refused:
        publish(plan)
    assert refused.value.code == "rules_broken"
    assert Appointment.objects.count() == 1


def test_a_window_that_an_import_moves_between_check_and_publishing_is_seen(
    plan: RouteSuggestion, publish: Publish, api: Any, after_the_check: Callable[[Callable[[], Any]], None]
) -> None:
    window = {
        "preferredTimeWindowStart": "2026-07-02T12:00:00Z",
        "preferredTimeWindowEnd": "2026-07-02T13:00:00Z",
    }
    update = {"externalId": "JOB-13", "operation": "update", "planning": window}
    after_the_check(lambda: api.post("/inbound/targets", update))

    with pytest.raises(Refused, match="before the window opens at 14:00"):
        publish(plan)
    assert not Appointment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_publish_one_target_at_once_make_one_plan(
    tenant: Tenant, erp: IntegrationClient, jana: Employee, malik: Employee, dispatcher: User, owner: User
) -> None:
    jobs = [make_target(erp) for _ in range(4)]
    plans = [make_suggestion(tenant, {jana: jobs[:3]}), make_suggestion(tenant, {malik: jobs[1:]})]

    outcomes = at_once(
        lambda: publish_suggestion(plans[0], version=0, by=dispatcher, now=NOW),
        lambda: publish_suggestion(plans[1], version=0, by=owner, now=NOW),
    )

    assert sorted(outcomes) == ["", "plan_outdated"]
    assert Appointment.objects.count() == 3
    assert RouteSuggestion.objects.filter(status="Published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_publish_one_suggestion_at_once_publish_it_once(
    plan: RouteSuggestion, dispatcher: User, owner: User
) -> None:
    outcomes = at_once(
        lambda: publish_suggestion(plan, version=0, by=dispatcher, now=NOW),
        lambda: publish_suggestion(plan, version=0, by=owner, now=NOW),
    )

    assert sorted(outcomes) == ["", "already_published"]
    assert Event.objects.filter(type="route.published").count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_employee_is_not_in_two_places_whoever_publishes(
    tenant: Tenant, erp: IntegrationClient, jana: Employee, dispatcher: User, owner: User
) -> None:
    plans = [make_suggestion(tenant, {jana: [make_target(erp)]}) for _ in range(2)]

    outcomes = at_once(
        lambda: publish_suggestion(plans[0], version=0, by=dispatcher, now=NOW),
        lambda: publish_suggestion(plans[1], version=0, by=owner, now=NOW),
    )

    assert sorted(outcomes) == ["", "rules_broken"]
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_target_that_is_cancelled_while_it_is_published_has_no_appointment_in_the_end(
    plan: RouteSuggestion, dispatcher: User, api: Any
) -> None:
    cancel = {"externalId": "JOB-12", "operation": "cancel"}

    outcomes = at_once(
        lambda: publish_suggestion(plan, version=0, by=dispatcher, now=NOW),
        lambda: api.post("/inbound/targets", cancel),
    )
    cancel_orphaned(now=NOW)

    assert set(outcomes) <= {"", "plan_outdated"}
    assert Target.objects.get(external_id="JOB-12").status == "Cancelled"
    assert not Appointment.objects.filter(target__external_id="JOB-12", status="Scheduled").exists()
    # The others were published with it, or not at all.
    assert Appointment.objects.filter(status="Scheduled").count() in (0, 2)
