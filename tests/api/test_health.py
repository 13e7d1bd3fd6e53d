import json

import psycopg
import pytest

from ordinavo_connect.api import health
from tests.api.conftest import Call

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db]


def test_it_is_ready_while_the_database_answers(call: Call) -> None:
    response = call("GET", "/readyz", key=None)
    assert response.status_code == 200
    assert json.loads(response.content) == {"status": "ok", "database": "ok", "broker": "ok"}


def test_it_is_ready_without_a_broker_and_says_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "is_broker_available", lambda: False)
    response = call("GET", "/readyz", key=None)
    assert response.status_code == 200
    assert json.loads(response.content)["broker"] == "unavailable"


def test_it_is_not_without_a_database(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise psycopg.OperationalError("no route to 10.1.2.3")

    monkeypatch.setattr(health, "check_database", down)
    response = call("GET", "/readyz", key=None)
    assert response.status_code == 503
    assert json.loads(response.content)["error"]["code"] == "service_unavailable"
    assert "Retry-After" in response.headers
    assert b"10.1.2.3" not in response.content
