"""Every field of a target at, below and above its bounds (API contract, Import, fields of a target)."""

from datetime import UTC, date, datetime

import pytest

from imports.contract import parse_item
from tests.imports.calls import target


def errors_of(**fields):
    """Fields with the codes of their errors; empty where the target is valid."""
    return {error.field: error.code for error in parse_item(target(**fields)).errors}


def parsed(**fields):
    item = parse_item(target(**fields))
    assert item.errors == []
    return item.target


def nested(path, value):
    """`("location.city", "Ulm")` as {"location": {"city": "Ulm"}}."""
    head, _, rest = path.partition(".")
    return {head: nested(rest, value) if rest else value}


LINES = {
    "title": 200,
    "externalType": 64,
    "templateKey": 64,
    "customer.externalId": 128,
    "customer.customerNumber": 200,
    "customer.name": 200,
    "customer.type": 200,
    "customer.industry": 200,
    "customer.email": 200,
    "customer.phone": 200,
    "customer.contactName": 200,
    "location.externalId": 128,
    "location.name": 200,
    "location.street": 200,
    "location.postalCode": 200,
    "location.city": 200,
    "contact.externalId": 128,
    "contact.displayName": 200,
    "contact.role": 200,
    "contact.email": 200,
    "contact.phone": 200,
    "businessValue.customerTier": 200,
}
TEXTS = LINES | {"description": 4000, "location.accessNotes": 2000}
NUMBERS = {
    "planning.estimatedWorkMinutes": (1, 1440),
    "location.defaultEstimatedWorkMinutes": (1, 1440),
    "businessValue.closeProbability": (0, 100),
}
OBJECTS = ("customer", "location", "address", "contact", "planning", "businessValue", "customFields")
MOMENTS = (
    "planning.dueAtUtc",
    "planning.preferredTimeWindowStart",
    "planning.preferredTimeWindowEnd",
    "planning.timeWindowStartUtc",
    "planning.timeWindowEndUtc",
    "sourceUpdatedAt",
)
DAYS = ("planning.dueDate", "planning.routeDate")
PRIORITIES = ("planning.priority", "location.defaultPriority")
OPTIONAL = (
    *(path for path in TEXTS if path != "title"),
    *NUMBERS,
    *OBJECTS,
    *MOMENTS,
    *DAYS,
    *PRIORITIES,
    "operation",
    "sourceSystem",
    "planning.fixedTime",
    "requiredSkills",
    "location.country",
    "location.latitude",
    "businessValue.expectedRevenue",
)


# Text.


@pytest.mark.parametrize(("path", "most"), TEXTS.items())
def test_a_text_has_its_bound(path, most):
    assert errors_of(**nested(path, "a" * most)) == {}
    assert errors_of(**nested(path, "a" * (most + 1))) == {path: "too_long"}


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize("value", [5, 4.5, True, ["a"], {"a": "b"}])
def test_a_text_is_no_other_type(path, value):
    assert errors_of(**nested(path, value)) == {path: "invalid_type"}


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x7f", "\x80", "\x9b"])
def test_a_control_character_is_an_error_of_its_field(path, char):
    assert errors_of(**nested(path, f"a{char}b")) == {path: "control_character"}


@pytest.mark.parametrize("path", LINES)
@pytest.mark.parametrize("char", ["\t", "\n", "\r\n"])
def test_a_line_holds_no_break(path, char):
    assert errors_of(**nested(path, f"a{char}b")) == {path: "control_character"}


@pytest.mark.parametrize("path", sorted(TEXTS.keys() - LINES.keys()) + ["customFields.note"])
def test_a_longer_text_holds_tabs_and_breaks_and_ends_lines_with_lf(path):
    found = parsed(**nested(path, " a\tb\nc\r\nd "))
    value = {
        "description": lambda t: t.description,
        "location.accessNotes": lambda t: t.location.access_notes,
        "customFields.note": lambda t: t.custom_fields["note"],
    }[path](found)
    assert value == "a\tb\nc\nd"


