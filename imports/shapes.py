"""The shapes of what imports answer (API contract, Shapes). They describe; `imports.presentation` makes the answers."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from customers.models import Priority
from imports.contract import Operation
from imports.models import ItemStatus, JobStatus, MappingStatus, TargetStatus
from ordinavo_connect.api.errors import STATUS_BY_CODE
from ordinavo_connect.api.openapi.shapes import AnswerShape, FieldProblem, NextCursor

WARNING_CODES = (
    *("customer_not_found", "customer_ambiguous", "customer_number_conflict", "customer_name_mismatch"),
    *("location_not_found", "location_ambiguous", "location_customer_mismatch"),
    *("contact_not_found", "contact_ambiguous", "contact_customer_mismatch"),
    *("manual_review_required", "external_id_retargeted", "stale_update", "target_reopened"),
    *("target_completed", "unknown_field", "invalid_phone", "missing_coordinates"),
)
# What an item alone can be refused for; an error of the whole request is none of them.
ITEM_ERROR_CODES = (
    *("validation_failed", "source_system_not_allowed", "target_not_found", "external_id_exists"),
    *("target_cancelled", "mapping_required", "batch_rejected"),
)
assert set(ITEM_ERROR_CODES) <= STATUS_BY_CODE.keys()  # noqa: S101 (a typing error shows at the start)

Entity = Literal["customer", "location", "contact"]
MatchedBy = Literal[
    "externalId", "customerNumber", "address", "email", "location", "nameAndAddress", "manual", "created"
]


def _one_of(names: tuple[str, ...]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(names)})


class Notice(AnswerShape):
    """A warning: something to look at, while the import went on."""

    code: Annotated[str, _one_of(WARNING_CODES)]
    entity: Literal["request", "target", "customer", "location", "contact"]
    field: Annotated[
        str, Field(description="Its path; those of a batch's items are collapsed to `items[].foo`.")
    ]
    message: str


class MatchedByParts(AnswerShape):
    """What led to each record; null where none is linked."""

    customer: MatchedBy | None
    location: MatchedBy | None
    contact: MatchedBy | None


Score = Annotated[float, Field(ge=0, le=1)]


class ComparedField(AnswerShape):
    """A field that both sides have, and how far it agrees."""

    field: str
    incoming: str
    candidate: str
    score: Score


class ScoredRecord(AnswerShape):
    """A record that it may be."""

    id: int
    score: Score


class MatchingPolicy(AnswerShape):
    """The client's settings that decided."""

    strategy: str
    link_threshold: Score
    review_threshold: Score
    margin: Score


class Explanation(AnswerShape):
    """Why an entity was linked, or was not."""

    rule: Annotated[str, Field(description="What decided, in a sentence.")]
    fields: Annotated[list[ComparedField], Field(description="Of the best candidate.")]
    candidates: Annotated[list[ScoredRecord], Field(max_length=5, description="Best first.")]
    runner_up: ScoredRecord | None
    margin: Annotated[
        Score | None, Field(description="By how much the best beats the next; null without candidates.")
    ]
    policy: MatchingPolicy


class ExplanationParts(AnswerShape):
    """The explanation of each entity; null where it was not given."""

    customer: Explanation | None
    location: Explanation | None
    contact: Explanation | None


class CustomerMapping(AnswerShape):
    """What customer, location and contact of a target were linked to.

    The ids and `matchedBy` are there for a key with `customers.read` only, `explanation` where it was asked for.
    """

    status: MappingStatus
    customer_id: int | None = None
    customer_location_id: int | None = None
    customer_contact_id: int | None = None
    matched_by: MatchedByParts | None = None
    explanation: ExplanationParts | None = None
    warnings: list[Notice]


class ItemBase(AnswerShape):
    """What became of one item of an import."""

    item_id: Annotated[int | None, Field(description="Null in a dry run.")]
    index: Annotated[int, Field(ge=0, description="Its position in the request, from 0.")]
    external_id: Annotated[str | None, Field(description="Null where none could be read.")]
    status: ItemStatus
    target_id: Annotated[
        int | None, Field(description="The target that it made or changed; null where there is none.")
    ]
    warnings: list[Notice]
    error_code: Annotated[
        Annotated[str, _one_of(ITEM_ERROR_CODES)] | None, Field(description="Why it was rejected.")
    ]
    error_message: str | None
    details: Annotated[
        list[FieldProblem], Field(description="Everything that is wrong; paths begin at the item.")
    ]
    content_hash: Annotated[
        str | None,
        Field(description="Of the target's content after this item; the same as the target's own."),
    ]


