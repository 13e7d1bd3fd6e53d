"""Changing a draft by hand: what is stored, what is refused, and what is said of it."""

from datetime import timedelta
from typing import Any

import pytest

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.planning.consequences import offers_for
from routing.planning.draft import lay_out
from routing.planning.editing import Change, Outcome, change_draft, solve_draft_again
from routing.planning.models import Employee, ExcludedTarget, RouteSuggestion, SuggestedStop, SuggestionStatus
from routing.planning.publishing import publish_suggestion
from routing.planning.refusals import Refused
from tests.routing.cast import BOCHUM, NOW, at, make_appointment, make_suggestion, make_target

pytestmark = pytest.mark.django_db


@pytest.fixture
def targets(erp: IntegrationClient) -> list[Target]:
    return [make_target(erp, f"JOB-{number}") for number in range(1, 5)]


@pytest.fixture
def draft(
    tenant: Tenant, jana: Employee, malik: Employee, targets: list[Target], dispatcher: User
) -> RouteSuggestion:
    """Jana does the first three targets, Malik the fourth; the times are those of the rules."""
    first, second, third, fourth = targets
    suggestion = make_suggestion(tenant, {jana: [first, second, third], malik: [fourth]})
    return refreshed(suggestion, dispatcher)


def refreshed(suggestion: RouteSuggestion, by: User) -> RouteSuggestion:
    change(suggestion, Change("refresh"), by)
    return suggestion


def change(suggestion: RouteSuggestion, what: Change, by: User, **more: Any) -> Outcome:
    suggestion.refresh_from_db()
    outcome = change_draft(suggestion, what, version=suggestion.version, by=by, now=NOW, **more)
    suggestion.refresh_from_db()
    return outcome


def orders(suggestion: RouteSuggestion) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for stop in suggestion.stops.select_related("employee", "target").order_by("employee_id", "position"):
        found.setdefault(stop.employee.name, []).append(stop.target.external_id)
    return found


def excluded(suggestion: RouteSuggestion) -> dict[str, str]:
    rows = ExcludedTarget.objects.filter(suggestion=suggestion).select_related("target")
    return {row.target.external_id: row.message for row in rows}


def test_a_stop_moves_to_another_person(
    draft: RouteSuggestion, malik: Employee, targets: list[Target], dispatcher: User
) -> None:
    outcome = change(draft, Change("move", targets[0].pk, malik.pk, 2), dispatcher)
    assert outcome.is_applied
    assert outcome.what == "moved Maintenance JOB-1 to Malik Yilmaz"
    assert orders(draft) == {"Jana Weber": ["JOB-2", "JOB-3"], "Malik Yilmaz": ["JOB-4", "JOB-1"]}
    assert draft.version == outcome.version


def test_the_times_of_the_whole_route_follow(
    draft: RouteSuggestion, jana: Employee, targets: list[Target], dispatcher: User
) -> None:
    change(draft, Change("move", targets[2].pk, jana.pk, 1), dispatcher)
    stops = list(draft.stops.filter(employee=jana).order_by("position"))
    assert [stop.position for stop in stops] == [1, 2, 3]
    assert stops[1].arrival_at == stops[0].end_at + timedelta(seconds=stops[1].travel_seconds)


def test_a_change_that_breaks_a_rule_is_named_and_not_made(
    draft: RouteSuggestion, erp: IntegrationClient, jana: Employee, dispatcher: User
) -> None:
    late = make_target(erp, "JOB-9", window_start=at(8), window_end=at(8, 30))
    with_more(draft, late)
    outcome = change(draft, Change("move", late.pk, jana.pk, 4), dispatcher)
    assert not outcome.is_applied
    assert "after the window closes at 08:30" in outcome.consequences.breaks[0].message
    assert "JOB-9" not in orders(draft)["Jana Weber"]


def test_a_person_who_insists_gets_it_and_cannot_publish_it(
    draft: RouteSuggestion, erp: IntegrationClient, jana: Employee, dispatcher: User
) -> None:
    late = make_target(erp, "JOB-9", window_start=at(8), window_end=at(8, 30))
    with_more(draft, late)
    outcome = change(draft, Change("move", late.pk, jana.pk, 4), dispatcher, insist=True)
    assert outcome.is_applied
    assert orders(draft)["Jana Weber"][-1] == "JOB-9"
    with pytest.raises(Refused) as refused:
        publish_suggestion(draft, version=draft.version, by=dispatcher, now=NOW)
    assert refused.value.code == "rules_broken"
    # What was broken before does not stand in the way of the next change.
    assert change(draft, Change("pin", late.pk), dispatcher).is_applied


def test_it_says_what_a_change_costs(
    draft: RouteSuggestion, erp: IntegrationClient, malik: Employee, dispatcher: User
) -> None:
    far = make_target(erp, "JOB-9", place=BOCHUM, window_start=at(8), window_end=at(16))
    with_more(draft, far)
    outcome = change(draft, Change("move", far.pk, malik.pk, 2), dispatcher)
    assert outcome.consequences.travel_seconds > 0
    assert outcome.consequences.says.startswith("+")
    assert outcome.consequences.says.endswith("before the window ends")


