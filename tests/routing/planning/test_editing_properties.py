"""What holds of every plan that was changed by hand, however the day looks and whatever was done to it."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.planning import arranging
from routing.planning.arranging import Arrangement, NoSuchPlace, as_json, from_json
from routing.planning.consequences import offers_for
from routing.planning.draft import Draft
from routing.planning.models import RouteSuggestion
from routing.planning.plan import Plan
from routing.planning.solver import solve
from routing.planning.travel import GreatCircle
from tests.routing.planning.instances import instance
from tests.routing.planning.plan_checker import broken, rules_broken
from tests.routing.planning.test_solver_properties import NAMED


def laid_out(seed: int) -> Draft:
    problem = instance(14, 3, seed=seed)
    matrix = GreatCircle().matrix(problem.points())
    plan = solve(problem, matrix=matrix, time_limit_seconds=0.5)
    orders = {who: tuple(order) for who, order in plan.orders.items()}
    return Draft(RouteSuggestion(pk=1), problem, {}, (), Arrangement(orders), matrix)


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return [laid_out(seed) for seed in range(4)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["move", "move", "leave_out", "let_in", "pin", "unpin"]),
        st.integers(0, 13),
        st.integers(0, 2),
        st.integers(1, 8),
    ),
    min_size=1,
    max_size=12,
)


def changed(draft: Draft, steps: list[tuple[str, int, int, int]]) -> Arrangement:
    """After those of the steps that are possible."""
    arrangement = draft.arrangement
    for kind, job, employee, position in steps:
        target_id = draft.problem.jobs[job].target_id
        who = draft.problem.employees[employee].employee_id
        if kind == "move" and draft.problem.job[target_id].point is None:
            continue
        try:
            arrangement = {
                "move": lambda now, t=target_id, w=who, p=position: arranging.moved(
                    now, t, employee_id=w, position=p
                ),
                "leave_out": lambda now, t=target_id: arranging.left_out(now, t),
                "let_in": lambda now, t=target_id: arranging.let_in(now, t),
                "pin": lambda now, t=target_id: arranging.pinned(now, t),
                "unpin": lambda now, t=target_id: arranging.unpinned(now, t),
            }[kind](arrangement)
        except NoSuchPlace:
            continue
    return arrangement


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 3), steps=STEPS)
def test_no_rule_is_broken_that_is_not_named(
    drafts: list[Draft], which: int, steps: list[tuple[str, int, int, int]]
) -> None:
    draft = drafts[which]
    judged = draft.judged(changed(draft, steps))
    plan = Plan(judged.routes, judged.excluded)
    named = {violation.code for violation in judged.violations}
    found = rules_broken(judged.ground.problem, draft.matrix, plan)
    for fault in found:
        kind = next(kind for kind in NAMED if fault.startswith(kind))
        assert NAMED[kind] in named, fault


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 3), steps=STEPS)
def test_every_target_is_in_one_route_or_left_out_with_a_reason(
    drafts: list[Draft], which: int, steps: list[tuple[str, int, int, int]]
) -> None:
    draft = drafts[which]
    judged = draft.judged(changed(draft, steps))
    faults = broken(judged.ground.problem, draft.matrix, Plan(judged.routes, judged.excluded))
    assert [
        fault for fault in faults if fault.startswith(("counted", "unknown", "no reason", "two", "empty"))
    ] == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 3), steps=STEPS, job=st.integers(0, 13))
def test_an_offer_promises_what_comes(
    drafts: list[Draft], which: int, steps: list[tuple[str, int, int, int]], job: int
) -> None:
    draft = replace(drafts[which], arrangement=changed(drafts[which], steps))
    target_id = draft.problem.jobs[job].target_id
    for person in offers_for(draft, target_id):
        for offer in person.offers:
            after = draft.judged(
                arranging.moved(
                    draft.arrangement, target_id, employee_id=offer.employee_id, position=offer.position
                )
            )
            assert after.travel_seconds - draft.now.travel_seconds == offer.consequences.travel_seconds
            broken_after = {(one.code, one.employee_id, one.target_id) for one in after.violations}
            assert {
                (one.code, one.employee_id, one.target_id) for one in offer.consequences.breaks
            } <= broken_after


@given(which=st.integers(0, 3), steps=STEPS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_to_go_back_to_is_the_arrangement(
    drafts: list[Draft], which: int, steps: list[tuple[str, int, int, int]]
) -> None:
    arrangement = changed(drafts[which], steps)
    assert from_json(as_json(arrangement)) == arrangement
