"""Addresses, methods, parameters and headers that no client should send."""

import json

import pytest

from tests.api.plain_http import head, read_answer
from tests.faults.calls import BATCH, JOBS, TARGETS, V1, Api
from tests.faults.items import item
from tests.faults.refusals import fields, require_refusal
from tests.faults.served_product import ServedProduct

MIB = 1024 * 1024


def test_a_wrong_method_is_told_everywhere(api: Api) -> None:
    paths = [TARGETS, BATCH, f"{TARGETS}/JOB-1", JOBS, f"{JOBS}/1", f"{JOBS}/1/items"]
    paths += [
        f"{V1}/integration/health",
        f"{V1}/openapi.json",
        "/api/docs",
        "/api/redoc",
        "/healthz",
        "/readyz",
    ]
    for path in paths:
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X" * 50):
            answer = api.server.say(api.head(method, path, "Content-Length: 0"))
            assert (path, method, answer.status) == (path, method, 405)
            require_refusal(answer, 405, "method_not_allowed")
            assert answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        *("//", "/api", f"{V1}/", "/api/connect/v2/inbound/targets", f"{TARGETS}/", "/%00", "/%ff", "*"),
        *(f"{JOBS}/abc", f"{JOBS}/-1", f"{JOBS}/{10**30}", f"{JOBS}/%00", f"{JOBS}/%D9%A1", f"{JOBS}/1/x"),
        *(
            f"{TARGETS}/%00",
            f"{TARGETS}/%ff",
            f"{TARGETS}/a%2Fb",
            f"{TARGETS}/..%2f..",
            f"{TARGETS}/{'x' * 9000}",
        ),
        *("/static/%00", "/static/..%2f..%2fmanage.py", "/static/../../etc/passwd", f"/static/{'x' * 9000}"),
    ],
)
def test_unknown_paths(api: Api, path: str) -> None:
    answer = api.get(path)
    assert answer.status == 404
    assert answer.code in ("not_found", "target_not_found")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        *((f"limit={value}", "limit") for value in ("0", "501", "x", "-1", "9" * 30, "%00", "%D9%A1")),
        *((f"cursor={value}", "cursor") for value in ("x", "%00", "A" * 3000, "%ff")),
        *((f"status={value}", "status") for value in ("x", "%00")),
        *(
            (f"createdAfter={value}", "createdAfter")
            for value in ("x", "%00", "2026-01-01", "2026-02-30T00:00:00Z")
        ),
        *(
            (f"createdBefore={value}", "createdBefore")
            for value in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00")
        ),
        *((f"{name}=%00", name) for name in ("batchId", "externalId")),
    ],
)
def test_bad_parameters_are_named(api: Api, query: str, parameter: str) -> None:
    answer = api.get(f"{JOBS}?{query}")
    require_refusal(answer, 400, "validation_failed")
    assert fields(answer) == [parameter]


@pytest.mark.parametrize("value", ["", "x" * 256, "caf\u00e9", "a\tb"], ids=["empty", "long", "latin", "tab"])
def test_bad_idempotency_keys(api: Api, value: str) -> None:
    answer = api.post(TARGETS, item(1), f"Idempotency-Key: {value}")
    require_refusal(answer, 400, "validation_failed")
    assert fields(answer) == ["Idempotency-Key"]


def test_what_is_no_key(api: Api, product: ServedProduct) -> None:
    values = ["", "Bearer", "Bearer ", "Basic eDp5", f"Bearer {api.key[:-1]}", f"Bearer {api.key}x", api.key]
    values += [f"Bearer {'x' * 60_000}", "Bearer caf\u00e9", f"Bearer {api.key} {api.key}", "Bearer a b c"]
    for value in values:
        answer = product.server.say(head("GET", JOBS, f"Authorization: {value}"))
        require_refusal(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def is_refused_or_closed(product: ServedProduct, sent: bytes) -> bool:
    """What is no HTTP gets a bare 4xx of the web server, or no answer at all."""
    with product.server.connect() as connection:
        connection.sendall(sent)
        try:
            answer = connection.recv(4096)
        except ConnectionResetError:
            return True
    return answer == b"" or answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "line",
    [
        "X-A: a\x01b",
        "X-A: a\0b",
        "no colon",
        "X A: b",
        "X-A: b\r\n folded",
        f"X-A: {'x' * MIB}",
        "Host: second",
    ],
)
def test_broken_headers(product: ServedProduct, api: Api, line: str) -> None:
    body = json.dumps(item(1)).encode()
    assert is_refused_or_closed(
        product, api.head("POST", TARGETS, line, f"Content-Length: {len(body)}") + body
    )


@pytest.mark.parametrize(
    "sent", [b"garbage\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\r\n\r\n", b"GET / HTTP/3.0\r\n\r\n"]
)
def test_what_is_no_http(product: ServedProduct, sent: bytes) -> None:
    assert is_refused_or_closed(product, sent)


@pytest.mark.parametrize("length", ["-5", "abc", "9" * 40, "5\r\nContent-Length: 6"])
def test_lengths_that_are_none(product: ServedProduct, api: Api, length: str) -> None:
    sent = api.head("POST", TARGETS, f"Content-Length: {length}") + b"{}"
    assert is_refused_or_closed(product, sent)


@pytest.mark.parametrize("length", [65_000, 100_000, MIB])
def test_very_long_addresses(product: ServedProduct, api: Api, length: int) -> None:
    assert is_refused_or_closed(product, api.head("GET", f"{TARGETS}/{'x' * length}"))


def test_a_connection_survives_what_it_was_refused(api: Api) -> None:
    with api.server.connect() as connection:
        for body, status in ((b"{", 400), (json.dumps(item(1)).encode(), 202)):
            connection.sendall(api.head("POST", TARGETS, f"Content-Length: {len(body)}") + body)
            assert read_answer(connection).status == status


def test_letters_in_a_query_that_were_not_encoded(api: Api) -> None:
    raw = api.head("GET", f"{JOBS}?externalId=X").replace(b"=X", "=ü".encode())
    assert api.server.say(raw).status == 200