def test_text_is_stripped_and_composed():
    found = parsed(
        title="  Cafe\u0301 \u00a0", customer={"name": "Mu\u0308ller"}, requiredSkills=[" o\u0308l "]
    )
    assert (found.title, found.customer.name, found.required_skills) == ("Café", "Müller", ["öl"])


def test_the_bound_counts_what_is_kept():
    assert errors_of(title=" " + "u\u0308" * 200 + " ") == {}


def test_characters_beyond_the_basic_plane_count_once():
    assert errors_of(title="🚚" * 200) == {}
    assert errors_of(title="🚚" * 201) == {"title": "too_long"}


# External ID and title.


@pytest.mark.parametrize("value", ["", "   ", "\u00a0"])
@pytest.mark.parametrize("name", ["externalId", "title"])
def test_a_blank_external_id_or_title_is_too_short(name, value):
    assert errors_of(**{name: value} if name == "title" else {"external_id": value}) == {name: "too_short"}


def test_an_external_id_has_its_bound():
    assert errors_of(external_id="x" * 128) == {}
    assert errors_of(external_id="x" * 129) == {"externalId": "too_long"}


@pytest.mark.parametrize("value", [None, 5, True, ["a"]])
def test_an_external_id_is_text(value):
    assert errors_of(external_id=value) == {"externalId": "invalid_type"}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("create", {"title": "required"}),
        ("upsert", {"title": "required"}),
        (None, {"title": "required"}),
        ("update", {}),
        ("cancel", {}),
    ],
)
def test_the_title_is_optional_for_update_and_cancel(operation, expected):
    assert errors_of(title=None, operation=operation) == expected


def test_the_operation_of_the_batch_says_whether_a_title_is_needed():
    raw = {"externalId": "JOB-1"}
    assert parse_item(raw, default_operation="cancel").errors == []
    assert parse_item(raw | {"operation": "create"}, default_operation="cancel").errors[0].field == "title"
    assert parse_item(raw | {"operation": "cancel"}, default_operation="create").errors == []


def test_both_required_fields_are_missing_at_once():
    assert {e.field: e.code for e in parse_item({}).errors} == {
        "externalId": "required",
        "title": "required",
    }


@pytest.mark.parametrize("value", ["delete", "Upsert", "", "upsert "])
def test_an_unknown_operation_is_named(value):
    assert errors_of(operation=value) == {"operation": "invalid_choice"}


@pytest.mark.parametrize("value", [1, True, ["create"], {}])
def test_an_operation_is_text(value):
    assert set(errors_of(operation=value)) == {"operation"}


# Null.


@pytest.mark.parametrize("path", OPTIONAL)
def test_an_optional_field_may_be_null(path):
    assert errors_of(**nested(path, None)) == {}


@pytest.mark.parametrize("path", OBJECTS)
@pytest.mark.parametrize("value", ["a", 5, True, []])
def test_a_part_is_an_object(path, value):
    assert errors_of(**{path: value}) == {path: "invalid_type"}


# Numbers.


