"""What the OpenAPI document says of the endpoints of visit reports."""

from ordinavo_connect.api.openapi.operation import Answer, Operation, Parameter, page_parameters
from routing.visits import shapes
from routing.visits.models import ReportStatus

LIST_VISIT_REPORTS = Operation(
    id="listVisitReports",
    tag="Visit reports",
    summary="List visit reports",
    description="Reports of visits to the targets of the caller's own source system, newest first.",
    parameters=(
        Parameter("status", "In this status.", {"type": "string", "enum": list(ReportStatus.values)}),
        Parameter(
            "createdAfter",
            "Begun after this time. With its zone.",
            {"type": "string", "format": "date-time"},
        ),
        Parameter(
            "externalId",
            "Of the target of this external ID.",
            {"type": "string", "minLength": 1, "maxLength": 200},
        ),
        *page_parameters(),
    ),
    answers={200: Answer("A page of visit reports.", shapes.VisitReportPage)},
)

GET_VISIT_REPORT = Operation(
    id="getVisitReport",
    tag="Visit reports",
    summary="Read a visit report",
    description="With its photos and the signature: the address of each needs no key and is valid for 10 minutes.",
    parameters=(
        Parameter(
            "reportId",
            "The `id` of the report.",
            {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
            place="path",
        ),
    ),
    answers={200: Answer("The visit report.", shapes.VisitReport)},
    refusals=("not_found",),
)
