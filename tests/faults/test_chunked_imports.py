"""Imports by clients that send a body piece by piece, as .NET's HttpClient does."""

import json
from typing import Any

import pytest

from tests.api.plain_http import LAST_CHUNK, chunk, read_answer
from tests.faults.calls import BATCH, JOBS, TARGETS, Api
from tests.faults.items import batch, item
from tests.faults.served_product import AUTO_CREATE, ServedProduct


@pytest.fixture
def dotnet(product: ServedProduct, tenant: str) -> Api:
    return product.new_client(tenant, *AUTO_CREATE)


def test_a_body_that_waits_for_our_word(dotnet: Api) -> None:
    """JsonContent with ExpectContinue: chunked, of unknown length, held back until the 100."""
    lines = ("Transfer-Encoding: chunked", "Expect: 100-continue")
    body = json.dumps(item(1, customers=1)).encode()
    with dotnet.server.connect() as connection:
        connection.sendall(
            dotnet.head("POST", TARGETS, *lines, "Content-Type: application/json; charset=utf-8")
        )
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(chunk(body[:40]) + chunk(body[40:]) + LAST_CHUNK)
        answer = read_answer(connection)
        assert (answer.status, answer.json["items"][0]["status"]) == (202, "Imported")
        # The connection goes on.
        connection.sendall(dotnet.head("GET", answer.headers["location"]))
        assert read_answer(connection).json["status"] == "Completed"


def test_a_batch_in_many_small_pieces(dotnet: Api) -> None:
    body = json.dumps(batch(range(200), customers=10)).encode()
    pieces = [chunk(body[at : at + 500]) for at in range(0, len(body), 500)]
    answer = dotnet.server.say(dotnet.head("POST", BATCH, "Transfer-Encoding: chunked"), *pieces, LAST_CHUNK)
    assert (answer.status, answer.json["createdItems"]) == (202, 200)


def test_many_requests_at_once_on_one_connection(dotnet: Api) -> None:
    """Pipelined: answered in order."""
    bodies = [json.dumps(item(n)).encode() for n in range(5)]
    with dotnet.server.connect() as connection:
        for body in bodies:
            connection.sendall(dotnet.head("POST", TARGETS, f"Content-Length: {len(body)}") + body)
        with connection.makefile("rb") as file:
            ids = [_next(file)["items"][0]["externalId"] for _ in bodies]
    assert ids == [f"JOB-{n}" for n in range(5)]
    assert len(dotnet.get(JOBS).json["items"]) == 5


def _next(file: Any) -> Any:
    assert b" 202 " in file.readline()
    length = 0
    while line := file.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return json.loads(file.read(length))