@pytest.mark.parametrize(("path", "bounds"), NUMBERS.items())
def test_a_number_has_its_bounds(path, bounds):
    low, high = bounds
    for value in (low, high, (low + high) // 2):
        assert errors_of(**nested(path, value)) == {}
    for value in (low - 1, high + 1, -1, 10**18, 1e300):
        assert errors_of(**nested(path, value)) == {path: "out_of_range"}


@pytest.mark.parametrize("path", [*NUMBERS, "businessValue.expectedRevenue", "location.latitude"])
@pytest.mark.parametrize("value", ["45", "", True, False, [45], {}])
def test_a_number_is_no_other_type(path, value):
    found = errors_of(**nested(path, value))
    assert found.pop(path) == "invalid_type"
    assert found in ({}, {"location.longitude": "both_or_none"})


@pytest.mark.parametrize("path", ["planning.estimatedWorkMinutes", "location.defaultEstimatedWorkMinutes"])
def test_minutes_are_whole(path):
    assert errors_of(**nested(path, 45.5)) == {path: "invalid_type"}


def test_whole_minutes_may_be_written_with_a_point():
    assert parsed(planning={"estimatedWorkMinutes": 45.0}).planning.estimated_work_minutes == 45


@pytest.mark.parametrize("value", [0, -12.5, 2500, 0.01, 99.999])
def test_any_amount_is_a_revenue(value):
    assert parsed(businessValue={"expectedRevenue": value}).business_value.expected_revenue == value


def test_a_probability_may_be_a_fraction():
    assert errors_of(businessValue={"closeProbability": 99.5}) == {}
    assert errors_of(businessValue={"closeProbability": 100.01}) == {
        "businessValue.closeProbability": "out_of_range"
    }


# Coordinates.


@pytest.mark.parametrize(
    "place", [{"latitude": -90, "longitude": 180}, {"latitude": 90.0, "longitude": -180.0}]
)
def test_coordinates_at_their_bounds(place):
    assert errors_of(location=place) == {}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"latitude": 90.0001, "longitude": 0}, {"location.latitude": "out_of_range"}),
        ({"latitude": -90.0001, "longitude": 0}, {"location.latitude": "out_of_range"}),
        ({"latitude": 0, "longitude": 180.0001}, {"location.longitude": "out_of_range"}),
        ({"latitude": 0, "longitude": -180.0001}, {"location.longitude": "out_of_range"}),
        (
            {"latitude": 91, "longitude": 181},
            {"location.latitude": "out_of_range", "location.longitude": "out_of_range"},
        ),
    ],
)
def test_coordinates_beyond_their_bounds(place, expected):
    assert errors_of(location=place) == expected


@pytest.mark.parametrize(
    "place",
    [
        {"latitude": 51},
        {"longitude": 7},
        {"latitude": 51, "longitude": None},
        {"latitude": None, "longitude": 7},
    ],
)
@pytest.mark.parametrize("name", ["location", "address"])
def test_one_coordinate_alone_is_an_error(name, place):
    (path, code), *rest = errors_of(**{name: place}).items()
    assert path in (f"{name}.latitude", f"{name}.longitude")
    assert (code, rest) == ("both_or_none", [])


def test_two_nulls_are_no_coordinates():
    assert errors_of(location={"latitude": None, "longitude": None}) == {}


@pytest.mark.parametrize(("value", "kept"), [("DE", "DE"), ("de", "DE"), (" at ", "AT"), ("CH", "CH")])
def test_a_country_is_an_alpha_2_code(value, kept):
    assert parsed(location={"country": value}).location.country == kept


@pytest.mark.parametrize("value", ["DEU", "Germany", "XX", "UK", "D", "D\u00c9", "ZZ"])
def test_what_is_no_country_is_an_error(value):
    assert set(errors_of(location={"country": value})) == {"location.country"}


@pytest.mark.parametrize("value", [5, True, ["DE"]])
def test_a_country_is_text(value):
    assert errors_of(location={"country": value}) == {"location.country": "invalid_type"}


# Priority.


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Low", "Low"),
        ("normal", "Normal"),
        ("HIGH", "High"),
        ("uRGENT", "Urgent"),
        ("Medium", "Normal"),
        ("mEDIUM", "Normal"),
    ],
)
def test_a_priority_in_any_case(value, kept):
    assert parsed(planning={"priority": value}).planning.priority == kept
    assert parsed(location={"defaultPriority": value}).location.default_priority == kept


@pytest.mark.parametrize("path", PRIORITIES)
@pytest.mark.parametrize(
    ("value", "code"), [("", "invalid_choice"), ("Highest", "invalid_choice"), (1, "invalid_type")]
)
def test_what_is_no_priority_is_an_error(path, value, code):
    assert errors_of(**nested(path, value)) == {path: code}


# Times.


@pytest.mark.parametrize("path", MOMENTS)
@pytest.mark.parametrize(
    "value", ["2026-07-01T08:00:00", "2026-07-01T08:00", "2026-07-01 08:00:00", "2026-07-01T08:00:00.5"]
)
def test_a_time_without_a_zone_is_refused(path, value):
    assert errors_of(**nested(path, value)) == {path: "timezone_required"}


