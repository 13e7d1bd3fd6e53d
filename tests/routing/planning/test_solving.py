"""Solving: one worker at a time, leases, what is saved and what is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from imports.models import Target
from ordinavo_connect.clients.models import Tenant
from routing.planning import solving
from routing.planning.models import ExcludedTarget, RouteSuggestion, SuggestionStatus
from routing.planning.problem_building import build_problem
from routing.planning.refusals import Refused
from routing.planning.requests import solve_again, stop_solving
from routing.planning.solving import claim, solve_suggestion, waiting_suggestions
from tests.routing.cast import DAY, NOW, at, make_employee, make_suggestion, make_target
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(tenant: Tenant, jana: Any, target: Target) -> RouteSuggestion:
    return make_suggestion(
        tenant,
        status=SuggestionStatus.QUEUED,
        solved_at=None,
        source_system="erp",
        time_limit_seconds=1,
    )


@pytest.fixture
def asked(queued: RouteSuggestion, target: Target) -> RouteSuggestion:
    queued.target_ids = [target.pk]
    queued.save()
    return queued


def fresh(suggestion: RouteSuggestion) -> RouteSuggestion:
    return RouteSuggestion.objects.get(pk=suggestion.pk)


def test_it_ends_as_a_draft_and_tells_of_it(asked, target):
    assert solve_suggestion(asked.pk, clock=lambda: NOW)

    row = fresh(asked)
    assert (row.status, row.progress, row.solved_at, row.claim) == ("Draft", 1, NOW, None)
    assert [stop.target_id for stop in row.stops.all()] == [target.pk]
    event = Event.objects.get(type="route.suggestion.created")
    assert (event.source_system, event.occurred_at) == ("erp", NOW)
    assert event.facts["routeSuggestion"] == {
        "id": row.pk,
        "status": "Draft",
        "date": "2026-07-02",
        "plannedTargets": 1,
        "excludedTargets": 0,
    }


def test_nobody_solves_what_is_solved(asked):
    solve_suggestion(asked.pk)

    assert not solve_suggestion(asked.pk)
    assert Event.objects.filter(type="route.suggestion.created").count() == 1


def test_one_claims_it(asked):
    assert claim(asked.pk, now=NOW) is not None
    assert claim(asked.pk, now=NOW + timedelta(seconds=solving.LEASE_SECONDS - 1)) is None


def test_another_follows_one_that_died(asked):
    claim(asked.pk, now=NOW)
    later = NOW + timedelta(seconds=solving.LEASE_SECONDS + 1)

    assert waiting_suggestions(now=NOW, limit=9) == []
    assert waiting_suggestions(now=later, limit=9) == [asked.pk]
    assert solve_suggestion(asked.pk, clock=lambda: later)
    assert fresh(asked).status == "Draft"


def test_one_that_was_taken_for_dead_saves_nothing(asked, monkeypatch):
    """While the first one solves, its lease ends and a second one claims the suggestion."""

    def overtaken(*args: Any, **options: Any) -> Any:
        RouteSuggestion.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        assert claim(asked.pk, now=timezone.now()) is not None
        return original(*args, **options)

    original = solving.solve
    monkeypatch.setattr(solving, "solve", overtaken)
    solve_suggestion(asked.pk)

    row = fresh(asked)
    assert (row.status, row.times_claimed) == ("Solving", 2)
    assert not row.stops.exists()
    assert not Event.objects.exists()


def test_what_kills_every_worker_is_given_up(asked):
    now = NOW
    for _ in range(solving.MOST_CLAIMS):
        assert claim(asked.pk, now=now) is not None
        now += timedelta(seconds=solving.LEASE_SECONDS + 1)

    assert claim(asked.pk, now=now) is None
    row = fresh(asked)
    assert (row.status, row.claim) == ("Failed", None)
    assert "every try ended early" in row.error


def test_a_bug_ends_it_with_a_sentence(asked, monkeypatch):
    def broken(*_args: Any, **_options: Any) -> Any:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(solving, "solve", broken)
    assert solve_suggestion(asked.pk)

    row = fresh(asked)
    assert row.status == "Failed"
    assert "something went wrong" in row.error
    assert "secret" not in row.error


def test_a_stop_ends_the_search_and_keeps_what_was_found(asked, target):
    """The bound on time is 60 s; asked to stop, the worker is done long before."""
    RouteSuggestion.objects.update(time_limit_seconds=60)
    assert stop_solving(asked)
    solve_suggestion(asked.pk)

    row = fresh(asked)
    assert (row.status, row.is_stop_requested) == ("Draft", False)
    assert row.stops.count() + row.excluded.count() == 1


def test_what_was_discarded_meanwhile_stays_so(asked, monkeypatch):
    original = solving.solve

    def discarded(*args: Any, **options: Any) -> Any:
        RouteSuggestion.objects.update(status="Discarded", claim=None, claimed_until=None)
        return original(*args, **options)

    monkeypatch.setattr(solving, "solve", discarded)
    solve_suggestion(asked.pk)

    assert fresh(asked).status == "Discarded"
    assert not fresh(asked).stops.exists()


def test_progress_extends_the_lease(asked):
    now = NOW
    row = claim(asked.pk, now=now)
    heartbeat = solving._Heartbeat(row, lambda: NOW + timedelta(seconds=10))
    heartbeat.progress(0.4)

    seen = fresh(asked)
    assert (seen.progress, seen.claimed_until) == (0.4, NOW + timedelta(seconds=10 + solving.LEASE_SECONDS))
    assert not heartbeat.is_to_stop()


def test_solving_again_keeps_pins_and_what_was_left_out(tenant, erp, jana, malik):
    pinned, free, out = (make_target(erp, name) for name in ("PINNED", "FREE", "OUT"))
    draft = make_suggestion(tenant, {malik: [pinned, free]}, time_limit_seconds=1)
    draft.stops.filter(target=pinned).update(is_pinned=True)
    RouteSuggestion.objects.update(target_ids=[pinned.pk, free.pk, out.pk])
    ExcludedTarget.objects.create(
        tenant=tenant,
        suggestion=draft,
        target=out,
        code="lower_priority",
        message="Left out.",
        is_left_out=True,
    )
    solve_again(draft, version=0)
    assert fresh(draft).status == "Queued"
    solve_suggestion(draft.pk)

    row = fresh(draft)
    assert (row.status, row.version) == ("Draft", 1)
    stop = row.stops.get(target=pinned)
    assert (stop.employee, stop.start_at, stop.is_pinned) == (malik, at(9), True)
    assert not row.stops.get(target=free).is_pinned
    kept = row.excluded.get()
    assert (kept.target, kept.message, kept.is_left_out) == (out, "Left out.", True)
    # The plan that was there is no new one.
    assert not Event.objects.filter(type="route.suggestion.created").exists()


def test_a_draft_that_changed_meanwhile_is_not_solved_again(tenant, jana, target):
    draft = make_suggestion(tenant, {jana: [target]}, version=3)

    with pytest.raises(Refused, match="in the meantime"):
        solve_again(draft, version=2)
    assert fresh(draft).status == "Draft"


def test_a_failed_second_try_keeps_the_first_plan(tenant, jana, target, monkeypatch):
    draft = make_suggestion(tenant, {jana: [target]})
    solve_again(draft, version=0)
    monkeypatch.setattr(solving, "solve", lambda *_args, **_options: 1 / 0)
    solve_suggestion(draft.pk)

    row = fresh(draft)
    assert (row.status, row.stops.count()) == ("Draft", 1)
    assert row.error


def test_a_map_service_that_fails_is_said(asked, settings):
    settings.TRAVEL_MATRIX, settings.TRAVEL_MATRIX_URL = "osrm", "http://127.0.0.1:9"
    solve_suggestion(asked.pk)

    row = fresh(asked)
    assert row.status == "Draft"
    assert "estimated from straight lines" in row.travel_note


def test_a_problem_takes_as_many_statements_for_many_as_for_few(
    tenant, erp, django_assert_num_queries: Callable[..., Any]
):
    people = [make_employee(tenant) for _ in range(4)]
    targets = [make_target(erp) for _ in range(12)]
    draft = make_suggestion(tenant, {people[0]: targets[:6], people[1]: targets[6:]})
    draft = RouteSuggestion.objects.select_related("tenant").get(pk=draft.pk)

    with django_assert_num_queries(7):
        day = build_problem(draft)
    assert len(day.problem.jobs) == 12
    assert [len(order) for order in day.orders.values()] == [6, 6]


def test_overdue_work_counts_its_days(tenant, erp, jana):
    late = make_target(erp, due_date=DAY - timedelta(days=3))
    draft = make_suggestion(tenant, {jana: [late]})

    assert build_problem(draft).problem.job[late.pk].overdue_days == 3
