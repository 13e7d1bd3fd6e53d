"""Route suggestions and employees as the API shows them (API contract, Shapes)."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from imports.presentation import moment
from routing.planning.models import (
    Employee,
    ExcludedTarget,
    RouteSuggestion,
    SuggestedRoute,
    SuggestedStop,
)

_SUMS = ("travelMinutes", "travelKm", "workMinutes", "waitingMinutes")


def links(suggestion: RouteSuggestion) -> dict[str, str]:
    return {"self": reverse("api:route-suggestion", args=[suggestion.pk])}


def requested(suggestion: RouteSuggestion) -> dict[str, Any]:
    """The answer to a request for a suggestion."""
    return {
        "routeSuggestionId": suggestion.pk,
        "status": suggestion.status,
        "links": links(suggestion),
    }


def suggestion(row: RouteSuggestion) -> dict[str, Any]:
    """A suggestion with all that it holds by now: three statements more."""
    routes = _routes(row)
    excluded = [_excluded(each) for each in row.excluded.select_related("target").order_by("target_id")]
    return {
        "routeSuggestionId": row.pk,
        "status": row.status,
        "progress": round(row.progress, 3),
        "date": row.date.isoformat(),
        "routes": routes,
        "excludedTargets": excluded,
        "totals": _totals(routes, excluded),
        "travelNote": row.travel_note or None,
        "errorMessage": row.error or None,
        "createdAtUtc": moment(row.created_at),
        "solvedAtUtc": moment(row.solved_at),
        "links": links(row),
    }


def employee(row: Employee) -> dict[str, Any]:
    return {"employeeId": row.pk, "name": row.name, "skills": row.skills}


def _routes(row: RouteSuggestion) -> list[dict[str, Any]]:
    stops: dict[int, list[SuggestedStop]] = {}
    for stop in row.stops.select_related("target").order_by("employee_id", "position"):
        stops.setdefault(stop.employee_id, []).append(stop)
    routes = row.routes.select_related("employee").order_by("employee__name", "employee_id")
    return [_route(route, stops.get(route.employee_id, ())) for route in routes]


def _route(route: SuggestedRoute, stops: Iterable[SuggestedStop]) -> dict[str, Any]:
    return {
        "employeeId": route.employee_id,
        "employeeName": route.employee.name,
        "stops": [_stop(stop) for stop in stops],
        "breaks": route.breaks,
        "travelMinutes": _minutes(route.travel_seconds),
        "travelKm": _kilometres(route.travel_metres),
        "workMinutes": _minutes(route.work_seconds),
        "waitingMinutes": _minutes(route.waiting_seconds),
    }


def _stop(stop: SuggestedStop) -> dict[str, Any]:
    return {
        "position": stop.position,
        "targetId": stop.target_id,
        "externalId": stop.target.external_id,
        "arrivalAtUtc": moment(stop.arrival_at),
        "startAtUtc": moment(stop.start_at),
        "endAtUtc": moment(stop.end_at),
        "waitingMinutes": _minutes(stop.waiting_seconds),
        "travelMinutes": _minutes(stop.travel_seconds),
        "travelKm": _kilometres(stop.travel_metres),
    }


def _excluded(row: ExcludedTarget) -> dict[str, Any]:
    return {
        "targetId": row.target_id,
        "externalId": row.target.external_id,
        "code": row.code,
        "message": row.message,
    }


def _totals(routes: list[dict[str, Any]], excluded: list[dict[str, Any]]) -> dict[str, Any]:
    """Of what is shown, so that whoever adds the routes up finds the same."""
    sums = {name: sum(route[name] for route in routes) for name in _SUMS}
    return {
        **sums,
        "travelKm": round(float(sums["travelKm"]), 1),
        "plannedTargets": sum(len(route["stops"]) for route in routes),
        "excludedTargets": len(excluded),
    }


def _minutes(seconds: int) -> int:
    return round(seconds / 60)


def _kilometres(metres: int) -> float:
    return round(metres / 1000, 1)