@pytest.mark.parametrize("path", MOMENTS)
@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2026-07-01",
        "2026-02-30T08:00:00Z",
        "2026-07-01T25:00:00Z",
        "2026-07-01T08:00:00+25:00",
    ]
    + ["20260701T080000Z", "2026-07-01T08:00:00ZZ", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"],
)
def test_what_is_no_time_is_an_error(path, value):
    assert errors_of(**nested(path, value)) == {path: "invalid_datetime"}


@pytest.mark.parametrize("path", [*MOMENTS, *DAYS])
@pytest.mark.parametrize("value", [1751356800, 1.5, True, ["2026-07-01T08:00:00Z"], {}])
def test_a_time_or_day_is_text(path, value):
    assert errors_of(**nested(path, value)) == {path: "invalid_type"}


@pytest.mark.parametrize(
    "value",
    [
        "2026-07-01T08:00:00Z",
        "2026-07-01T08:00:00z",
        "2026-07-01T10:00:00+02:00",
        "2026-07-01T03:30:00-04:30",
        "2026-07-01T08:00:00.000000Z",
        "2026-07-01T08:00:00+00:00",
        "2026-07-01T08:00Z",
    ],
)
def test_offsets_are_converted_to_utc(value):
    assert parsed(sourceUpdatedAt=value).source_updated_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert parsed(sourceUpdatedAt=value).source_updated_at.utcoffset().total_seconds() == 0


@pytest.mark.parametrize("path", DAYS)
@pytest.mark.parametrize(
    "value", ["", "2026-02-30", "2026-7-1", "01.07.2026", "2026-07-01T00:00:00Z", "20260701", "2026-W27"]
)
def test_what_is_no_day_is_an_error(path, value):
    assert errors_of(**nested(path, value)) == {path: "invalid_date"}


def test_a_day_is_a_day():
    assert parsed(planning={"dueDate": "2028-02-29"}).planning.due_date == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("value", "code"), [("true", "invalid_type"), (1, "invalid_type"), (0, "invalid_type")]
)
def test_fixed_time_is_true_or_false(value, code):
    assert errors_of(planning={"fixedTime": value}) == {"planning.fixedTime": code}


@pytest.mark.parametrize("end", ["2026-07-01T08:00:00Z", "2026-07-01T07:59:59Z", "2026-07-01T09:59:59+02:00"])
@pytest.mark.parametrize(
    "names",
    [
        ("preferredTimeWindowStart", "preferredTimeWindowEnd"),
        ("timeWindowStartUtc", "timeWindowEndUtc"),
        ("preferredTimeWindowStart", "timeWindowEndUtc"),
    ],
)
def test_a_window_ends_after_its_start(names, end):
    start_name, end_name = names
    found = errors_of(planning={start_name: "2026-07-01T08:00:00Z", end_name: end})
    assert found == {f"planning.{end_name}": "window_order"}


def test_a_window_may_have_one_side():
    for name in ("preferredTimeWindowStart", "preferredTimeWindowEnd"):
        assert errors_of(planning={name: "2026-07-01T08:00:00Z"}) == {}


# Skills and custom fields.


def test_skills_have_their_bounds():
    assert errors_of(requiredSkills=[f"s{n}" for n in range(20)]) == {}
    assert errors_of(requiredSkills=[f"s{n}" for n in range(21)]) == {"requiredSkills": "too_many"}
    assert errors_of(requiredSkills=["a" * 200]) == {}
    assert errors_of(requiredSkills=["a" * 201]) == {"requiredSkills[0]": "too_long"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("pumps", {"requiredSkills": "invalid_type"}),
        ({"a": 1}, {"requiredSkills": "invalid_type"}),
        (["a", 5], {"requiredSkills[1]": "invalid_type"}),
        (["a", None], {"requiredSkills[1]": "invalid_type"}),
        (["a", "b\x00"], {"requiredSkills[1]": "control_character"}),
    ],
)
def test_skills_are_a_list_of_text(value, expected):
    assert errors_of(requiredSkills=value) == expected