def with_more(suggestion: RouteSuggestion, target: Target) -> None:
    """The suggestion was asked for this target too."""
    ids = [*suggestion.target_ids, target.pk]
    RouteSuggestion.objects.filter(pk=suggestion.pk).update(target_ids=ids)
    suggestion.refresh_from_db()


def test_what_is_left_out_stays_out_and_says_so(
    draft: RouteSuggestion, targets: list[Target], dispatcher: User
) -> None:
    change(draft, Change("leave_out", targets[1].pk), dispatcher)
    assert orders(draft)["Jana Weber"] == ["JOB-1", "JOB-3"]
    row = ExcludedTarget.objects.get(suggestion=draft)
    assert (row.target_id, row.is_left_out) == (targets[1].pk, True)
    assert row.message == "Staff left it out of this plan."
    # Another change keeps it so.
    change(draft, Change("pin", targets[0].pk), dispatcher)
    assert ExcludedTarget.objects.get(suggestion=draft).is_left_out


def test_what_was_left_out_may_be_planned_again(
    draft: RouteSuggestion, targets: list[Target], dispatcher: User
) -> None:
    change(draft, Change("leave_out", targets[1].pk), dispatcher)
    change(draft, Change("let_in", targets[1].pk), dispatcher)
    row = ExcludedTarget.objects.get(suggestion=draft)
    assert not row.is_left_out
    # Its reason is that of the plan as it stands now.
    assert "fits into the route of" in row.message


def test_what_was_left_out_is_put_in_by_hand(
    draft: RouteSuggestion, malik: Employee, targets: list[Target], dispatcher: User
) -> None:
    change(draft, Change("leave_out", targets[1].pk), dispatcher)
    change(draft, Change("move", targets[1].pk, malik.pk, 1), dispatcher)
    assert orders(draft)["Malik Yilmaz"] == ["JOB-2", "JOB-4"]
    assert excluded(draft) == {}


def test_a_pin_moves_along(
    draft: RouteSuggestion, malik: Employee, targets: list[Target], dispatcher: User
) -> None:
    change(draft, Change("pin", targets[0].pk), dispatcher)
    change(draft, Change("move", targets[0].pk, malik.pk, 1), dispatcher)
    stop = SuggestedStop.objects.get(suggestion=draft, target=targets[0])
    assert (stop.employee_id, stop.is_pinned) == (malik.pk, True)
    change(draft, Change("unpin", targets[0].pk), dispatcher)
    assert not SuggestedStop.objects.filter(suggestion=draft, is_pinned=True).exists()


def test_the_second_manager_is_told_who_was_first(
    draft: RouteSuggestion, malik: Employee, targets: list[Target], dispatcher: User, owner: User
) -> None:
    seen = draft.version
    change(draft, Change("move", targets[0].pk, malik.pk, 1), dispatcher)
    with pytest.raises(Refused) as refused:
        change_draft(draft, Change("leave_out", targets[1].pk), version=seen, by=owner, now=NOW)
    assert refused.value.code == "changed_meanwhile"
    assert refused.value.message.startswith("dispatcher moved Maintenance JOB-1 to Malik Yilmaz")
    assert excluded(draft) == {}


def test_the_change_before_is_taken_back(
    draft: RouteSuggestion, malik: Employee, targets: list[Target], dispatcher: User
) -> None:
    before = orders(draft)
    change(draft, Change("pin", targets[0].pk), dispatcher)
    outcome = change(draft, Change("move", targets[0].pk, malik.pk, 1), dispatcher)
    change(draft, Change("restore", arrangement=outcome.draft.arrangement), dispatcher)
    assert orders(draft) == before
    assert SuggestedStop.objects.get(suggestion=draft, is_pinned=True).target == targets[0]


def test_nothing_is_taken_back_over_an_appointment_that_was_published_since(
    draft: RouteSuggestion, erp: IntegrationClient, jana: Employee, targets: list[Target], dispatcher: User
) -> None:
    outcome = change(draft, Change("leave_out", targets[0].pk), dispatcher)
    make_appointment(jana, make_target(erp), start=at(14))
    with pytest.raises(Refused) as refused:
        change(draft, Change("restore", arrangement=outcome.draft.arrangement), dispatcher)
    assert refused.value.code == "cannot_undo"


def test_published_appointments_keep_their_time_and_count_as_places(
    draft: RouteSuggestion, erp: IntegrationClient, malik: Employee, targets: list[Target], dispatcher: User
) -> None:
    appointment = make_appointment(malik, make_target(erp), start=at(12))
    refreshed(draft, dispatcher)
    change(draft, Change("move", targets[0].pk, malik.pk, 3), dispatcher)
    stop = SuggestedStop.objects.get(suggestion=draft, target=targets[0])
    assert stop.start_at >= appointment.end_at
    # Among the stops of the suggestion it is the second.
    assert stop.position == 2


