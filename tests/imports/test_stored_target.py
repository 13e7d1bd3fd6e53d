"""Rules that a payload and what is stored must fulfil together (API contract, Import)."""

import pytest

from imports.models import Target
from tests.imports.calls import field_errors, imported, kept, refused

pytestmark = pytest.mark.django_db

EIGHT, NINE, TEN = (f"2026-07-01T{hour}:00:00Z" for hour in ("08", "09", "10"))


def window(start=None, end=None, **more):
    names = {"preferredTimeWindowStart": start, "preferredTimeWindowEnd": end}
    return {name: value for name, value in names.items() if value is not None} | more


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        (window(NINE, TEN), window(end=EIGHT)),
        (window(end=NINE), window(start=TEN)),
        (window(NINE), window(end=NINE)),
    ],
)
def test_a_window_is_in_order_with_the_stored_side_too(stored, given, api):
    imported(api, planning=stored)
    before = kept(api)
    error = refused(api, planning=given)
    assert error["code"] == "validation_failed"
    ((field, code),) = field_errors(error).items()
    assert field in ("planning.preferredTimeWindowStart", "planning.preferredTimeWindowEnd")
    assert code == "window_order"
    assert kept(api) == before


def test_a_stored_window_is_named_as_the_caller_names_it(api):
    imported(api, planning=window(NINE, TEN))
    error = refused(api, planning={"timeWindowEndUtc": EIGHT})
    assert field_errors(error) == {"planning.timeWindowEndUtc": "window_order"}


def test_a_window_moves_as_a_whole(api):
    imported(api, planning=window(EIGHT, NINE))
    assert imported(api, planning=window(NINE, TEN))["status"] == "Updated"


@pytest.mark.parametrize("planning", [{"fixedTime": True}, window(end=NINE, fixedTime=True)])
def test_a_fixed_time_needs_the_start_of_a_window(planning, api):
    assert field_errors(refused(api, planning=planning)) == {"planning.fixedTime": "window_required"}


def test_a_fixed_time_takes_the_stored_start(api):
    imported(api, planning=window(EIGHT))
    assert imported(api, planning={"fixedTime": True})["status"] == "Updated"
    assert kept(api)["planning"]["fixedTime"] is True


def test_the_start_of_a_fixed_time_is_not_cleared(api):
    imported(api, planning=window(EIGHT, fixedTime=True))
    error = refused(api, planning={"preferredTimeWindowStart": None})
    assert list(field_errors(error).values()) == ["window_required"]
    assert (
        imported(api, planning={"preferredTimeWindowStart": None, "fixedTime": False})["status"] == "Updated"
    )


def test_a_fixed_time_without_a_window_is_told_with_the_other_errors(api):
    error = refused(api, planning={"fixedTime": True, "priority": "x"}, customer={"name": 5})
    assert field_errors(error) == {
        "customer.name": "invalid_type",
        "planning.priority": "invalid_choice",
        "planning.fixedTime": "window_required",
    }


def test_a_cancel_does_not_look_at_the_window(api):
    imported(api, planning=window(NINE, TEN))
    assert imported(api, operation="cancel", planning=window(end=EIGHT))["status"] == "Cancelled"


def test_custom_fields_have_their_bound_with_the_stored_ones(api):
    imported(api, customFields={f"k{n}": n for n in range(50)})
    error = refused(api, customFields={"more": 1})
    assert field_errors(error) == {"customFields": "too_many"}
    assert imported(api, customFields={"k0": None, "more": 1})["status"] == "Updated"
    assert len(kept(api)["customFields"]) == 50


# Coordinates of the payload count, whether or not a location is linked.


def place_of(api):
    row = Target.objects.get()
    return row.latitude, row.longitude


def test_coordinates_are_kept_without_a_location(api):
    imported(api, location={"latitude": 51.5, "longitude": 7})
    assert place_of(api) == (51.5, 7.0)


def test_coordinates_stay_when_the_location_is_left_out(api):
    imported(api, location={"externalId": "L-1", "latitude": 51.5, "longitude": 7})
    imported(api, title="Other")
    imported(api, location={"externalId": "L-1", "name": "Named now"})
    assert place_of(api) == (51.5, 7.0)


@pytest.mark.parametrize(
    "location", [None, {"externalId": "L-2"}, {"externalId": "L-1", "latitude": None, "longitude": None}]
)
def test_coordinates_go_with_their_location(location, api):
    imported(api, location={"externalId": "L-1", "latitude": 51.5, "longitude": 7})
    imported(api, location=location)
    assert place_of(api) == (None, None)


def test_changed_coordinates_are_an_update(api):
    imported(api, location={"externalId": "L-1", "latitude": 51.5, "longitude": 7})
    item = imported(api, location={"externalId": "L-1", "latitude": 51.6, "longitude": 7})
    assert item["status"] == "Updated"


# Values at the edges come back as they went in.


@pytest.mark.parametrize(
    "value",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-07-01T08:00:00.123456Z", "1969-12-31T23:59:59Z"],
)
def test_times_at_the_edges_are_kept(value, api):
    imported(api, sourceUpdatedAt=value, planning={"dueAtUtc": value})
    assert (kept(api)["sourceUpdatedAt"], kept(api)["planning"]["dueAtUtc"]) == (value, value)


@pytest.mark.parametrize("value", ["0001-01-01", "9999-12-31", "2028-02-29"])
def test_days_at_the_edges_are_kept(value, api):
    imported(api, planning={"dueDate": value, "routeDate": value})
    assert (kept(api)["planning"]["dueDate"], kept(api)["planning"]["routeDate"]) == (value, value)


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 2**63, 2**64 - 1, 1e308, 5e-324, 0.1, "back\\u0000slash", "🚚\u2028x", '"\\']
)
def test_custom_fields_at_the_edges_are_kept(value, api):
    item = imported(api, customFields={"k": value})
    assert kept(api)["customFields"] == {"k": value}
    assert kept(api)["contentHash"] == item["contentHash"]


@pytest.mark.parametrize("text", ["a\\u0000b", "\\\\u0000", "a\\", "a\\\\u0000\\u0000"])
def test_text_that_merely_looks_like_an_escape_is_kept(text, api):
    assert imported(api, description=text)["status"] == "Imported"
    assert kept(api)["description"] == text


def test_a_title_of_markup_and_quotes_is_kept(api):
    title = "<b>'\"; DROP TABLE x; -- %s {} ä"
    imported(api, title=title)
    assert kept(api)["title"] == title
