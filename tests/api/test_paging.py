import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ordinavo_connect.api.models import RateWindow
from tests.api.conftest import Call

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db]

START = datetime(2026, 6, 18, 8, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def rows() -> list[int]:
    """Seven rows with ties in the first two columns; their ids in the list's order."""
    windows = [(3, 0), (3, 0), (3, 1), (2, 0), (2, 0), (2, 0), (1, 0)]
    RateWindow.objects.bulk_create(
        RateWindow(client_id=1000 + at, count=count, window_start=START + timedelta(microseconds=later))
        for at, (count, later) in enumerate(windows)
    )
    return list(range(1000, 1007))


def listed(call: Call, query: str = "") -> Any:
    response = call("GET", f"/api/windows?{query}")
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def wrong(call: Call, query: str) -> list[str]:
    response = call("GET", f"/api/windows?{query}")
    assert response.status_code == 400, response.content
    return [detail["field"] for detail in json.loads(response.content)["error"]["details"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_the_pages_together_are_the_list(call: Call, rows: list[int], limit: int) -> None:
    seen: list[int] = []
    page = listed(call, f"limit={limit}")
    while page["nextCursor"]:
        assert len(page["items"]) == limit
        seen += page["items"]
        page = listed(call, f"limit={limit}&cursor={page['nextCursor']}")
    assert seen + page["items"] == rows


def test_an_empty_list_has_no_next_page(call: Call) -> None:
    assert listed(call) == {"items": [], "nextCursor": None}


def test_a_row_that_comes_in_before_neither_repeats_nor_hides_one(call: Call, rows: list[int]) -> None:
    first = listed(call, "limit=3")
    RateWindow.objects.create(client_id=2000, count=9, window_start=START)
    assert listed(call, f"limit=3&cursor={first['nextCursor']}")["items"] == rows[3:6]


def test_a_page_is_one_query(call: Call, rows: list[int]) -> None:
    cursor = listed(call, "limit=2")["nextCursor"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        listed(call, f"limit=2&cursor={cursor}")
    assert len([query for query in queries if "INSERT" not in query["sql"]]) == 1


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", ""])
def test_a_wrong_limit_is_named(call: Call, limit: str) -> None:
    assert wrong(call, f"limit={limit}") == ["limit"]


@pytest.mark.parametrize("cursor", ["x", "%00", "", "AAAA", "A" * 2000, "%C3%A4", "!!!!"])
def test_a_cursor_that_is_none_is_named(call: Call, cursor: str) -> None:
    assert wrong(call, f"cursor={cursor}") == ["cursor"]


def test_a_cursor_that_was_changed_is_named(call: Call, rows: list[int]) -> None:
    cursor = listed(call, "limit=2")["nextCursor"]
    raw = base64.urlsafe_b64decode(cursor + "==")
    other = base64.urlsafe_b64encode(raw.replace(b"1001", b"1002")).rstrip(b"=").decode()
    assert other != cursor
    for changed in (other, cursor[:-1], cursor + "!", cursor + "A"):
        assert wrong(call, f"cursor={changed}") == ["cursor"]


def test_a_cursor_is_good_for_its_own_filters_only(call: Call, rows: list[int]) -> None:
    cursor = listed(call, "limit=2&atLeast=2")["nextCursor"]
    assert listed(call, f"limit=3&atLeast=2&cursor={cursor}")["items"] == rows[2:5]
    assert wrong(call, f"atLeast=1&cursor={cursor}") == ["cursor"]


def test_everything_wrong_is_told_together(call: Call) -> None:
    assert wrong(call, "limit=x&cursor=x&atLeast=x") == ["atLeast", "limit", "cursor"]
