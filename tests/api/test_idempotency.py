import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from ordinavo_connect.api import idempotency
from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.models import IdempotencyRecord
from tests.api.conftest import Call

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _numbers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE IF NOT EXISTS example_numbers")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP SEQUENCE example_numbers")


def post(call: Call, key: str = "k", body: bytes = b"{}", query: str = "", caller: str = "full") -> Any:
    return call("POST", f"/api/counted{query}", key=caller, body=body, headers={"Idempotency-Key": key})


def code(response: Any) -> str:
    return str(json.loads(response.content)["error"]["code"])


def test_the_first_answer_comes_again_byte_for_byte(call: Call) -> None:
    first, second = post(call), post(call)
    assert (first.status_code, first.content) == (second.status_code, second.content) == (202, first.content)
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("changed", [{"body": b'{"a": 1}'}, {"body": b"{ }"}, {"query": "?x=1"}])
def test_another_request_under_the_same_key_is_a_conflict(call: Call, changed: dict[str, Any]) -> None:
    post(call)
    response = post(call, **changed)
    assert (response.status_code, code(response)) == (409, "idempotency_conflict")


def test_keys_belong_to_a_client(call: Call) -> None:
    assert post(call).content != post(call, caller="limited").content


def test_bad_json_is_told_before_the_key_is_looked_up(call: Call) -> None:
    post(call)
    assert code(post(call, body=b"{")) == "invalid_json"


def test_a_refusal_is_not_kept(call: Call) -> None:
    assert code(post(call, body=b'{"fail": 1}')) == "external_id_exists"
    corrected = post(call)
    assert corrected.status_code == 202
    assert "Idempotency-Replayed" not in corrected.headers


@pytest.mark.parametrize("key", ["", "a" * 256, "ä", "a\tb", "a\x7fb"])
def test_a_malformed_key_is_named(call: Call, key: str) -> None:
    response = post(call, key=key)
    assert response.status_code == 400
    assert [detail["field"] for detail in json.loads(response.content)["error"]["details"]] == [
        "Idempotency-Key"
    ]


@pytest.mark.parametrize("key", ["a", "a" * 255, "with space ~!"])
def test_a_well_formed_key_is_taken(call: Call, key: str) -> None:
    assert post(call, key=key).status_code == 202


def test_an_expired_answer_counts_as_none(call: Call, settings: Any) -> None:
    first = post(call)
    with time_machine.travel(timezone.now() + timedelta(hours=settings.IDEMPOTENCY_HOURS, seconds=1)):
        second = post(call)
        assert second.content != first.content
        assert post(call).content == second.content


def test_expired_answers_are_deleted_and_others_kept(call: Call, settings: Any) -> None:
    post(call, key="old")
    with time_machine.travel(timezone.now() + timedelta(hours=settings.IDEMPOTENCY_HOURS, seconds=1)):
        post(call, key="new")
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["new"]


def test_nothing_remains_of_work_that_was_rolled_back() -> None:
    with transaction.atomic():
        idempotency.begin(client_id=1, key="k", fingerprint="f")
        idempotency.complete(client_id=1, key="k", fingerprint="f", status=202, body={})
        transaction.set_rollback(True)
    assert not IdempotencyRecord.objects.exists()


def test_an_answer_from_400_on_is_not_kept() -> None:
    with transaction.atomic():
        idempotency.begin(client_id=1, key="k", fingerprint="f")
        idempotency.complete(client_id=1, key="k", fingerprint="f", status=409, body={})
    assert not IdempotencyRecord.objects.exists()


def test_outside_of_a_transaction_it_refuses_to_work() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        idempotency.begin(client_id=1, key="k", fingerprint="f")


def test_while_the_first_runs_another_hears_so_at_once(call: Call) -> None:
    claimed, done = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            idempotency.begin(client_id=1, key="k", fingerprint="f")
            claimed.set()
            done.wait(30)
        close_connection()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert claimed.wait(30)
        try:
            response = post(call)
            other_key = post(call, key="other")
        finally:
            done.set()
        running.result()
    assert (response.status_code, code(response)) == (409, "idempotency_in_progress")
    assert response.headers["Retry-After"] == "1"
    assert other_key.status_code == 202


def test_of_many_parallel_requests_one_does_the_work(call: Call) -> None:
    def one(_: int) -> Any:
        try:
            return post(call)
        finally:
            close_connection()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(50)))
    done = {answer.content for answer in answers if answer.status_code == 202}
    assert len(done) == 1
    assert all(code(answer) == "idempotency_in_progress" for answer in answers if answer.status_code != 202)
    assert json.loads(post(call).content) == json.loads(done.pop())


def test_a_conflict_is_an_error_of_its_own() -> None:
    with transaction.atomic():
        idempotency.begin(client_id=1, key="k", fingerprint="f")
        idempotency.complete(client_id=1, key="k", fingerprint="f", status=200, body=b'{"a":1}')
    with transaction.atomic():
        stored = idempotency.begin(client_id=1, key="k", fingerprint="f")
        assert stored == idempotency.StoredAnswer(200, b'{"a":1}', "")
    with transaction.atomic(), pytest.raises(ApiError) as refused:
        idempotency.begin(client_id=1, key="k", fingerprint="g")
    assert refused.value.code == "idempotency_conflict"


def close_connection() -> None:
    """A thread of a test must not leave its connection behind: it would keep the test database alive."""
    close_old_connections()
    connection.close()
