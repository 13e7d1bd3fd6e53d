"""What leaves the house: field by field, for every event type (API contract, Webhooks)."""

import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations
from typing import Any

import pytest

from ordinavo_connect.clients.models import Tenant
from webhooks.delivery.models import Subscription
from webhooks.delivery.payloads import PARTS, Switch
from webhooks.delivery.privacy import DEFAULT_SWITCHES, Profile, body_of, profile_of, render
from webhooks.delivery.samples import SOURCE_SYSTEM, example, sample_event, sample_facts
from webhooks.events.catalogue import TYPES
from webhooks.events.models import Event

ALL: tuple[Switch, ...] = (
    *("customer", "location", "contact"),
    *("contactDetails", "reportSummary", "billingDetails"),
)
SECRET = "NEVER-TO-BE-SENT"


def body(event_type: str, *switches: Switch) -> dict[str, Any]:
    return example(event_type, Profile(SOURCE_SYSTEM, frozenset(switches)))


def with_secrets(value: Any) -> Any:
    """The same facts with keys in every object that no table names."""
    if isinstance(value, list):
        return [with_secrets(each) for each in value]
    if not isinstance(value, dict):
        return value
    secrets = dict.fromkeys(
        ["accessNotes", "internalNotes", "secret", "apiKey", "email_", "phone_", "tenant"], SECRET
    )
    return {name: with_secrets(each) for name, each in value.items()} | secrets


@pytest.mark.parametrize("event_type", TYPES)
def test_what_is_not_named_never_leaves(event_type: str) -> None:
    event = sample_event(event_type)
    clean = render(event, Profile(SOURCE_SYSTEM, frozenset(ALL)))
    event.facts = with_secrets(event.facts) | {"employee": {"name": SECRET}, "keys": SECRET}
    assert render(event, Profile(SOURCE_SYSTEM, frozenset(ALL))) == clean


@pytest.mark.parametrize("event_type", TYPES)
def test_the_customers_email_and_phone_never_leave(event_type: str) -> None:
    event = sample_event(event_type)
    private = {"email": SECRET, "phone": SECRET, "notes": SECRET, "accessNotes": SECRET}
    for part in ("customer", "location", "target", "visitReport"):
        event.facts[part] = event.facts.get(part, {"id": 1, "externalIds": {}}) | private
    assert SECRET not in json.dumps(render(event, Profile(SOURCE_SYSTEM, frozenset(ALL))))


@pytest.mark.parametrize("event_type", TYPES)
def test_an_object_in_the_place_of_a_value_stays_inside(event_type: str) -> None:
    event = sample_event(event_type)
    for part in event.facts.values():
        for name in part:
            if not isinstance(part[name], list) and name != "externalIds":
                part[name] = {"leak": SECRET}
    assert SECRET not in json.dumps(render(event, Profile(SOURCE_SYSTEM, frozenset(ALL))))


@pytest.mark.parametrize("event_type", TYPES)
@pytest.mark.parametrize("part", ["customer", "location", "contact"])
def test_people_and_places_are_there_unless_they_are_switched_off(event_type: str, part: Switch) -> None:
    has_part = part in sample_facts(event_type) and part in {each.name for each in PARTS[event_type]}
    assert (part in example(event_type)) == has_part
    off = body(event_type, *(DEFAULT_SWITCHES - {part}))
    assert part not in off
    assert off == {name: value for name, value in example(event_type).items() if name != part}


@pytest.mark.parametrize("event_type", TYPES)
@pytest.mark.parametrize("switch", ["contactDetails", "reportSummary", "billingDetails"])
def test_details_are_left_out_unless_they_are_switched_on(event_type: str, switch: Switch) -> None:
    added = {
        "contactDetails": {"contact": {"email", "phone", "role"}},
        "reportSummary": {"visitReport": {"summaryPreview"}, "problem": {"summary"}},
        "billingDetails": {"billingEvent": {"documentNumber", "lines", "total", "currency"}},
    }[switch]
    default, more = example(event_type), body(event_type, *DEFAULT_SWITCHES, switch)
    assert default.keys() == more.keys()
    for name, value in more.items():
        if not isinstance(value, dict):
            continue
        details = value.keys() - default[name].keys()
        may_have = added.get(name, set()) - (
            {"summaryPreview"} if event_type.startswith("billing.") else set()
        )
        assert details == may_have
        assert {key: value[key] for key in default[name]} == default[name]


