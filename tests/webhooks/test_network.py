"""The edge: whatever a receiver does, the exchange ends in time with a code and a sentence."""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.webhooks.event_loops import Runner, aside
from tests.webhooks.receivers import certificate, read_request, receiving, server_tls
from webhooks.delivery import network
from webhooks.delivery.network import Edge, Exchange, Request

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
BODY = b'{"eventId":"evt_1"}'
# Ends a hanging exchange; more than anything on the loopback takes.
SHORT = 0.5


@pytest.fixture(params=[aside(asyncio.run), aside(uvloop.run)], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Runner:
    return request.param  # type: ignore[no-any-return]


def edge(**settings: Any) -> Edge:
    return Edge(LOOPBACK, **{"allow_http": True} | settings)


async def post(to: Edge, url: str, *, timeout: float = 10.0, is_fresh: bool = False) -> Exchange:
    request = Request(url, {"Content-Type": "application/json"}, BODY, timeout, is_fresh)
    async with to:
        return await to.post(request)


def test_the_bytes_arrive_and_the_answer_is_told(run: Runner) -> None:
    async def scene() -> tuple[Exchange, Any]:
        async with receiving() as receiver:
            return await post(edge(), receiver.url), receiver.requests

    exchange, requests = run(scene())
    assert exchange.is_delivered
    assert (exchange.status_code, exchange.excerpt, exchange.error_code) == (200, "ok", "")
    assert set(exchange.phases) == {"connect", "firstByte"}
    assert exchange.address == "127.0.0.1"
    assert requests[0].line == "POST /hook HTTP/1.1"
    assert requests[0].body == BODY
    assert requests[0].headers["content-type"] == "application/json"
    assert requests[0].headers["user-agent"] == network.USER_AGENT


def test_connections_are_used_again(run: Runner) -> None:
    async def scene() -> tuple[list[Exchange], int]:
        async with receiving() as receiver, edge() as ours:
            request = Request(receiver.url, {}, BODY, 10)
            return [await ours.post(request) for _ in range(5)], receiver.connections

    exchanges, connections = run(scene())
    assert connections == 1
    assert [exchange.is_delivered for exchange in exchanges] == [True] * 5
    assert "connect" not in exchanges[-1].phases


def test_one_that_the_receiver_closed_meanwhile_is_no_failure(run: Runner) -> None:
    async def answer_and_close_after_the_second(reader: Any, writer: Any) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read(1)  # The second request begins, and is answered by the end of the connection.

    async def scene() -> list[Exchange]:
        async with receiving(answer_and_close_after_the_second) as receiver, edge() as ours:
            request = Request(receiver.url, {}, BODY, 10)
            return [await ours.post(request) for _ in range(2)]

    assert [exchange.error_code for exchange in run(scene())] == ["", ""]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (b"HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n", 299, ""),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nbad!", 500, "http_status"),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 410, "http_status"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", 302, "redirect"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", 304, "http_status"),
        (b"HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n", 799, "http_status"),
        (b"220 mail.example.com ESMTP\r\n", None, "answer_invalid"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", None, "answer_invalid"),
    ],
)
def test_the_status_decides(run: Runner, answer: bytes, status: int | None, code: str) -> None:
    async def scene() -> Exchange:
        async with receiving(answer=answer) as receiver:
            return await post(edge(), receiver.url)

    exchange = run(scene())
    assert (exchange.status_code, exchange.error_code) == (status, code)
    assert bool(exchange.error_message) == bool(code)


def test_retry_after_and_the_kind_of_answer_are_kept(run: Runner) -> None:
    async def scene() -> Exchange:
        answer = (
            b"HTTP/1.1 429 No\r\nRetry-After: 120\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
        )
        async with receiving(answer=answer) as receiver:
            return await post(edge(), receiver.url)

    exchange = run(scene())
    assert (exchange.retry_after, exchange.content_type) == ("120", "text/html")


async def hang(reader: Any, _writer: Any) -> None:
    await reader.read()


async def drip(reader: Any, writer: Any) -> None:
    await read_request(reader)
    for number in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok":
        writer.write(bytes([number]))
        await writer.drain()
        await asyncio.sleep(1)


async def close_at_once(reader: Any, _writer: Any) -> None:
    await read_request(reader)


