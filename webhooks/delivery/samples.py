"""Facts of one made-up day, for the example of every event type and for tests of endpoints."""

from datetime import datetime
from typing import Any

from ordinavo_connect.clients.models import Tenant
from webhooks.delivery.payloads import PARTS
from webhooks.delivery.privacy import Profile, render
from webhooks.events import catalogue
from webhooks.events.models import Event
from webhooks.events.outbox import ulid_time

SOURCE_SYSTEM = "logistics_erp"
_TENANT = "tenant-123"

_CUSTOMER = {
    "id": 12,
    "number": "RRM-001",
    "name": "Rhein-Ruhr Medical Supply",
    "externalIds": {SOURCE_SYSTEM: "CUST-10042"},
}
_LOCATION = {
    "id": 34,
    "name": "Essen Center",
    "city": "Essen",
    "hasCoordinates": True,
    "externalIds": {SOURCE_SYSTEM: "LOC-ESSEN-01"},
}
_CONTACT = {
    "id": 56,
    "displayName": "Anna Weber",
    "email": "anna.weber@example.com",
    "phone": "+49 201 555010",
    "role": "Office",
    "externalIds": {SOURCE_SYSTEM: "CONT-44"},
}
_TARGET = {
    "id": 455,
    "externalIds": {SOURCE_SYSTEM: "JOB-2026-000918"},
    "title": "Maintenance visit",
    "status": "Open",
    "mappingStatus": "Mapped",
    "priority": "High",
    "templateKey": "maintenance",
    "customFields": {"serviceType": "Maintenance"},
}
_PEOPLE = {"customer": _CUSTOMER, "location": _LOCATION, "contact": _CONTACT}
_APPOINTMENT = {
    "id": 1201,
    "status": "Scheduled",
    "employeeId": 7,
    "startAtUtc": "2026-06-18T14:00:00Z",
    "endAtUtc": "2026-06-18T15:30:00Z",
}
_REPORT = {
    "id": 901,
    "title": "Maintenance visit - Essen Center",
    "status": "Submitted",
    "result": "Successful",
    "followUpRequired": False,
    "isBillable": True,
    "billingStatus": "NotReady",
    "attachmentCount": 2,
    "text": "Filters changed, pressure checked. The left valve should be looked at again next year.",
}
_BILLING = {
    "id": 3001,
    "status": "Pending",
    "sourceType": "VisitReport",
    "visitReportId": 901,
    "targetId": 455,
    "appointmentId": 1201,
    "createdAtUtc": "2026-06-18T16:50:00Z",
    "documentNumber": "",
    "lines": [
        {
            "kind": "Work",
            "description": "Maintenance",
            "quantity": "1.50",
            "unit": "h",
            "unitPrice": "80.00",
            "amount": "120.00",
        }
    ],
    "total": "120.00",
    "currency": "EUR",
}
_ITEM_ERROR = {
    "field": "location.latitude",
    "code": "out_of_range",
    "message": "At most 90 is allowed.",
}
_PROBLEM = {
    "code": "no_access",
    "reportedAtUtc": "2026-06-18T14:05:00Z",
    "summary": "Nobody opens the gate.",
}


def _item(outcome: str, **more: Any) -> dict[str, Any]:
    return {"id": 123, "itemIndex": 0, "outcome": outcome} | more


def _target(status: str = "Open", **parts: Any) -> dict[str, Any]:
    return {**_PEOPLE, "target": _TARGET | {"status": status}, **parts}


def _appointment(status: str, target_status: str, **parts: Any) -> dict[str, Any]:
    return _target(target_status, appointment=_APPOINTMENT | {"status": status}, **parts)


def _report(status: str, **more: Any) -> dict[str, Any]:
    problem = {"problem": more.pop("problem")} if "problem" in more else {}
    return {**_target("Completed"), "visitReport": _REPORT | {"status": status} | more, **problem}


def _billing(status: str, **more: Any) -> dict[str, Any]:
    report = _REPORT | {"status": "Approved", "billingStatus": status}
    facts = _target("Completed", visitReport=report)
    del facts["contact"]
    return facts | {"billingEvent": _BILLING | {"status": status} | more}


_REJECTED = {
    "target": {"id": None, "externalIds": {SOURCE_SYSTEM: "JOB-2026-000919"}, "title": "Maintenance visit"},
    "importJob": _item(
        "Rejected",
        errorCode="validation_failed",
        errorMessage="The request is invalid.",
        details=[_ITEM_ERROR],
    ),
}
_JOB = {
    "id": 123,
    "status": "PartiallyFailed",
    "sourceSystem": SOURCE_SYSTEM,
    "batchId": "BATCH-2026-06-25-AM",
    "totalItems": 3,
    "createdItems": 2,
    "updatedItems": 0,
    "unchangedItems": 0,
    "cancelledItems": 0,
    "rejectedItems": 1,
    "warningItems": 0,
}
_FOLLOW_UP = {
    **_PEOPLE,
    "target": _TARGET | {"id": 456, "externalIds": {}, "title": "Replace the left valve"},
    "followUpOf": _TARGET,
}
_ROUTE = {
    "routeSuggestionId": 9,
    "date": "2026-06-18",
    "employeeId": 7,
    "stops": [
        {
            "position": 1,
            "targetId": 455,
            "externalIds": {SOURCE_SYSTEM: "JOB-2026-000918"},
            "appointmentId": 1201,
            "startAtUtc": "2026-06-18T14:00:00Z",
            "endAtUtc": "2026-06-18T15:30:00Z",
        }
    ],
}
_SUGGESTION = {"id": 9, "status": "Draft", "date": "2026-06-18", "plannedTargets": 9, "excludedTargets": 2}

