"""The product as it is served: edge, threads, Django, its settings and its addresses."""

from collections.abc import Iterator

import pytest

from tests.api.plain_http import LAST_CHUNK, Server, chunk, head, read_answer, served

HEALTH = "/api/connect/v1/integration/health"


@pytest.fixture(scope="module")
def product() -> Iterator[Server]:
    with served("ordinavo_connect.asgi:application") as running:
        yield running


def test_it_lives_and_is_ready(product: Server) -> None:
    assert product.say(head("GET", "/healthz")).json == {"status": "ok"}
    assert product.say(head("GET", "/readyz")).json["database"] == "ok"


def test_the_edge_stands_before_everything(product: Server) -> None:
    answer = product.say(head("POST", "/no/such/path", f"Content-Length: {1 << 30}"))
    assert (answer.status, answer.code) == (413, "payload_too_large")


@pytest.mark.parametrize("path", ["/no/such/path", "/api/connect/v1/nothing", "/api/connect/v1/"])
def test_an_unknown_path_is_told_before_a_missing_key(product: Server, path: str) -> None:
    answer = product.say(head("GET", path))
    assert (answer.status, answer.code) == (404, "not_found")


def test_a_chunked_body_reaches_the_api(product: Server) -> None:
    """Without a key it is refused, but has gone the whole way, and the connection goes on."""
    with product.connect() as connection:
        for _ in range(2):
            connection.sendall(head("POST", HEALTH, "Transfer-Encoding: chunked") + chunk(b"{}") + LAST_CHUNK)
            answer = read_answer(connection)
            assert (answer.status, answer.code) == (401, "unauthorized")
            assert answer.headers["www-authenticate"] == "Bearer"


def test_pages_carry_the_correlation_id_too(product: Server) -> None:
    answer = product.say(head("GET", "/admin/login/", "X-Correlation-Id: mine"))
    assert (answer.status, answer.headers["x-correlation-id"]) == (200, "mine")
