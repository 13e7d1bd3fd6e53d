"""Which events a subscription gets, by table."""

from typing import Any

import pytest

from webhooks.delivery.conditions import FIELDS, Mismatch, is_field, mismatch
from webhooks.events.models import Event

FACTS = {
    "customer": {"id": 1, "number": "RRM-001", "name": "R", "externalIds": {"erp": "C-1", "crm": "K-1"}},
    "location": {"id": 2, "city": "Essen", "externalIds": {"erp": "L-1"}},
    "target": {
        "id": 3,
        "externalIds": {"erp": "JOB-1"},
        "priority": "High",
        "templateKey": "maintenance",
        "customFields": {"serviceType": "Maintenance", "floor": 1, "urgent": True, "none": None, "a.b": 0},
    },
    "visitReport": {"id": 4, "result": "Successful"},
}


def reason(conditions: list[Any], facts: Any = None, source_system: str = "erp") -> Mismatch | None:
    event = Event(type="visit_report.approved", source_system="erp", facts=FACTS if facts is None else facts)
    return mismatch(event, event_types=["*"], conditions=conditions, source_system=source_system)


def holds(field: str, *values: Any, **settings: Any) -> bool:
    return reason([{"field": field, "anyOf": list(values)}], **settings) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sourceSystem", "erp"),
        ("customer.externalId", "C-1"),
        ("customer.customerNumber", "RRM-001"),
        ("location.externalId", "L-1"),
        ("location.city", "Essen"),
        ("target.externalId", "JOB-1"),
        ("target.priority", "High"),
        ("target.templateKey", "maintenance"),
        ("visitReport.result", "Successful"),
        ("target.customFields.serviceType", "Maintenance"),
        ("target.customFields.a.b", 0),
    ],
)
def test_every_field_of_the_contract_can_be_a_condition(field: str, value: Any) -> None:
    assert is_field(field)
    assert holds(field, value)
    assert holds(field, "other", value)
    assert not holds(field, "other")
    assert not holds(field, value, facts={}) or field == "sourceSystem"


def test_no_other_field_can() -> None:
    assert len(FIELDS) == 9
    for name in ("customer.name", "contact.email", "target", "target.customFields.", "x", ""):
        assert not is_field(name)


@pytest.mark.parametrize(
    ("field", "value", "does_hold"),
    [
        ("floor", 1, True),
        ("floor", 1.0, True),
        ("floor", "1", False),
        ("floor", True, False),
        ("urgent", True, True),
        ("urgent", 1, False),
        ("urgent", "true", False),
        ("a.b", False, False),
        ("serviceType", "maintenance", False),
        ("none", None, True),
        ("missing", None, False),
    ],
)
def test_values_compare_as_json_values(field: str, value: Any, does_hold: bool) -> None:
    assert holds(f"target.customFields.{field}", value) == does_hold


def test_what_the_event_has_not_does_not_match() -> None:
    facts = {"customer": {"number": "", "externalIds": {}}, "target": {"customFields": None}}
    for field in FIELDS[1:]:
        assert not holds(field, None, "", facts=facts)
    assert not holds("target.customFields.x", None, "", facts=facts)


def test_external_ids_are_those_of_the_subscriptions_source_system() -> None:
    assert holds("customer.externalId", "K-1", source_system="crm")
    assert not holds("customer.externalId", "C-1", source_system="crm")
    assert not holds("target.externalId", "JOB-1", source_system="crm")


def test_all_conditions_must_hold_and_the_first_that_does_not_is_told() -> None:
    right = {"field": "location.city", "anyOf": ["Essen"]}
    wrong = {"field": "target.priority", "anyOf": ["Low"]}
    assert reason([]) is None
    assert reason([right]) is None
    assert reason([right, wrong]) == Mismatch(wrong)


def test_the_type_is_looked_at_first() -> None:
    event = Event(type="target.imported", facts={})
    found = mismatch(
        event, event_types=["visit_report.*", "target.updated"], conditions=[], source_system="erp"
    )
    assert found == Mismatch()