def test_what_is_published_is_not_to_be_moved(
    draft: RouteSuggestion, erp: IntegrationClient, malik: Employee, jana: Employee, dispatcher: User
) -> None:
    appointment = make_appointment(malik, make_target(erp), start=at(12))
    with pytest.raises(Refused):
        change(draft, Change("move", -appointment.pk, jana.pk, 1), dispatcher)


@pytest.mark.parametrize("status", ["Queued", "Solving", "Published", "Discarded", "Failed"])
def test_only_drafts_are_changed(
    draft: RouteSuggestion, targets: list[Target], dispatcher: User, status: str
) -> None:
    claim = {"claim": "11111111-1111-1111-1111-111111111111", "claimed_until": NOW}
    RouteSuggestion.objects.filter(pk=draft.pk).update(
        status=status, **(claim if status == "Solving" else {})
    )
    with pytest.raises(Refused) as refused:
        change(draft, Change("leave_out", targets[0].pk), dispatcher)
    assert refused.value.code == "not_a_draft"


def test_strangers_and_places_that_are_not_there_are_refused(
    draft: RouteSuggestion,
    other_target: Target,
    other_employee: Employee,
    jana: Employee,
    targets: list[Target],
    dispatcher: User,
) -> None:
    for what in (
        Change("move", other_target.pk, jana.pk, 1),
        Change("move", targets[0].pk, other_employee.pk, 1),
        Change("move", targets[0].pk, jana.pk, 9),
        Change("pin", other_target.pk),
    ):
        with pytest.raises(Refused) as refused:
            change(draft, what, dispatcher)
        assert refused.value.code == "no_such_place"


def test_a_target_that_cannot_be_planned_is_not_put_in(
    draft: RouteSuggestion, erp: IntegrationClient, jana: Employee, dispatcher: User
) -> None:
    nowhere = make_target(erp, "JOB-9", place=None)
    with_more(draft, nowhere)
    with pytest.raises(Refused) as refused:
        change(draft, Change("move", nowhere.pk, jana.pk, 1), dispatcher)
    assert refused.value.code == "cannot_be_planned"


def test_offers_name_the_cheapest_place_first_and_what_others_break(
    draft: RouteSuggestion,
    erp: IntegrationClient,
    jana: Employee,
    malik: Employee,
    dispatcher: User,
) -> None:
    Employee.objects.filter(pk=jana.pk).update(skills=["Gas"])
    target = make_target(erp, "JOB-9", required_skills=["gas"])
    with_more(draft, target)
    able, unable = offers_for(lay_out(draft), target.pk)
    assert (able.employee_id, unable.employee_id) == (jana.pk, malik.pk)
    costs = [offer.consequences.travel_seconds for offer in able.offers]
    assert costs == sorted(costs)
    assert not able.offers[0].consequences.breaks
    assert [fault.code for fault in unable.offers[0].consequences.breaks] == ["skill_missing"]


def test_an_offer_says_what_the_change_then_does(
    draft: RouteSuggestion, jana: Employee, malik: Employee, targets: list[Target], dispatcher: User
) -> None:
    change(draft, Change("pin", targets[0].pk), dispatcher)
    people = offers_for(lay_out(draft), targets[0].pk)
    offer = next(offer for person in people for offer in person.offers if person.employee_id == malik.pk)
    outcome = change(draft, Change("move", targets[0].pk, malik.pk, offer.position), dispatcher)
    assert outcome.consequences == offer.consequences


def test_nobody_who_is_away_is_offered(
    draft: RouteSuggestion, tenant: Tenant, malik: Employee, targets: list[Target]
) -> None:
    malik.absences.create(tenant=tenant, first_day=draft.date, last_day=draft.date)
    away = offers_for(lay_out(draft), targets[0].pk)[-1]
    assert away.offers == ()
    assert away.refusal.startswith("Malik Yilmaz is away on")


def test_a_draft_says_that_the_day_has_changed(
    draft: RouteSuggestion, targets: list[Target], dispatcher: User
) -> None:
    assert not lay_out(draft).is_out_of_date
    Target.objects.filter(pk=targets[0].pk).update(work_minutes=90)
    assert lay_out(draft).is_out_of_date
    refreshed(draft, dispatcher)
    assert not lay_out(draft).is_out_of_date


def test_it_is_planned_again_around_what_is_pinned(
    draft: RouteSuggestion, targets: list[Target], dispatcher: User
) -> None:
    change(draft, Change("pin", targets[0].pk), dispatcher)
    solve_draft_again(draft, version=draft.version, by=dispatcher, now=NOW)
    draft.refresh_from_db()
    assert draft.status == SuggestionStatus.QUEUED
    with pytest.raises(Refused):
        solve_draft_again(draft, version=draft.version, by=dispatcher, now=NOW)
