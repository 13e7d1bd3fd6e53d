"""The edge under the real web server."""

import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from tests.api.edge_application import THREADS
from tests.api.plain_http import LAST_CHUNK, PATIENCE, Server, chunk, head, read_answer, served

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served("tests.api.edge_application:application") as running:
        yield running


@pytest.fixture(scope="module")
def impatient() -> Iterator[Server]:
    """One that waits half a second for a body, and has few requests under way."""
    limits = {"EDGE_TEST_TIMEOUT": "0.5", "EDGE_TEST_REQUESTS": str(THREADS + 1)}
    with served("tests.api.edge_application:application", **limits) as running:
        yield running


# Bodies


def test_a_body_of_announced_length_arrives(server: Server) -> None:
    answer = server.say(head("POST", "/", "Content-Length: 5"), b"he", b"llo")
    assert answer.json["length"] == 5
    assert answer.json["sha256"] == sha256(b"hello").hexdigest()


def test_a_chunked_body_arrives_as_dotnet_sends_it(server: Server) -> None:
    """HttpClient with JsonContent: chunked, the length unknown; with ExpectContinue it waits for our word."""
    with server.connect() as connection:
        connection.sendall(head("POST", "/", "Transfer-Encoding: chunked", "Expect: 100-continue"))
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(chunk(b'{"externalId":') + chunk(b'"A-1"}') + LAST_CHUNK)
        answer = read_answer(connection)
    assert answer.json["length"] == 20
    assert answer.json["sha256"] == sha256(b'{"externalId":"A-1"}').hexdigest()


def test_the_largest_body_arrives(server: Server) -> None:
    body = os.urandom(20 * MIB)
    by_length = server.say(head("POST", "/", f"Content-Length: {len(body)}"), body)
    in_chunks = server.say(
        head("POST", "/", "Transfer-Encoding: chunked"), *map(chunk, _pieces(body, MIB)), LAST_CHUNK
    )
    assert by_length.json["sha256"] == in_chunks.json["sha256"] == sha256(body).hexdigest()


def _pieces(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def test_a_request_without_a_body_is_handed_on(server: Server) -> None:
    answer = server.say(head("GET", "/a%20b"))
    assert (answer.json["path"], answer.json["length"]) == ("/a b", 0)


def test_a_connection_serves_the_next_request(server: Server) -> None:
    with server.connect() as connection:
        for text in (b"one", b"two!"):
            connection.sendall(head("POST", "/", "Transfer-Encoding: chunked") + chunk(text) + LAST_CHUNK)
            assert read_answer(connection).json["length"] == len(text)


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(head("POST", "/", "Content-Length: 10") + b"short", id="by length"),
        pytest.param(head("POST", "/", "Transfer-Encoding: chunked") + chunk(b"short"), id="between chunks"),
        pytest.param(head("POST", "/", "Transfer-Encoding: chunked") + b"a\r\nshort", id="within a chunk"),
    ],
)
def test_a_body_cut_short_is_refused(server: Server, request_bytes: bytes) -> None:
    answer = server.say(request_bytes, end=True)
    assert (answer.status, answer.code) == (400, "invalid_json")


def test_too_large_a_body_is_refused_by_its_announced_length(server: Server) -> None:
    """Before anything of it is read: the client that waits for our word never sends it."""
    answer = server.say(head("POST", "/", f"Content-Length: {21 * MIB}", "Expect: 100-continue"))
    assert (answer.status, answer.code, answer.continued) == (413, "payload_too_large", False)


def test_a_client_that_sends_all_of_it_reads_the_refusal(server: Server) -> None:
    body = bytes(21 * MIB)
    by_length = server.say(head("POST", "/", f"Content-Length: {len(body)}"), body)
    assert (by_length.status, by_length.code) == (413, "payload_too_large")
    in_chunks = server.say(
        head("POST", "/", "Transfer-Encoding: chunked"), *map(chunk, _pieces(body, MIB)), LAST_CHUNK
    )
    assert (in_chunks.status, in_chunks.code) == (413, "payload_too_large")


def test_an_absurd_length_costs_nothing(server: Server) -> None:
    assert server.say(head("POST", "/", f"Content-Length: {1 << 62}")).status == 413


def test_a_body_that_does_not_arrive_is_given_up(impatient: Server) -> None:
    answer = impatient.say(head("POST", "/", "Content-Length: 10"), b"slow")
    assert (answer.status, answer.code) == (408, "request_timeout")
    assert answer.headers["connection"] == "close"


# Crowds


