"""What the OpenAPI document says of the endpoints of imports."""

from pathlib import Path
from typing import Annotated, Any

from django.conf import settings
from pydantic import AliasChoices, Field

from imports import shapes
from imports.contract import BatchIn, TargetIn
from imports.field_descriptions import DESCRIPTIONS
from imports.models import ItemStatus, JobStatus, MappingStatus, TargetStatus
from ordinavo_connect.api.openapi.operation import Answer, Body, Operation, Parameter, page_parameters
from ordinavo_connect.api.openapi.shared import example

_EXAMPLES = Path(__file__).parent / "examples"
_HEADERS = ("Idempotency-Key", "Prefer")
_ANSWER_HEADERS = ("Location", "Idempotency-Replayed")
_IMPORT_REFUSALS = ("source_system_not_allowed", "idempotency_conflict", "idempotency_in_progress")


class Batch(BatchIn):
    """Many targets in one request; one that is rejected never rolls back another, unless `atomic` says so."""

    items: Annotated[
        list[TargetIn],
        Field(
            min_length=1,
            max_length=settings.MAX_BATCH_ITEMS,
            validation_alias=AliasChoices("items", "targets"),
            description="The targets, each checked by itself: one that is wrong is rejected, not the request.",
        ),
    ]


def _request(name: str, summary: str) -> tuple[str, Any]:
    return summary, example(_EXAMPLES / f"{name}.request.json")


def _text(name: str, description: str) -> Parameter:
    return Parameter(name, description, {"type": "string", "minLength": 1, "maxLength": 200})


def _choice(name: str, description: str, values: list[str] | tuple[str, ...]) -> Parameter:
    return Parameter(name, description, {"type": "string", "enum": list(values)})


def _moment(name: str, description: str) -> Parameter:
    return Parameter(name, f"{description} With its zone.", {"type": "string", "format": "date-time"})


_DRY_RUN = Parameter(
    "dryRun",
    "Answers what the import would do, with every error of every item, and writes nothing.",
    {"type": "boolean", "default": False},
)
_EXPLAIN = Parameter(
    "explain",
    "Adds to each item's mapping why it is as it is. Needs `customers.read`, and is ignored without.",
    {"type": "boolean", "default": False},
)
_JOB_ID = Parameter(
    "jobId",
    "The `importJobId`.",
    {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    place="path",
)
_MAPPED = (
    "The answer's first keys",
    example(_EXAMPLES / "import-mapped.response.json"),
)

IMPORT_TARGET = Operation(
    id="importTarget",
    tag="Import",
    summary="Import one target",
    description=(
        "Creates, updates or cancels one target. An upsert or update changes only the fields that are present; an "
        "explicit null clears a field. A payload that carries `customer`, `location`, `contact` or `address` needs "
        "the scope `customers.map` too.\n\nWhat is refused after valid JSON and scopes is in the import log all "
        "the same; the error then names the import job."
    ),
    parameters=(_DRY_RUN, _EXPLAIN),
    headers=_HEADERS,
    body=Body(
        TargetIn,
        descriptions=DESCRIPTIONS,
        examples={
            "minimal": _request("target-minimal", "A target without a customer"),
            "quickstart": _request("quickstart", "A target with customer and location"),
            "withCustomer": _request("target-with-customer", "A target with customer, location and contact"),
            "deliveryStop": _request(
                "delivery-stop", "A delivery, with the aliases `address` and `timeWindow…Utc`"
            ),
        },
    ),
    answers={
        200: Answer("What a dry run found.", shapes.DryRunAnswer),
        202: Answer("Imported.", shapes.ImportAnswer, {"mapped": _MAPPED}, _ANSWER_HEADERS),
    },
    refusals=(
        *_IMPORT_REFUSALS,
        "target_not_found",
        "external_id_exists",
        "target_cancelled",
        "mapping_required",
    ),
)

IMPORT_BATCH = Operation(
    id="importBatch",
    tag="Import",
    summary="Import many targets",
    description=(
        "Items are independent: the answer is 202 whatever became of them, and tells it of each. The same "
        "`externalId` twice is applied in order. With `atomic`, one rejected item rejects all others "
        "(`batch_rejected`). One item that needs a scope the key has not is a 403 for the whole request."
    ),
    parameters=(_DRY_RUN, _EXPLAIN),
    headers=_HEADERS,
    body=Body(
        Batch,
        descriptions=DESCRIPTIONS,
        examples={
            "batch": _request("batch", "Two targets"),
            "legacy": _request(
                "legacy-batch", "With the aliases `targets` and `address`; the third is rejected"
            ),
        },
    ),
    answers={
        200: Answer("What a dry run found.", shapes.DryRunAnswer),
        202: Answer(
            "Taken; `items` tells what became of each.",
            shapes.ImportAnswer,
            {"mapped": _MAPPED},
            _ANSWER_HEADERS,
        ),
    },
    refusals=_IMPORT_REFUSALS,
)

LIST_TARGETS = Operation(
    id="listTargets",
    tag="Targets",
    summary="List targets",
    description="The targets of the caller's own source system, those that changed longest ago first.",
    parameters=(
        _text("externalId", "Of this external ID."),
        _choice("status", "In this status.", TargetStatus.values),
        _moment("updatedAfter", "Changed after this time."),
        *page_parameters(),
    ),
    answers={200: Answer("A page of targets.", shapes.TargetPage)},
)

GET_TARGET = Operation(
    id="getTarget",
    tag="Targets",
    summary="Read a target",
    description="Its present state. The external ID is percent-encoded, slashes too; for the ID `batch`, list by it.",
    parameters=(
        Parameter(
            "externalId", "As its source system calls it.", {"type": "string", "minLength": 1}, place="path"
        ),
    ),
    answers={200: Answer("The target.", shapes.Target)},
    refusals=("not_found", "target_not_found"),
)

LIST_IMPORT_JOBS = Operation(
    id="listImportJobs",
    tag="Import jobs",
    summary="List import jobs",
    description="The import jobs of the caller's own source system, newest first.",
    parameters=(
        _choice("status", "In this status.", JobStatus.values),
        _moment("createdAfter", "Created after this time."),
        _moment("createdBefore", "Created before this time."),
        _text("externalId", "With an item of this external ID."),
        _text("batchId", "Of this batch ID."),
        *page_parameters(),
    ),
    answers={200: Answer("A page of import jobs.", shapes.ImportJobPage)},
)

GET_IMPORT_JOB = Operation(
    id="getImportJob",
    tag="Import jobs",
    summary="Read an import job",
    parameters=(_JOB_ID,),
    answers={200: Answer("The import job.", shapes.ImportJob)},
    refusals=("not_found",),
)

LIST_IMPORT_ITEMS = Operation(
    id="listImportItems",
    tag="Import jobs",
    summary="List the items of an import job",
    description="In the order of the request.",
    parameters=(
        _JOB_ID,
        _choice("status", "In this status.", ItemStatus.values),
        _choice("mappingStatus", "Whose `customerMapping` has this status.", MappingStatus.values),
        _text("warning", "With a warning of this code."),
        *page_parameters(),
    ),
    answers={200: Answer("A page of items.", shapes.ImportItemPage)},
    refusals=("not_found",),
)