async def close_in_the_head(reader: Any, writer: Any) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (hang, "timeout"),
        (drip, "timeout"),
        (close_at_once, "connection_closed"),
        (close_in_the_head, "connection_closed"),
    ],
)
def test_no_whole_head_is_a_failure(run: Runner, handler: Any, code: str) -> None:
    async def scene() -> Exchange:
        async with receiving(handler) as receiver:
            return await asyncio.wait_for(post(edge(), receiver.url, timeout=SHORT), 10)

    exchange = run(scene())
    assert (exchange.status_code, exchange.error_code) == (None, code)


async def answer_ten_gigabytes(reader: Any, writer: Any) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def drip_the_body(reader: Any, writer: Any) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthanks")
    await reader.read()


async def close_in_the_body(reader: Any, writer: Any) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthanks")


async def answer_a_bomb(reader: Any, writer: Any) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nthanks")


@pytest.mark.parametrize("handler", [answer_ten_gigabytes, drip_the_body, close_in_the_body, answer_a_bomb])
def test_once_the_head_is_there_it_is_delivered(run: Runner, handler: Any) -> None:
    async def scene() -> Exchange:
        async with receiving(handler) as receiver:
            return await asyncio.wait_for(post(edge(), receiver.url, timeout=SHORT), 10)

    exchange = run(scene())
    assert exchange.is_delivered
    assert exchange.error_code == ""
    assert len(exchange.excerpt) <= network.EXCERPT_BYTES


def test_an_excerpt_is_text_without_nul(run: Runner) -> None:
    async def scene() -> Exchange:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"\0\xff" + b"x" * 2998
        async with receiving(answer=answer) as receiver:
            return await post(edge(), receiver.url)

    exchange = run(scene())
    assert exchange.excerpt == "\ufffd\ufffd" + "x" * 1022


# Where it goes


def test_the_loopback_is_forbidden_where_no_setting_allows_it(run: Runner) -> None:
    async def scene() -> tuple[Exchange, int]:
        async with receiving() as receiver:
            return await post(Edge(allow_http=True), receiver.url), receiver.connections

    exchange, connections = run(scene())
    assert exchange.error_code == "address_forbidden"
    assert "127.0.0.1" in exchange.error_message
    assert connections == 0


