"""Waking a worker: after the commit, in bounded time, and never at the price of the caller's work."""

import socket
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
from celery import Celery
from django.db import transaction

from ordinavo_connect.api import waking
from ordinavo_connect.api.broker import Knowledge, answers
from ordinavo_connect.api.correlation import correlated
from ordinavo_connect.celery import broker_settings


def application(url: str) -> Celery:
    app = Celery("test", set_as_current=False)
    app.conf.update(**broker_settings(url), broker_connection_timeout=0.5)
    return app


class RecordedTask:
    name = "test.recorded"

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.sent: list[tuple[Any, Any]] = []

    def apply_async(self, args: Any, *, headers: Any, retry: bool) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((args, headers))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "_not_before", 0.0)


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_after_the_commit() -> None:
    task = RecordedTask()
    with transaction.atomic(), correlated("the-request"):
        waking.wake(task, 17)  # type: ignore[arg-type]
        assert task.sent == []
    assert [args for args, _ in task.sent] == [(17,)]


@pytest.mark.django_db(transaction=True)
def test_it_learns_which_request_woke_it() -> None:
    task = RecordedTask()
    with correlated("the-request"):
        waking.wake(task)  # type: ignore[arg-type]
    assert task.sent == [((), {waking.CORRELATION_HEADER: "the-request"})]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_is_made_again() -> None:
    task = RecordedTask(ConnectionResetError())
    waking.wake(task)  # type: ignore[arg-type]
    assert len(task.sent) == 1


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_is_left_alone_for_a_while() -> None:
    task = RecordedTask(ConnectionRefusedError(), ConnectionRefusedError())
    waking.wake(task)  # type: ignore[arg-type]
    waking.wake(task)  # type: ignore[arg-type]
    assert task.sent == []
    assert task.failures == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_says_nothing_costs_the_caller_little(scheme: str, silent_server: str) -> None:
    """Without a limit of time it would never return."""

    def nothing() -> None: ...

    waking.wake(application(f"{scheme}://{silent_server}/").task(name="test.silent", shared=False)(nothing))
    assert waking._not_before > monotonic()


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_says_nothing_is_not_available(scheme: str, silent_server: str) -> None:
    assert not answers(application(f"{scheme}://{silent_server}/"))


def test_the_folder_is_available_and_made_for_its_owner_alone(tmp_path: Any, settings: Any) -> None:
    settings.VAR_DIR = tmp_path
    assert answers(application(""))
    assert (tmp_path / "broker").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_not_available(tmp_path: Any, settings: Any) -> None:
    (tmp_path / "broker").write_text("in the way")
    settings.VAR_DIR = tmp_path
    assert not answers(application(""))


def test_what_is_known_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("ordinavo_connect.api.broker.answers", lambda app: bool(asked.append(app)))
    knowledge = Knowledge()
    assert not knowledge.is_available()
    assert not knowledge.is_available()
    assert len(asked) == 1