# By event type: when it happened on that day, and the facts.
_FACTS: dict[str, tuple[str, dict[str, Any]]] = {
    catalogue.TARGET_IMPORTED: ("07:30", _target(importJob=_item("Imported"))),
    catalogue.TARGET_UPDATED: ("07:35", _target(importJob=_item("Updated"))),
    catalogue.TARGET_REJECTED: ("07:30", _REJECTED),
    catalogue.TARGET_CANCELLED: ("07:40", _target("Cancelled", importJob=_item("Cancelled"))),
    "target.scheduled": ("09:00", _appointment("Scheduled", "Planned")),
    "target.completed": ("15:30", _appointment("Completed", "Completed")),
    "target.follow_up_created": ("16:45", _FOLLOW_UP),
    "route.suggestion.created": ("08:30", {"routeSuggestion": _SUGGESTION}),
    "route.published": ("09:00", {"route": _ROUTE}),
    "appointment.scheduled": ("09:00", _appointment("Scheduled", "Planned")),
    "appointment.started": ("14:00", _appointment("Started", "InProgress")),
    "appointment.completed": ("15:30", _appointment("Completed", "Completed")),
    "appointment.problem_reported": (
        "14:05",
        _appointment("ProblemReported", "InProgress", problem=_PROBLEM),
    ),
    "appointment.cancelled": ("13:00", _appointment("Cancelled", "Open")),
    "visit_report.created": ("15:31", _report("Draft")),
    "visit_report.submitted": ("15:40", _report("Submitted")),
    "visit_report.approved": ("16:40", _report("Approved")),
    "visit_report.rejected": ("16:40", _report("Rejected")),
    "visit_report.follow_up_required": ("15:40", _report("Submitted", followUpRequired=True)),
    "visit_report.problem_reported": (
        "15:40",
        _report("Submitted", result="NotPossible", isBillable=False, problem=_PROBLEM),
    ),
    "billing.event_created": ("16:50", _billing("Pending")),
    "billing.event_ready": ("16:50", _billing("Ready")),
    "billing.event_sent": ("17:05", _billing("Sent", documentNumber="INV-4711")),
    "billing.event_failed": ("17:05", _billing("Failed")),
    catalogue.IMPORT_JOB_COMPLETED: ("07:30", {"importJob": _JOB}),
    catalogue.WEBHOOK_TEST: ("08:00", {"subscription": {"id": 5, "name": "ERP"}}),
}
assert _FACTS.keys() == PARTS.keys()


def sample_facts(event_type: str, *, source_system: str = SOURCE_SYSTEM) -> dict[str, Any]:
    """Facts of an event of that type, with external IDs of the source system."""
    facts: dict[str, Any] = _renamed(_FACTS[event_type][1], source_system)
    return facts


def sample_event(event_type: str, *, source_system: str = SOURCE_SYSTEM) -> Event:
    """An event of that type, not saved, of a tenant that is not saved either."""
    return Event(
        tenant=Tenant(slug=_TENANT),
        event_id=sample_event_id(event_type),
        type=event_type,
        source_system=source_system,
        occurred_at=datetime.fromisoformat(sample_time(event_type)),
        facts=sample_facts(event_type, source_system=source_system),
    )


def sample_event_id(event_type: str) -> str:
    """An id that shows what it is, and still is a ULID: the time of the sample, and `SAMP1E` with a number behind it,
    since Crockford's base 32 has no L.
    """
    moment = datetime.fromisoformat(sample_time(event_type))
    return f"evt_{ulid_time(moment.timestamp())}SAMP1E{list(_FACTS).index(event_type) + 1:010}"


def sample_time(event_type: str) -> str:
    return f"2026-06-18T{_FACTS[event_type][0]}:00Z"


def example(event_type: str, profile: Profile | None = None) -> dict[str, Any]:
    """The body of the sample; without a profile, with the default switches."""
    return render(sample_event(event_type), profile or Profile(SOURCE_SYSTEM))


def _renamed(value: Any, source_system: str) -> Any:
    """A copy whose external IDs are those of another source system."""
    if isinstance(value, list):
        return [_renamed(each, source_system) for each in value]
    if not isinstance(value, dict):
        return source_system if value == SOURCE_SYSTEM else value
    return {
        source_system if name == SOURCE_SYSTEM else name: _renamed(each, source_system)
        for name, each in value.items()
    }
