"""`manage.py listen`: what it says of deliveries, right ones and others."""

import http.client
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from ordinavo_connect.management.commands.listen import Receiver
from webhooks.delivery.receiving import judged
from webhooks.delivery.signing import delivery_headers, new_secret

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECRET, OLD = new_secret(), new_secret()
BODY = b'{"eventId": "evt_1", "eventType": "target.imported"}'


def signed(*keys: str, body: bytes = BODY, at: datetime = NOW) -> dict[str, str]:
    return delivery_headers(
        event_id="evt_1",
        event_type="target.imported",
        delivery_id=7,
        timestamp=int(at.timestamp()),
        body=body,
        keys=keys or (SECRET,),
    )


def problems(headers: dict[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> str:
    return " ".join(judged(headers, body, secrets=secrets, now=NOW).problems)


def test_a_right_delivery_has_no_problem() -> None:
    found = judged(signed(), BODY, secrets=[SECRET], now=NOW + timedelta(seconds=3))

    assert found.problems == ()
    assert (found.event_id, found.event_type, found.delivery_id, found.age) == (
        "evt_1",
        "target.imported",
        "7",
        3,
    )


def test_either_secret_is_right_while_they_rotate() -> None:
    assert problems(signed(SECRET, OLD)) == ""
    assert problems(signed(SECRET, OLD), secrets=(OLD, SECRET)) == ""


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        (signed(OLD), BODY, "webhook-signature is wrong"),
        (signed(), BODY + b" ", "webhook-signature is wrong"),
        (signed() | {"X-Ordinavo-Signature": "sha256=00"}, BODY, "X-Ordinavo-Signature is wrong"),
        (signed(at=NOW - timedelta(seconds=301)), BODY, "signed 301 seconds ago"),
        (signed(at=NOW + timedelta(seconds=301)), BODY, "signed -301 seconds ago"),
        (signed() | {"webhook-timestamp": "noon"}, BODY, "no number of seconds"),
        (signed() | {"webhook-id": ""}, BODY, "webhook-id is missing"),
        ({}, BODY, "webhook-signature is missing"),
        (signed(body=b"x"), b"x", "not JSON"),
    ],
)
def test_what_is_wrong_is_said(headers: dict[str, str], body: bytes, words: str) -> None:
    assert words in problems(headers, body)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def receiver(said: list[str]) -> Iterator[str]:
    server = Receiver(("127.0.0.1", 0), secrets=[SECRET], status=202, say=said.append)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_prints_and_answers(receiver: str, said: list[str]) -> None:
    answer = httpx.post(f"{receiver}/any/path", content=BODY, headers=signed(at=datetime.now(UTC)))

    assert answer.status_code == 202
    assert "target.imported  evt_1  delivery 7" in said[0]
    assert "signature right" in said[0]


def test_what_is_forged_is_called_so(receiver: str, said: list[str]) -> None:
    headers = signed(OLD, at=datetime.now(UTC)) | {"X-Ordinavo-Event-Type": "a\tb"}
    assert httpx.post(receiver, content=BODY, headers=headers).status_code == 202
    assert "NOT RIGHT: webhook-signature is wrong" in said[0]
    assert "a?b" in said[0]


@pytest.mark.parametrize(("length", "status"), [(str(9 * 1024 * 1024), 413), ("many", 411)])
def test_what_is_too_long_is_not_read(receiver: str, said: list[str], length: str, status: int) -> None:
    connection = http.client.HTTPConnection(receiver.removeprefix("http://"))
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", length)
    connection.endheaders()

    assert (connection.getresponse().status, said) == (status, [])
    connection.close()


def test_a_secret_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="begins with whsec_"):
        call_command("listen", "--secret", "abc")


def test_a_port_that_is_taken_is_named(receiver: str) -> None:
    port: Any = receiver.rpartition(":")[2]
    with pytest.raises(CommandError, match=port):
        call_command("listen", "--port", port)