def test_custom_fields_have_their_bounds():
    assert errors_of(customFields={f"k{n}": n for n in range(50)}) == {}
    assert errors_of(customFields={f"k{n}": n for n in range(51)}) == {"customFields": "too_many"}
    assert errors_of(customFields={"k" * 64: 1}) == {}
    assert errors_of(customFields={"k" * 65: 1}) == {"customFields." + "k" * 65: "too_long"}
    assert errors_of(customFields={"k": "a" * 1000}) == {}
    assert errors_of(customFields={"k": "a" * 1001}) == {"customFields.k": "too_long"}


@pytest.mark.parametrize("value", ["text", "", 5, -1.5, True, False, None])
def test_a_custom_field_is_text_number_boolean_or_null(value):
    found = parsed(customFields={"k": value}).custom_fields
    assert found == {"k": value}
    assert type(found["k"]) is type(value)


@pytest.mark.parametrize("value", [[], ["a"], {}, {"a": 1}])
def test_a_custom_field_is_no_list_or_object(value):
    assert errors_of(customFields={"k": value}) == {"customFields.k": "invalid_type"}


def test_a_custom_field_with_a_control_character_is_named():
    assert errors_of(customFields={"k": "a\x00b"}) == {"customFields.k": "control_character"}


def test_the_name_of_a_custom_field_is_text_of_one_line():
    assert "control_character" in errors_of(customFields={"a\nb": 1}).values()
    assert set(errors_of(customFields={" ": 1}).values()) == {"too_short"}


# All at once, at the caller's own names.


def test_all_errors_are_told_together():
    found = errors_of(
        title="",
        operation="delete",
        customer={"name": 5, "email": "a\x00"},
        address={"latitude": 91, "longitude": 181, "country": "XX"},
        planning={
            "priority": "x",
            "estimatedWorkMinutes": "45",
            "dueDate": "x",
            "timeWindowStartUtc": "2026-07-01T08:00:00Z",
            "timeWindowEndUtc": "2026-07-01T07:00:00Z",
        },
        requiredSkills=[1],
        customFields={"k": []},
    )
    assert found == {
        "title": "too_short",
        "operation": "invalid_choice",
        "customer.name": "invalid_type",
        "customer.email": "control_character",
        "address.latitude": "out_of_range",
        "address.longitude": "out_of_range",
        "address.country": "invalid_country",
        "planning.priority": "invalid_choice",
        "planning.estimatedWorkMinutes": "invalid_type",
        "planning.dueDate": "invalid_date",
        "planning.timeWindowEndUtc": "window_order",
        "requiredSkills[0]": "invalid_type",
        "customFields.k": "invalid_type",
    }


def test_a_message_never_repeats_what_was_sent():
    item = parse_item(target(title="S3CRET" * 50, planning={"priority": "S3CRET", "dueDate": "S3CRET"}))
    assert len(item.errors) == 3
    assert "S3CRET" not in str([error.message for error in item.errors])


def test_every_error_says_what_is_wrong():
    for fields in (
        {"title": 5},
        {"customFields": {"k": []}},
        {"requiredSkills": ["a"] * 21},
        {"title": "a\x00"},
    ):
        for error in parse_item(target(**fields)).errors:
            assert error.message.endswith(".")
            assert "{" not in error.message


@pytest.mark.parametrize("raw", [None, 5, "x", True, [], [{}]])
def test_what_is_no_object_is_an_error(raw):
    item = parse_item(raw)
    assert item.target is None
    assert [error.code for error in item.errors] == ["invalid_type"]


@pytest.mark.parametrize(
    ("named", "refusal"),
    [("crm", "source_system_not_allowed"), ("erp", ""), (None, ""), ("ERP", "source_system_not_allowed")],
)
def test_a_foreign_source_system_is_refused(named, refusal):
    assert parse_item(target(sourceSystem=named), source_system="erp").refusal == refusal
