"""A plan as rows of its suggestion."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from imports.presentation import moment
from routing.planning.models import ExcludedTarget, RouteSuggestion, SuggestedRoute, SuggestedStop
from routing.planning.plan import Plan, Route, Stop
from routing.planning.problem import Problem, Span
from routing.planning.problem_building import is_commitment


@dataclass(frozen=True)
class _Leg:
    """A stop of the suggestion, and where it stands among these."""

    position: int
    stop: Stop


def write_plan(
    suggestion: RouteSuggestion,
    *,
    problem: Problem,
    plan: Plan,
    pinned: Collection[int] = (),
    left_out: Iterable[ExcludedTarget] = (),
) -> None:
    """Replace the routes, stops and exclusions of a suggestion: six statements, in the transaction that is open.

    Appointments that stand already are no stops of the suggestion, so what leads to them is none of its travel.

    Args:
        pinned: ids of the targets whose stops are pinned.
        left_out: what staff took out of the plan, in whose words it stays out.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A plan is replaced in one transaction.")
    for rows in (suggestion.routes, suggestion.stops, suggestion.excluded):
        rows.all().delete()
    routes = [(route, legs) for route in plan.routes if (legs := _legs(route))]
    SuggestedRoute.objects.bulk_create(_route(suggestion, problem, route, legs) for route, legs in routes)
    SuggestedStop.objects.bulk_create(
        _stop(suggestion, problem, route.employee_id, leg, leg.stop.target_id in pinned)
        for route, legs in routes
        for leg in legs
    )
    ExcludedTarget.objects.bulk_create(_excluded(suggestion, plan, left_out))


def _legs(route: Route) -> list[_Leg]:
    own = [stop for stop in route.stops if not is_commitment(stop.target_id)]
    return [_Leg(position, stop) for position, stop in enumerate(own, start=1)]


def _route(suggestion: RouteSuggestion, problem: Problem, route: Route, legs: list[_Leg]) -> SuggestedRoute:
    stops = [leg.stop for leg in legs]
    return SuggestedRoute(
        tenant_id=suggestion.tenant_id,
        suggestion=suggestion,
        employee_id=route.employee_id,
        starts_at=problem.moment(route.departure),
        ends_at=problem.moment(route.back),
        travel_seconds=sum(stop.travel_seconds for stop in stops) + route.return_seconds,
        travel_metres=sum(stop.travel_metres for stop in stops) + route.return_metres,
        waiting_seconds=sum(stop.waiting_seconds for stop in stops),
        work_seconds=sum(stop.end - stop.start for stop in stops),
        breaks=[_break(problem, pause) for pause in route.breaks],
    )


def _break(problem: Problem, pause: Span) -> dict[str, str | None]:
    return {
        "startAtUtc": moment(problem.moment(pause.start)),
        "endAtUtc": moment(problem.moment(pause.end)),
    }


def _stop(
    suggestion: RouteSuggestion, problem: Problem, employee_id: int, leg: _Leg, is_pinned: bool
) -> SuggestedStop:
    stop = leg.stop
    return SuggestedStop(
        tenant_id=suggestion.tenant_id,
        suggestion=suggestion,
        employee_id=employee_id,
        target_id=stop.target_id,
        position=leg.position,
        # A pinned start that nobody reaches in time is a violation with a name; the row keeps its order.
        arrival_at=problem.moment(min(stop.arrival, stop.start)),
        start_at=problem.moment(stop.start),
        end_at=problem.moment(stop.end),
        travel_seconds=stop.travel_seconds,
        travel_metres=stop.travel_metres,
        waiting_seconds=stop.waiting_seconds,
        is_pinned=is_pinned,
    )


def _excluded(
    suggestion: RouteSuggestion, plan: Plan, left_out: Iterable[ExcludedTarget]
) -> list[ExcludedTarget]:
    common: dict[str, Any] = {"tenant_id": suggestion.tenant_id, "suggestion": suggestion}
    found = [
        ExcludedTarget(target_id=each.target_id, code=each.code, message=each.message, **common)
        for each in plan.excluded
        if not is_commitment(each.target_id)
    ]
    kept = [
        ExcludedTarget(
            target_id=row.target_id, code=row.code, message=row.message, is_left_out=True, **common
        )
        for row in left_out
    ]
    return found + kept
