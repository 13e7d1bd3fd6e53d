"""What a body may carry: every part and field of every event type, and the switch that lets it out.

It is a whitelist. What is not named here stays inside, whatever the facts hold; the JSON Schemas that receivers
read are made from the same tables. Source: API contract, Webhooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from webhooks.events import catalogue

# A switch of a subscription, as the API and `privacy.Profile` call it.
Switch = Literal["customer", "location", "contact", "contactDetails", "reportSummary", "billingDetails"]
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a part.

    Args:
        name: of the key.
        schema: of its value, when it has one.
        fact: how the facts call it; `externalIds` stands for the ID of the subscription's own source system.
        switch: without it the key is left out.
        optional: left out where the facts do not have it; all others are null then.
        max_length: longer text is cut.
        fields: of the objects in a list.
    """

    name: str
    schema: Schema
    fact: str
    switch: Switch | None = None
    optional: bool = False
    nullable: bool = True
    max_length: int | None = None
    fields: "tuple[Field, ...]" = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One object of a body; left out where the facts have none, or its switch is off."""

    name: str
    description: str
    fields: tuple[Field, ...]
    switch: Switch | None = None
    optional: bool = field(default=True)


def _field(name: str, kind: str, description: str = "", **settings: Any) -> Field:
    """`kind` is a JSON type, or `moment`, `day` or `money`."""
    fact = settings.pop("fact", name)
    schema = dict(_KINDS[kind]) | ({"description": description} if description else {})
    if choices := settings.pop("enum", None):
        schema["enum"] = list(choices)
    return Field(name, schema, fact, **settings)


_KINDS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "moment": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "money": {"type": "string", "pattern": r"^-?\d+\.\d{2}$"},
    "array": {"type": "array"},
}

SUMMARY_LENGTH = 200


def _id(name: str = "id", description: str = "", **settings: Any) -> Field:
    return _field(name, "integer", description, **{"nullable": False} | settings)


def _external_id(description: str = "Of the subscription's own source system.") -> Field:
    return _field("externalId", "string", description, fact="externalIds")


def _required(name: str, kind: str, description: str = "", **settings: Any) -> Field:
    return _field(name, kind, description, nullable=False, **settings)


# Parts

_CUSTOMER = Part(
    "customer",
    "The customer, where one is linked.",
    (
        _id("ordinavoCustomerId", fact="id"),
        _external_id(),
        _field("customerNumber", "string", fact="number"),
        _field("name", "string"),
    ),
    switch="customer",
)
_LOCATION = Part(
    "location",
    "The place of the work, where one is linked.",
    (
        _id("ordinavoLocationId", fact="id"),
        _external_id(),
        _field("name", "string"),
        _field("city", "string"),
        _field("hasCoordinates", "boolean"),
    ),
    switch="location",
)
_CONTACT = Part(
    "contact",
    "The person to ask for, where one is linked.",
    (
        _id("ordinavoContactId", fact="id"),
        _external_id(),
        _field("displayName", "string"),
        _field("email", "string", switch="contactDetails"),
        _field("phone", "string", switch="contactDetails"),
        _field("role", "string", switch="contactDetails"),
    ),
    switch="contact",
)
_TARGET_STATUS = ("Open", "Planned", "InProgress", "Completed", "Cancelled")
_MAPPING_STATUS = ("Mapped", "Created", "Partial", "NotFound", "ManualReview", "Ambiguous", "Conflict")
_TARGET = Part(
    "target",
    "The target as it was then.",
    (
        _id("id", "Null where the rejected item names no target.", nullable=True),
        _external_id("Of the subscription's own source system; null where another system sent the target."),
        _field("title", "string"),
        _field("status", "string", enum=_TARGET_STATUS),
        _field("mappingStatus", "string", "Null where it came without context.", enum=_MAPPING_STATUS),
    ),
    optional=False,
)
_TARGET_NAMED = Part(
    "target",
    "The target that it is about.",
    (_id(), _external_id(), _field("title", "string")),
    optional=False,
)
_IMPORT_ITEM = Part(
    "importJob",
    "The import that did it; left out where staff did.",
    (
        _id(),
        _required("itemIndex", "integer", "Its position in the request, from 0."),
        _required("outcome", "string", enum=("Imported", "Updated", "Cancelled", "Rejected")),
        _field("errorCode", "string", optional=True),
        _field("errorMessage", "string", optional=True),
        _field(
            "details",
            "array",
            "Everything that is wrong, field by field.",
            optional=True,
            fields=(
                _required("field", "string"),
                _required("code", "string"),
                _required("message", "string"),
            ),
        ),
    ),
)
_IMPORT_JOB = Part(
    "importJob",
    "The import job and its counts.",
    (
        _id(),
        _required("status", "string", enum=("Completed", "PartiallyFailed", "Failed")),
        _required("sourceSystem", "string"),
        _field("batchId", "string"),
        *(
            _required(f"{each}Items", "integer")
            for each in ("total", "created", "updated", "unchanged", "cancelled", "rejected", "warning")
        ),
    ),
    optional=False,
)
_APPOINTMENT = Part(
    "appointment",
    "The appointment as it was then.",
    (
        _id(),
        _required(
            "status",
            "string",
            enum=("Scheduled", "Started", "Completed", "ProblemReported", "Cancelled"),
        ),
        _field("employeeId", "integer"),
        _field("startAtUtc", "moment"),
        _field("endAtUtc", "moment"),
    ),
    optional=False,
)
_PROBLEM = Part(
    "problem",
    "What was reported.",
    (
        _field("code", "string"),
        _field("reportedAtUtc", "moment"),
        _field("summary", "string", switch="reportSummary", max_length=SUMMARY_LENGTH),
    ),
)
_REPORT_STATUS = ("Draft", "Submitted", "Approved", "Rejected")
_REPORT_RESULT = ("Successful", "Partial", "NotPossible")
_REPORT_BEGINS = (
    _id(),
    _field("title", "string"),
    _required("status", "string", enum=_REPORT_STATUS),
    _field("result", "string", enum=_REPORT_RESULT),
)
_BILLING_STATUS = _field(
    "billingStatus", "string", enum=("NotBillable", "NotReady", "Pending", "Ready", "Sent", "Failed")
)
_REPORT = Part(
    "visitReport",
    "The report as it was then.",
    (
        *_REPORT_BEGINS,
        _field("followUpRequired", "boolean"),
        _field("isBillable", "boolean"),
        _BILLING_STATUS,
        _field("attachmentCount", "integer"),
        _field(
            "summaryPreview",
            "string",
            f"The first {SUMMARY_LENGTH} characters of its text.",
            fact="text",
            switch="reportSummary",
            max_length=SUMMARY_LENGTH,
        ),
    ),
    optional=False,
)
_REPORT_BILLED = Part(
    "visitReport",
    "The report that is billed.",
    (*_REPORT_BEGINS, _field("isBillable", "boolean"), _BILLING_STATUS),
)
_FOLLOWED = Part(
    "followUpOf",
    "The target whose visit led to it.",
    (_id(), _external_id(), _field("title", "string")),
)
_BILLING = Part(
    "billingEvent",
    "The billing event as it was then.",
    (
        _id(),
        _required("status", "string", enum=("Pending", "Ready", "Sent", "Failed")),
        _field("sourceType", "string"),
        _field("visitReportId", "integer"),
        _field("targetId", "integer"),
        _field("appointmentId", "integer"),
        _field("createdAtUtc", "moment"),
        _field("documentNumber", "string", switch="billingDetails"),
        _field(
            "lines",
            "array",
            switch="billingDetails",
            fields=(
                _field("kind", "string"),
                _field("description", "string"),
                _field("quantity", "string", "A decimal number."),
                _field("unit", "string"),
                _field("unitPrice", "money"),
                _field("amount", "money"),
            ),
        ),
        _field("total", "money", switch="billingDetails"),
        _field("currency", "string", switch="billingDetails"),
    ),
    optional=False,
)
_SUGGESTION = Part(
    "routeSuggestion",
    "The suggestion; `GET /route-suggestions/{id}` has its routes.",
    (
        _id(),
        _required("status", "string"),
        _field("date", "day"),
        _field("plannedTargets", "integer"),
        _field("excludedTargets", "integer"),
    ),
    optional=False,
)
_ROUTE = Part(
    "route",
    "One employee's day.",
    (
        _id("routeSuggestionId"),
        _field("date", "day"),
        _field("employeeId", "integer"),
        _field(
            "stops",
            "array",
            fields=(
                _required("position", "integer", "From 1."),
                _id("targetId"),
                _external_id(),
                _field("appointmentId", "integer"),
                _field("startAtUtc", "moment"),
                _field("endAtUtc", "moment"),
            ),
        ),
    ),
    optional=False,
)
_SUBSCRIPTION = Part(
    "subscription",
    "The subscription that is tested.",
    (_id(), _field("name", "string")),
    optional=False,
)

# Event types

_PEOPLE = (_CUSTOMER, _LOCATION, _CONTACT)
_TARGETS = (*_PEOPLE, _TARGET, _IMPORT_ITEM)
_APPOINTMENTS = (*_PEOPLE, _APPOINTMENT, _TARGET)
_REPORTS = (*_PEOPLE, _REPORT, _TARGET_NAMED)
_BILLINGS = (_CUSTOMER, _LOCATION, _BILLING, _REPORT_BILLED, _TARGET_NAMED)

# In the order in which the keys stand in the body.
PARTS: dict[str, tuple[Part, ...]] = {
    catalogue.TARGET_IMPORTED: _TARGETS,
    catalogue.TARGET_UPDATED: _TARGETS,
    catalogue.TARGET_REJECTED: _TARGETS,
    catalogue.TARGET_CANCELLED: _TARGETS,
    "target.scheduled": (*_PEOPLE, _TARGET, _APPOINTMENT),
    "target.completed": (*_PEOPLE, _TARGET, _APPOINTMENT),
    "target.follow_up_created": (*_PEOPLE, _TARGET, _FOLLOWED),
    "route.suggestion.created": (_SUGGESTION,),
    "route.published": (_ROUTE,),
    "appointment.scheduled": _APPOINTMENTS,
    "appointment.started": _APPOINTMENTS,
    "appointment.completed": _APPOINTMENTS,
    "appointment.problem_reported": (*_APPOINTMENTS, _PROBLEM),
    "appointment.cancelled": _APPOINTMENTS,
    "visit_report.created": _REPORTS,
    "visit_report.submitted": _REPORTS,
    "visit_report.approved": _REPORTS,
    "visit_report.rejected": _REPORTS,
    "visit_report.follow_up_required": _REPORTS,
    "visit_report.problem_reported": (*_REPORTS, _PROBLEM),
    "billing.event_created": _BILLINGS,
    "billing.event_ready": _BILLINGS,
    "billing.event_sent": _BILLINGS,
    "billing.event_failed": _BILLINGS,
    catalogue.IMPORT_JOB_COMPLETED: (_IMPORT_JOB,),
    catalogue.WEBHOOK_TEST: (_SUBSCRIPTION,),
}
assert PARTS.keys() == catalogue.DESCRIPTIONS.keys()
