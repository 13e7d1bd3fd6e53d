"""Bodies too large, packed, cut short, of another type, or dripping."""

import gzip
import json
from contextlib import ExitStack

import pytest

from tests.api.plain_http import LAST_CHUNK, chunk
from tests.faults.calls import BATCH, TARGETS, Api
from tests.faults.items import item
from tests.faults.refusals import require_refusal

MIB = 1024 * 1024
# Far more than there are threads in all web workers.
DRIPPING = 40


def test_21_mib_by_length_and_chunked(api: Api) -> None:
    body = json.dumps(item(1) | {"description": "x" * 21 * MIB}).encode()
    require_refusal(api.post(TARGETS, body), 413, "payload_too_large")
    pieces = [chunk(body[at : at + MIB]) for at in range(0, len(body), MIB)]
    chunked = api.server.say(api.head("POST", TARGETS, "Transfer-Encoding: chunked"), *pieces, LAST_CHUNK)
    require_refusal(chunked, 413, "payload_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_bomb(api: Api, encoding: str) -> None:
    """200 MiB in 200 KB: nobody unpacks it."""
    bomb = gzip.compress(bytes(200 * MIB))
    answer = api.post(TARGETS, bomb, f"Content-Encoding: {encoding}")
    require_refusal(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "application/json, text/plain",
    ],
)
def test_other_content_types(api: Api, content_type: str) -> None:
    answer = api.post(TARGETS, item(1), f"Content-Type: {content_type}")
    require_refusal(answer, 415, "unsupported_media_type")


def test_a_body_cut_short(api: Api) -> None:
    body = json.dumps(item(1)).encode()
    by_length = api.head("POST", TARGETS, f"Content-Length: {len(body) + 1}")
    require_refusal(api.server.say(by_length, body, end=True), 400, "invalid_json")
    chunked = api.head("POST", TARGETS, "Transfer-Encoding: chunked")
    require_refusal(api.server.say(chunked, chunk(body), end=True), 400, "invalid_json")
    require_refusal(api.server.say(chunked, b"zz\r\n" + body + b"\r\n", LAST_CHUNK), 400, "invalid_json")


def test_dripping_clients_keep_nobody_waiting(api: Api) -> None:
    with ExitStack() as crowd:
        dripping = [crowd.enter_context(api.server.connect()) for _ in range(DRIPPING)]
        for connection in dripping:
            connection.sendall(api.head("POST", BATCH, "Content-Length: 100000") + b'{"items": [')
        for _ in range(5):
            for connection in dripping:
                connection.sendall(b" ")
            assert api.server.is_alive()
            assert api.post(TARGETS, item(1)).status == 202
