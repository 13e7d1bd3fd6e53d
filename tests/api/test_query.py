import json
from typing import Any

import pytest

from tests.api.conftest import Call

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db]


def found(call: Call, query: str) -> Any:
    response = call("GET", f"/api/filtered?{query}")
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def wrong(call: Call, query: str) -> dict[str, str]:
    response = call("GET", f"/api/filtered?{query}")
    assert response.status_code == 400, response.content
    error = json.loads(response.content)["error"]
    assert error["code"] == "validation_failed"
    return {detail["field"]: detail["code"] for detail in error["details"]}


def test_what_is_absent_has_its_default(call: Call) -> None:
    nothing = {"text": None, "choice": None, "moment": None, "integer": 5, "boolean": False}
    assert found(call, "unknown=%00") == nothing


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("text=12345", {"text": "12345"}),
        ("choice=b", {"choice": "b"}),
        ("integer=1", {"integer": 1}),
        ("integer=9", {"integer": 9}),
        ("boolean=true", {"boolean": True}),
        ("boolean=False", {"boolean": False}),
        ("moment=2026-06-18T08:00:00Z", {"moment": "2026-06-18T08:00:00Z"}),
        ("moment=2026-06-18T10:00:00%2B02:00", {"moment": "2026-06-18T08:00:00Z"}),
        ("moment=2026-06-18T10:00:00+02:00", {"moment": "2026-06-18T08:00:00Z"}),
        ("moment=2026-06-18T08:00:00.123Z", {"moment": "2026-06-18T08:00:00.123000Z"}),
    ],
)
def test_a_value_is_read(call: Call, query: str, value: dict[str, Any]) -> None:
    assert found(call, query).items() >= value.items()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("text=123456", "too_long"),
        ("text=a%00b", "control_character"),
        ("text=%C2%85", "control_character"),
        ("text=", "blank"),
        ("text=%20", "blank"),
        ("choice=c", "invalid_choice"),
        ("choice=%00", "control_character"),
        ("integer=0", "out_of_range"),
        ("integer=10", "out_of_range"),
        ("integer=1.5", "invalid_type"),
        ("integer=1_0", "invalid_type"),
        ("integer=%D9%A3", "invalid_type"),
        ("integer=" + "9" * 5000, "invalid_type"),
        ("integer=", "blank"),
        ("boolean=yes", "invalid_type"),
        ("boolean=", "blank"),
        ("moment=yesterday", "invalid_time"),
        ("moment=2026-06-18", "missing_time_zone"),
        ("moment=2026-06-18T08:00:00", "missing_time_zone"),
        ("moment=2026-02-30T08:00:00Z", "invalid_time"),
        ("moment=0001-01-01T00:00:00%2B14:00", "out_of_range"),
        ("moment=%00", "control_character"),
    ],
)
def test_a_wrong_value_is_named(call: Call, query: str, code: str) -> None:
    assert wrong(call, query) == {query.partition("=")[0]: code}


def test_all_that_is_wrong_is_told_at_once(call: Call) -> None:
    assert set(wrong(call, "text=123456&choice=c&integer=x&boolean=x&moment=x")) == {
        "text",
        "choice",
        "integer",
        "boolean",
        "moment",
    }


def test_an_absurd_number_of_parameters_is_refused(call: Call) -> None:
    response = call("GET", "/api/filtered?" + "a=1&" * 2000)
    assert response.status_code == 400
    assert json.loads(response.content)["error"]["code"] == "validation_failed"
