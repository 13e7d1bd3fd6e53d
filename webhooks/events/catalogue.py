"""The types of events (API contract, Webhooks), and how a subscription names them."""

from collections.abc import Iterable

TARGET_IMPORTED = "target.imported"
TARGET_UPDATED = "target.updated"
TARGET_REJECTED = "target.rejected"
TARGET_CANCELLED = "target.cancelled"
IMPORT_JOB_COMPLETED = "import_job.completed"
WEBHOOK_TEST = "webhook.test"

PAYLOAD_VERSION = "2026-06-18"
EVERYTHING = "*"

DESCRIPTIONS: dict[str, str] = {
    TARGET_IMPORTED: "An import created a target.",
    TARGET_UPDATED: "An import or a decision of staff changed a target or what it is linked to.",
    TARGET_REJECTED: "An import rejected a target; `importJob` tells why.",
    TARGET_CANCELLED: "An import cancelled a target.",
    "target.scheduled": "A target has an appointment.",
    "target.completed": "The work of a target is done.",
    "target.follow_up_created": "A visit led to another target.",
    "route.suggestion.created": "A route suggestion is there as a draft.",
    "route.published": "Staff published the route of one employee for one day.",
    "appointment.scheduled": "An appointment was published.",
    "appointment.started": "The employee began the work.",
    "appointment.completed": "The employee ended the work.",
    "appointment.problem_reported": "The employee reported a problem with an appointment.",
    "appointment.cancelled": "An appointment will not take place.",
    "visit_report.created": "An employee began a report of a visit.",
    "visit_report.submitted": "A report was sent and waits for approval.",
    "visit_report.approved": "Staff approved a report.",
    "visit_report.rejected": "Staff sent a report back.",
    "visit_report.follow_up_required": "A report says that another visit is needed.",
    "visit_report.problem_reported": "A report tells of a problem.",
    "billing.event_created": "An approved report is to be billed; a price may still be missing.",
    "billing.event_ready": "Every line has its price: it can be billed.",
    "billing.event_sent": "The document was made: somebody acknowledged it with its number.",
    "billing.event_failed": "Billing failed on the other side.",
    IMPORT_JOB_COMPLETED: "The last item of an import job is done.",
    WEBHOOK_TEST: "A test of an endpoint, which goes to that endpoint alone.",
}

TYPES = tuple(DESCRIPTIONS)


def is_pattern(text: str) -> bool:
    """Whether a subscription may name events so: a type, a prefix that some type has, or `*`."""
    return text in DESCRIPTIONS or any(fits(text, event_type) for event_type in TYPES)


def fits(pattern: str, event_type: str) -> bool:
    """Whether an event type is meant by an exact name, a prefix such as `visit_report.*`, or `*`."""
    if pattern == EVERYTHING:
        return True
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def types_of(patterns: Iterable[str]) -> list[str]:
    """The event types that the patterns mean, in the order of the catalogue."""
    named = list(patterns)
    return [event_type for event_type in TYPES if any(fits(pattern, event_type) for pattern in named)]