def test_dripping_clients_keep_nobody_waiting(server: Server) -> None:
    """Many times more of them than there are threads."""
    with ExitStack() as crowd:
        for _ in range(THREADS * 50):
            connection = crowd.enter_context(server.connect())
            connection.sendall(head("POST", "/", "Content-Length: 1000") + b"drip")
        assert server.is_alive()
        assert server.say(head("POST", "/", "Content-Length: 2"), b"{}").status == 200


def test_slow_readers_keep_nobody_waiting(server: Server) -> None:
    with ExitStack() as crowd:
        for _ in range(THREADS * 5):
            connection = crowd.enter_context(server.connect(receive_buffer=4096))
            connection.sendall(head("GET", "/large"))
            assert connection.recv(1) == b"H"  # The answer is on its way, and nobody takes it.
        assert server.is_alive()
        assert server.say(head("POST", "/", "Content-Length: 2"), b"{}").status == 200


def test_work_in_every_thread_keeps_liveness_answering(server: Server, tmp_path: Path) -> None:
    done = tmp_path / "done"
    with ExitStack() as crowd:
        waiting = [crowd.enter_context(server.connect()) for _ in range(THREADS * 3)]
        for connection in waiting:
            connection.sendall(head("GET", f"/slow?{done}"))
        assert server.is_alive()
        done.touch()
        assert [read_answer(connection).status for connection in waiting] == [200] * len(waiting)


def test_more_work_than_can_wait_is_sent_away(impatient: Server, tmp_path: Path) -> None:
    done, bound = tmp_path / "done", THREADS + 1
    with ExitStack() as crowd:
        connections = [crowd.enter_context(impatient.connect()) for _ in range(bound * 2)]
        for connection in connections:
            connection.sendall(head("GET", f"/slow?{done}"))
        refused = _answered(connections, bound)
        done.touch()
        taken = [read_answer(connection) for connection in connections if connection not in refused]
        answers = [read_answer(connection) for connection in refused]
    assert [answer.status for answer in taken] == [200] * bound
    assert {(answer.status, answer.code) for answer in answers} == {(503, "service_unavailable")}
    assert all("retry-after" in answer.headers for answer in answers)
    assert impatient.say(head("GET", "/")).status == 200


def _answered(connections: list[socket.socket], count: int) -> list[socket.socket]:
    """Those that have an answer, as soon as there are `count` of them."""
    deadline = time.monotonic() + PATIENCE
    answered: list[socket.socket] = []
    while len(answered) < count:
        assert time.monotonic() < deadline
        answered = select.select(connections, [], [], PATIENCE)[0]
        time.sleep(0.01)
    return answered


# What the application sees, and what goes out


def test_the_callers_correlation_id_goes_in_and_comes_back(server: Server) -> None:
    answer = server.say(head("GET", "/", "X-Correlation-Id: mine"))
    assert answer.headers["x-correlation-id"] == "mine"
    assert answer.json["headers"]["HTTP_X_CORRELATION_ID"] == "mine"


def test_an_id_that_is_none_is_replaced_inside_and_outside(server: Server) -> None:
    answer = server.say(head("GET", "/", "X-Correlation-Id: <b>", "X-Correlation-Id: other"))
    assert answer.headers["x-correlation-id"] == answer.json["headers"]["HTTP_X_CORRELATION_ID"]
    assert answer.headers["x-correlation-id"] not in ("<b>", "other")


def test_a_refusal_carries_it_too(server: Server) -> None:
    answer = server.say(head("POST", "/", "Content-Length: 99999999", "X-Correlation-Id: mine"))
    assert answer.headers["x-correlation-id"] == answer.json["error"]["correlationId"] == "mine"


def test_a_header_with_an_underscore_cannot_pass_for_another(server: Server) -> None:
    answer = server.say(head("GET", "/", "X_Forwarded_For: 192.0.2.1", "X_Correlation_Id: mine"))
    assert "HTTP_X_FORWARDED_FOR" not in answer.json["headers"]
    assert answer.headers["x-correlation-id"] != "mine"


def test_a_bug_is_told_in_the_envelope(server: Server) -> None:
    answer = server.say(head("GET", "/bug"))
    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"hunter2" not in answer.body


def test_liveness_knows_get_and_head_only(server: Server) -> None:
    assert server.say(head("HEAD", "/healthz", "Connection: close")).status == 200
    refused = server.say(head("POST", "/healthz", "Content-Length: 2"), b"{}")
    assert (refused.status, refused.code) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD"
