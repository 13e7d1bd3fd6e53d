"""What the OpenAPI document says of the endpoints of planning."""

from ordinavo_connect.api.openapi.operation import Answer, Body, Operation, Parameter, page_parameters
from routing.planning import shapes
from routing.planning.contract import RouteSuggestionIn

_TAG = "Route suggestions"

_REQUESTED = {
    "routeSuggestionId": 9,
    "status": "Queued",
    "links": {"self": "/api/connect/v1/route-suggestions/9"},
}

CREATE_ROUTE_SUGGESTION = Operation(
    id="createRouteSuggestion",
    tag=_TAG,
    summary="Ask for a route suggestion",
    description=(
        "Plans targets of the caller's own source system for one day. Exactly one of `importJobId` and `targetIds` is "
        "given, with or without `date`, or `date` alone.\n\nA worker solves it: `GET` it until its status is `Draft` "
        "or `Failed`. Nothing is published by it; only staff publish."
    ),
    headers=("Idempotency-Key",),
    body=Body(
        RouteSuggestionIn,
        examples={
            "importJob": ("The targets of an import job", {"importJobId": 17}),
            "targets": (
                "Some targets, for two employees, in 20 seconds",
                {
                    "targetIds": [455, 456],
                    "date": "2026-07-02",
                    "employeeIds": [7, 8],
                    "timeLimitSeconds": 20,
                },
            ),
            "day": ("What is open for a day", {"date": "2026-07-02"}),
        },
    ),
    answers={
        202: Answer(
            "It waits for a worker.",
            shapes.RequestedRouteSuggestion,
            {"queued": ("Queued", _REQUESTED)},
            ("Location", "Idempotency-Replayed"),
        ),
    },
    refusals=("not_found", "target_not_found", "idempotency_conflict", "idempotency_in_progress"),
)

GET_ROUTE_SUGGESTION = Operation(
    id="getRouteSuggestion",
    tag=_TAG,
    summary="Read a route suggestion",
    description=(
        "`Queued` → `Solving` → `Draft` (or `Failed`) → `Published` or `Discarded`. `excludedTargets` has, with a code "
        "and a sentence, every target that was asked for and is in no route."
    ),
    parameters=(
        Parameter(
            "suggestionId",
            "The `routeSuggestionId`.",
            {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
            place="path",
        ),
    ),
    answers={200: Answer("The suggestion as it is by now.", shapes.RouteSuggestion)},
    refusals=("not_found",),
)

LIST_EMPLOYEES = Operation(
    id="listEmployees",
    tag=_TAG,
    summary="List employees",
    description="The tenant's employees who can be planned.",
    parameters=page_parameters(),
    answers={200: Answer("A page of employees.", shapes.EmployeePage)},
)
