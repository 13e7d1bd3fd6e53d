"""Event types: complete, described, and their examples as the contract has them."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from webhooks.delivery.event_schemas import body_schema
from webhooks.delivery.payloads import PARTS
from webhooks.delivery.privacy import DEFAULT_SWITCHES, Profile
from webhooks.delivery.samples import SOURCE_SYSTEM, example, sample_event_id, sample_time
from webhooks.events.catalogue import DESCRIPTIONS, TYPES, fits, is_pattern, types_of
from webhooks.events.outbox import ulid_time

EXAMPLES = Path(__file__).parent.parent / "examples"
EVERYTHING = Profile(SOURCE_SYSTEM, DEFAULT_SWITCHES | {"contactDetails", "reportSummary", "billingDetails"})
NOTHING = Profile(SOURCE_SYSTEM, frozenset())


def closed(schema: Any) -> Any:
    """The same schema without room for keys that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {name: closed(each) for name, each in schema.items()}
    return shut | ({"additionalProperties": False} if "properties" in schema else {})


def test_there_are_the_26_types_of_the_contract() -> None:
    assert len(TYPES) == 26
    assert all(DESCRIPTIONS.values())
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", name) for name in TYPES)


@pytest.mark.parametrize("path", [*EXAMPLES.glob("*.event.json")], ids=lambda path: path.name)
def test_the_examples_of_the_contract_are_reproduced_key_for_key(path: Path) -> None:
    wanted = json.loads(path.read_text())
    shown = example(wanted["eventType"])
    assert json.dumps(shown | {"eventId": ""}) == json.dumps(wanted | {"eventId": ""})


@pytest.mark.parametrize("event_type", TYPES)
@pytest.mark.parametrize(
    "profile", [Profile(SOURCE_SYSTEM), EVERYTHING, NOTHING], ids=["default", "all", "none"]
)
def test_every_body_fits_its_schema_and_has_no_other_keys(event_type: str, profile: Profile) -> None:
    schema = body_schema(event_type)
    jsonschema.Draft202012Validator.check_schema(schema)
    body = example(event_type, profile)
    jsonschema.Draft202012Validator(closed(schema)).validate(body)


@pytest.mark.parametrize("event_type", TYPES)
def test_the_sample_fills_every_part_and_field(event_type: str) -> None:
    body = example(event_type, EVERYTHING)
    for part in PARTS[event_type]:
        if event_type == "target.rejected" and part.switch:
            continue
        assert part.name in body
        assert body[part.name].keys() >= {each.name for each in part.fields if not each.optional}


def test_the_ids_of_samples_are_ulids_that_show_what_they_are() -> None:
    ids = [sample_event_id(event_type) for event_type in TYPES]
    assert len(set(ids)) == len(ids)
    for event_type, found in zip(TYPES, ids, strict=True):
        assert re.fullmatch(r"evt_[0-7][0-9A-HJKMNP-TV-Z]{9}SAMP1E[0-9]{10}", found)
        moment = datetime.fromisoformat(sample_time(event_type)).timestamp()
        assert found[4:14] == ulid_time(moment)
    # 2026-06-18T07:30:00Z, worked out by hand.
    assert ids[0] == "evt_01KVCT6160SAMP1E0000000001"


@pytest.mark.parametrize(
    ("pattern", "event_type", "does_fit"),
    [
        ("*", "target.imported", True),
        ("target.imported", "target.imported", True),
        ("target.*", "target.imported", True),
        ("target.*", "target.follow_up_created", True),
        ("route.*", "route.suggestion.created", True),
        ("route.suggestion.*", "route.suggestion.created", True),
        ("route.suggestion.*", "route.published", False),
        ("target.*", "visit_report.created", False),
        ("target", "target.imported", False),
        ("target.import*", "target.imported", False),
    ],
)
def test_a_pattern_means_a_name_a_prefix_or_all(pattern: str, event_type: str, does_fit: bool) -> None:
    assert fits(pattern, event_type) == does_fit


@pytest.mark.parametrize(
    "text", ["", "target", "target.", "targets.*", ".*", "**", "Target.Imported", "target.x"]
)
def test_what_no_type_is_called_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)


def test_patterns_lead_to_types_in_the_order_of_the_catalogue() -> None:
    assert types_of(["billing.event_sent", "visit_report.rejected", "billing.event_s*"]) == [
        "visit_report.rejected",
        "billing.event_sent",
    ]
    assert types_of(["*"]) == list(TYPES)
