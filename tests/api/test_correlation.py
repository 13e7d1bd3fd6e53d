import re

import pytest
import structlog

from ordinavo_connect.api.correlation import accepted_or_new, correlated, correlation_id
from tests.api.conftest import Call

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db]


@pytest.mark.parametrize("value", ["a", "A.b_c-9", "x" * 128])
def test_the_callers_own_id_is_taken(value: str) -> None:
    assert accepted_or_new(value) == value


@pytest.mark.parametrize("value", [None, "", "x" * 129, "a b", "ä", "a\n", "<script>", "a/b"])
def test_anything_else_is_replaced(value: str | None) -> None:
    assert re.fullmatch("[0-9a-f]{32}", accepted_or_new(value))


@pytest.mark.parametrize(
    "path", ["/api/things", "/api/nothing", "/api/failing/bug", "/admin/nothing", "/readyz"]
)
def test_it_comes_back_on_every_answer(call: Call, path: str) -> None:
    assert call("GET", path, headers={"X-Correlation-Id": "mine"}).headers["X-Correlation-Id"] == "mine"


def test_it_stands_on_every_log_line_within() -> None:
    with correlated("outer"):
        assert structlog.contextvars.get_contextvars()["correlation_id"] == correlation_id() == "outer"
        with correlated("inner"):
            assert correlation_id() == "inner"
        assert correlation_id() == "outer"
    assert correlation_id() == ""
    assert "correlation_id" not in structlog.contextvars.get_contextvars()