class ImportItem(ItemBase):
    """An item of an import job, as the import log has it."""

    operation: Operation | None
    customer_mapping: Annotated[
        CustomerMapping | None,
        Field(description="Null where the item carried no customer, location or contact."),
    ]


class ImportResult(ItemBase):
    """What became of one item of the request."""

    operation: Operation
    customer_mapping: Annotated[
        CustomerMapping | None,
        Field(
            description="Left out where the item carried no customer, location or contact; "
            "null where what it carried was not looked at."
        ),
    ] = None


class ReviewPreview(AnswerShape):
    entity: Entity
    kind: Literal["Conflict", "Ambiguous", "ManualReview", "NotFound"]


class Preview(AnswerShape):
    """What an import would do."""

    changed_fields: Annotated[
        list[str] | None,
        Field(description="Paths of the target that would change; null where nothing would be done."),
    ]
    creates: Annotated[list[Entity], Field(description="Records that would be created.")]
    updates: Annotated[list[Entity], Field(description="Records that would be updated.")]
    links: Annotated[list[Entity], Field(description="Records that the target would be linked to.")]
    reviews: Annotated[list[ReviewPreview], Field(description="Questions that would go to staff.")]


class DryRunResult(ImportResult):
    """What would become of one item of the request."""

    preview: Preview


class JobLinks(AnswerShape):
    """Paths to read on; null in a dry run."""

    self_: Annotated[str | None, Field(alias="self")]
    items: str | None


class JobBase(AnswerShape):
    """One request to import targets."""

    status: JobStatus
    batch_id: str | None
    source_system: str
    total_items: Annotated[int, Field(ge=0)]
    processed_items: Annotated[int, Field(ge=0, description="How many are done: the progress.")]
    created_items: Annotated[int, Field(ge=0)]
    updated_items: Annotated[int, Field(ge=0)]
    unchanged_items: Annotated[int, Field(ge=0)]
    cancelled_items: Annotated[int, Field(ge=0)]
    rejected_items: Annotated[int, Field(ge=0)]
    warning_items: Annotated[int, Field(ge=0, description="Items with a warning.")]
    warnings: Annotated[
        list[Notice], Field(description="Of the request itself: `unknown_field`, once a path.")
    ]
    correlation_id: str | None
    created_at_utc: datetime
    completed_at_utc: datetime | None
    links: JobLinks


class ImportJob(JobBase):
    """One request to import targets: who asked, when, and what became of it."""

    import_job_id: int


class ImportAnswer(JobBase):
    """The answer to an import. `status` is `Accepted` where all items went through or wait."""

    import_job_id: int
    items: list[ImportResult]


class DryRunAnswer(JobBase):
    """The answer to a dry run: that of the real import, and what it would do. Nothing was written."""

    import_job_id: Annotated[None, Field(description="A dry run has no import job.")]
    items: list[DryRunResult]


class Planning(AnswerShape):
    """When the work is to be done; priority and minutes with their defaults filled in."""

    priority: Priority
    estimated_work_minutes: Annotated[int, Field(ge=1, le=1440)]
    due_date: date | None
    due_at_utc: datetime | None
    route_date: date | None
    preferred_time_window_start: datetime | None
    preferred_time_window_end: datetime | None
    fixed_time: bool


class BusinessValue(AnswerShape):
    """What the job is worth."""

    expected_revenue: float | None
    customer_tier: str | None
    close_probability: Annotated[float | None, Field(ge=0, le=100)]


class TargetAppointment(AnswerShape):
    """The appointment that stands for a target."""

    appointment_id: int
    status: Annotated[
        Literal["Scheduled", "Started", "Completed", "ProblemReported"],
        Field(description="A cancelled appointment is not shown: its target has none any more."),
    ]
    employee_id: int
    start_at_utc: datetime
    end_at_utc: datetime


class Target(AnswerShape):
    """A target in its present state."""

    target_id: int
    external_id: str
    source_system: str
    status: TargetStatus
    title: str
    description: str | None
    external_type: str | None
    template_key: str | None
    planning: Planning
    business_value: BusinessValue
    required_skills: list[str]
    custom_fields: dict[str, str | float | bool | None]
    source_updated_at: datetime | None
    customer_mapping: CustomerMapping | None
    appointment: Annotated[
        TargetAppointment | None, Field(description="The published appointment; null where there is none.")
    ]
    content_hash: Annotated[str, Field(description="Changes when the content does: to reconcile by.")]
    updated_at_utc: datetime


class ImportJobPage(AnswerShape):
    items: list[ImportJob]
    next_cursor: NextCursor


class ImportItemPage(AnswerShape):
    items: list[ImportItem]
    next_cursor: NextCursor


class TargetPage(AnswerShape):
    items: list[Target]
    next_cursor: NextCursor