def test_details_of_a_contact_that_is_off_stay_inside() -> None:
    assert "contact" not in body("target.imported", "contactDetails")


@pytest.mark.parametrize("event_type", TYPES)
def test_no_choice_of_switches_shows_more_than_its_parts(event_type: str) -> None:
    whole = body(event_type, *ALL)
    for count in range(len(ALL)):
        for switches in combinations(ALL, count):
            shown = body(event_type, *switches)
            assert shown.keys() <= whole.keys()
            assert all(shown[k] == whole[k] or shown[k].items() <= whole[k].items() for k in shown)


def test_external_ids_are_those_of_the_subscriptions_source_system() -> None:
    event = sample_event("target.imported")
    event.facts["customer"]["externalIds"] = {"crm": "A-1", SOURCE_SYSTEM: "CUST-10042"}
    shown = render(event, Profile("crm"))
    assert shown["customer"]["externalId"] == "A-1"
    assert [shown[part]["externalId"] for part in ("location", "contact", "target")] == [None] * 3
    assert "CUST-10042" not in json.dumps(shown)


def test_the_summary_is_cut_after_200_characters() -> None:
    event = sample_event("visit_report.approved")
    event.facts["visitReport"]["text"] = "ä" * 500
    shown = render(event, Profile(SOURCE_SYSTEM, frozenset({"reportSummary"})))
    assert shown["visitReport"]["summaryPreview"] == "ä" * 200


def test_blank_text_is_null_and_missing_context_is_left_out() -> None:
    event = sample_event("target.updated")
    event.facts["customer"] |= {"number": ""}
    for name in ("location", "contact", "importJob"):
        del event.facts[name]
    shown = render(event, Profile(SOURCE_SYSTEM))
    assert shown["customer"]["customerNumber"] is None
    assert list(shown)[6:] == ["customer", "target"]


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 6, 18, 7, 30, tzinfo=UTC), "2026-06-18T07:30:00Z"),
        (datetime(2026, 6, 18, 7, 30, 0, 120000, tzinfo=UTC), "2026-06-18T07:30:00.120000Z"),
        (datetime(2026, 6, 18, 9, 30, tzinfo=timezone(timedelta(hours=2))), "2026-06-18T07:30:00Z"),
    ],
)
def test_times_are_utc_and_end_in_z(at: datetime, shown: str) -> None:
    event = sample_event("target.imported")
    event.occurred_at = at
    assert render(event, Profile("x"))["occurredAt"] == shown


def test_a_test_carries_a_sample_as_the_subscription_would_get_it() -> None:
    event = Event(
        tenant=Tenant(slug="acme"),
        event_id="evt_1",
        type="webhook.test",
        occurred_at=datetime(2026, 6, 18, tzinfo=UTC),
        facts={
            "subscription": {"id": 1, "name": "ERP"},
            "sample": {
                "eventId": "evt_2",
                "type": "target.imported",
                "occurredAt": "2026-06-18T07:30:00Z",
                "facts": sample_facts("target.imported"),
            },
        },
    )
    shown = render(event, Profile(SOURCE_SYSTEM, frozenset({"location"})))
    assert shown["eventType"] == "webhook.test"
    assert shown["subscription"] == {"id": 1, "name": "ERP"}
    assert shown["sample"]["eventType"] == "target.imported"
    assert "customer" not in shown["sample"]
    assert shown["sample"]["tenantId"] == "acme"


def test_a_profiles_key_tells_all_that_decides_and_fits_its_column() -> None:
    keys = {
        Profile(source, frozenset(switches)).key
        for source in ("erp", "crm")
        for count in range(len(ALL) + 1)
        for switches in combinations(ALL, count)
    }
    assert len(keys) == 2 * 2 ** len(ALL)
    assert len(Profile("x" * 64, frozenset(ALL)).key) <= 128
    assert Profile("erp").key == "2026-06-18/clp/erp"


def test_a_new_subscription_has_the_default_profile() -> None:
    assert profile_of(Subscription(source_system="erp")) == Profile("erp")


def test_the_bytes_are_the_rendered_value() -> None:
    event = sample_event("target.imported")
    assert json.loads(body_of(event, Profile("x"))) == render(event, Profile("x"))