@pytest.mark.parametrize(
    "host", ["localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_no_spelling_gets_there(run: Runner, host: str) -> None:
    async def scene() -> tuple[Exchange, int]:
        async with receiving() as receiver:
            return await post(Edge(allow_http=True), f"http://{host}:{receiver.port}/"), receiver.connections

    exchange, connections = run(scene())
    assert exchange.error_code in {"address_forbidden", "host_not_found", "url_invalid"}
    assert connections == 0


def answers_with(*addresses: str) -> Callable[..., list[Any]]:
    """A name service that gives each look-up the next address."""
    left = list(addresses)

    def look_up(_host: str, port: int, _family: int) -> list[Any]:
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return look_up


def test_a_name_that_leads_to_a_private_address_is_forbidden(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_look_up", answers_with("10.0.0.1"))
    exchange = run(post(edge(), "http://receiver.example/"))
    assert exchange.error_code == "address_forbidden"
    assert "10.0.0.1" in exchange.error_message


def test_a_name_that_turns_private_meanwhile_is_forbidden(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_look_up", answers_with("127.0.0.1", "127.1.2.3"))
    allowed = [ipaddress.ip_network("127.0.0.1/32")]

    async def scene() -> tuple[Exchange, Exchange]:
        async with receiving(host="0.0.0.0") as receiver, Edge(allowed, allow_http=True) as ours:
            url = f"http://receiver.example:{receiver.port}/"
            return (
                await ours.post(Request(url, {}, BODY, 10, is_fresh=True)),
                await ours.post(Request(url, {}, BODY, 10, is_fresh=True)),
            )

    first, second = run(scene())
    assert first.is_delivered
    assert second.error_code == "address_forbidden"


def test_the_allowed_address_of_a_name_is_taken(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: str, port: int, _family: int) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("10.0.0.1", "127.0.0.1")
        ]

    monkeypatch.setattr(network, "_look_up", look_up)

    async def scene() -> Exchange:
        async with receiving() as receiver:
            return await post(edge(), f"http://receiver.example:{receiver.port}/")

    exchange = run(scene())
    assert exchange.is_delivered
    assert "dns" in exchange.phases


def test_an_unknown_name_is_told(run: Runner) -> None:
    exchange = run(post(edge(), "http://receiver.invalid/"))
    assert exchange.error_code == "host_not_found"
    assert "receiver.invalid" in exchange.error_message


def test_a_look_up_that_hangs_ends_in_time(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(network, "_look_up", lambda *_: gate.wait(10) and [])
    exchange = run(post(edge(), "http://receiver.example/", timeout=SHORT))
    gate.set()
    assert (exchange.error_code, exchange.error_message) == (
        "timeout",
        "The host name was not resolved within 0.5 s.",
    )


def test_a_closed_port_is_told(run: Runner) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    exchange = run(post(edge(), f"http://127.0.0.1:{port}/"))
    assert exchange.error_code == "connection_refused"
    assert str(port) in exchange.error_message


@pytest.mark.parametrize(
    "url", ["http://", "https://exa mple.com/", "https://a..b/", "https://xn--/", "ftp://example.com/"]
)
def test_a_url_that_cannot_be_called_is_told(run: Runner, url: str) -> None:
    exchange = run(post(edge(), url))
    assert exchange.error_code in {"url_invalid", "scheme_forbidden", "host_not_found"}
    assert exchange.error_message


def test_http_is_forbidden_where_no_setting_allows_it(run: Runner) -> None:
    exchange = run(post(Edge(LOOPBACK), "http://127.0.0.1:9/"))
    assert exchange.error_code == "scheme_forbidden"


# TLS


def tls_receiver(path: Path) -> AbstractAsyncContextManager[Any]:
    return receiving(tls=server_tls(path))


def test_tls_is_timed_and_its_certificate_read(run: Runner, tmp_path: Path) -> None:
    path = certificate(tmp_path, days=30)

    async def scene() -> Exchange:
        async with tls_receiver(path) as receiver:
            return await post(edge(authorities=str(path)), receiver.url)

    exchange = run(scene())
    assert exchange.is_delivered
    assert {"connect", "tls", "firstByte"} <= set(exchange.phases)
    assert exchange.certificate_expires_at is not None


@pytest.mark.parametrize(
    ("names", "days", "is_trusted", "reason"),
    [
        (("127.0.0.1",), -1, True, "expired"),
        (("127.0.0.2",), 30, True, "127.0.0.1"),
        (("127.0.0.1",), 30, False, "self-signed"),
    ],
)
def test_a_certificate_that_does_not_hold_is_told(
    run: Runner, tmp_path: Path, names: tuple[str, ...], days: int, is_trusted: bool, reason: str
) -> None:
    path = certificate(tmp_path, names=names, days=days)

    async def scene() -> tuple[Exchange, list[Any]]:
        async with tls_receiver(path) as receiver:
            ours = edge(authorities=str(path) if is_trusted else None)
            return await post(ours, receiver.url), receiver.requests

    exchange, requests = run(scene())
    assert exchange.error_code == "certificate_invalid"
    assert reason in exchange.error_message.replace("self signed", "self-signed")
    assert requests == []


def test_a_server_without_tls_is_told(run: Runner) -> None:
    async def scene() -> Exchange:
        async with receiving(answer=b"HTTP/1.1 400 Bad Request\r\n\r\n") as receiver:
            return await post(edge(), receiver.url.replace("http:", "https:"), timeout=2)

    exchange = run(scene())
    assert exchange.error_code in {"tls_failed", "timeout"}


def test_a_handshake_that_hangs_is_told(run: Runner) -> None:
    async def scene() -> Exchange:
        async with receiving(hang) as receiver:
            return await post(edge(), receiver.url.replace("http:", "https:"), timeout=SHORT)

    exchange = run(scene())
    assert (exchange.error_code, exchange.error_message) == (
        "timeout",
        "The TLS handshake was not finished within 0.5 s.",
    )


def test_old_tls_is_refused(run: Runner, tmp_path: Path) -> None:
    path = certificate(tmp_path)
    old = server_tls(path)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2

    async def scene() -> Exchange:
        ours = edge(authorities=str(path))
        ours._tls.minimum_version = ssl.TLSVersion.TLSv1_3
        async with receiving(tls=old) as receiver:
            return await post(ours, receiver.url)

    assert run(scene()).error_code == "tls_failed"
