import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from ordinavo_connect.api.models import RateWindow
from ordinavo_connect.api.throttling import WINDOW_SECONDS, count_request
from tests.api.conftest import Call

WINDOW = timedelta(seconds=WINDOW_SECONDS)

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db]


def test_the_limit_holds_and_says_when_to_come_again(call: Call) -> None:
    answers = [call("GET", "/api/things", key="limited") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert json.loads(answers[2].content)["error"]["code"] == "rate_limited"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60


def test_the_reset_is_the_end_of_the_window(call: Call) -> None:
    reset = int(call("GET", "/api/things").headers["X-RateLimit-Reset"])
    started = RateWindow.objects.get(client_id=1).window_start
    assert 0 <= reset - (started + WINDOW).timestamp() < 1


def test_clients_are_counted_apart() -> None:
    count_request(1, limit=5)
    assert count_request(2, limit=5).remaining == 4


def test_a_new_window_begins_after_the_old_one() -> None:
    count_request(1, limit=5)
    assert count_request(1, limit=5).remaining == 3
    RateWindow.objects.update(window_start=F("window_start") - WINDOW - timedelta(seconds=1))
    assert count_request(1, limit=5).remaining == 4


def test_a_window_lasts_to_its_end() -> None:
    count_request(1, limit=5)
    RateWindow.objects.update(window_start=F("window_start") - WINDOW + timedelta(seconds=30))
    state = count_request(1, limit=5)
    assert (state.remaining, state.seconds_left) == (3, 30)


def test_counting_is_one_statement(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(1):
        count_request(1, limit=5)


def test_the_table_is_unlogged() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE oid = 'rate_window'::regclass")
        assert cursor.fetchone() == ("u",)
