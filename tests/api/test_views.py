"""The order in which a request is refused: 401, 429, 403, 405, 406, 415, then the handler."""

import json
from typing import Any

import pytest

from ordinavo_connect.api.views import ApiView
from tests.api.conftest import Call

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db]

GZIP = {"Content-Encoding": "gzip"}
XML_ONLY = {"Accept": "application/xml"}


def code(response: Any) -> str:
    return str(json.loads(response.content)["error"]["code"])


def test_a_caller_with_the_scope_gets_in(call: Call) -> None:
    response = call("GET", "/api/things")
    assert response.status_code == 200
    assert json.loads(response.content) == {"client": 1}


@pytest.mark.parametrize("key", [None, "unknown"])
def test_without_a_valid_key_everything_else_goes_unsaid(call: Call, key: str | None) -> None:
    response = call("PUT", "/api/things", key=key, content_type="text/plain", headers=GZIP | XML_ONLY)
    assert (response.status_code, code(response)) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "X-RateLimit-Limit" not in response.headers


def test_the_authentication_may_say_why(call: Call) -> None:
    response = call("GET", "/api/things", key="expired")
    assert (response.status_code, code(response)) == (401, "api_key_expired")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_the_rate_limit_comes_before_the_scope(call: Call) -> None:
    codes = [code(call("GET", "/api/things", key="limited-reader")) for _ in range(3)]
    assert codes == ["missing_scope", "missing_scope", "rate_limited"]


def test_the_address_comes_before_the_scope(call: Call) -> None:
    response = call("GET", "/api/things", key="elsewhere-reader")
    assert (response.status_code, code(response)) == (403, "ip_not_allowed")


def test_an_allowed_address_gets_in(call: Call) -> None:
    assert call("GET", "/api/things", key="elsewhere", REMOTE_ADDR="192.0.2.1").status_code == 200


def test_the_scope_comes_before_the_content_type(call: Call) -> None:
    assert code(call("POST", "/api/things", key="reader", content_type="text/plain")) == "missing_scope"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_another_method_is_not_allowed(call: Call, method: str) -> None:
    response = call(method, "/api/things", headers=XML_ONLY)
    assert (response.status_code, code(response)) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, POST, HEAD"


def test_head_is_get(call: Call) -> None:
    response = call("HEAD", "/api/things", key="reader")
    assert response.status_code == 200
    assert call("HEAD", "/api/things", key="limited-reader").status_code == 403


@pytest.mark.parametrize("accept", ["application/xml", "text/html, image/*", "application/jsonp"])
def test_an_accept_header_that_cannot_be_met(call: Call, accept: str) -> None:
    response = call("POST", "/api/things", content_type="text/plain", headers={"Accept": accept})
    assert (response.status_code, code(response)) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "application/json; charset=utf-8", "text/html, */*;q=0.1"]
)
def test_an_accept_header_that_can(call: Call, accept: str) -> None:
    response = call("GET", "/api/things", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", ["", ";;,/", "\x00", "/" * 10_000, "a/b," * 5_000])
def test_a_broken_accept_header_is_at_worst_one_that_cannot(call: Call, accept: str) -> None:
    assert call("GET", "/api/things", headers={"Accept": accept}).status_code in (200, 406)


def test_format_is_a_parameter_like_any_unknown_one(call: Call) -> None:
    assert call("GET", "/api/things?format=xml").status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8"])
def test_json_in_utf_8_is_taken(call: Call, content_type: str) -> None:
    response = call("POST", "/api/things", body='{"ö": 1}'.encode(), content_type=content_type)
    assert json.loads(response.content) == {"received": {"ö": 1}}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded"]
    + ["application/json; charset=latin-1", "application/vnd.api+json", "multipart/form-data; boundary=x"],
)
def test_another_content_type_is_not(call: Call, content_type: str) -> None:
    response = call("POST", "/api/things", body=b"{}", content_type=content_type)
    assert (response.status_code, code(response)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "GZIP"])
def test_a_content_encoding_is_not(call: Call, encoding: str) -> None:
    response = call("POST", "/api/things", body=b"\x1f\x8b", headers={"Content-Encoding": encoding})
    assert (response.status_code, code(response)) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/things", 200),
        ("PUT", "/api/things", 405),
        ("POST", "/api/things", 400),
        ("GET", "/api/failing/bug", 500),
        ("GET", "/api/failing/refused", 409),
        ("GET", "/api/failing/%00", 404),
    ],
)
def test_the_rate_limit_stands_on_every_answer_to_a_known_caller(
    call: Call, method: str, path: str, status: int
) -> None:
    response = call(method, path)
    assert response.status_code == status
    assert response.headers["X-RateLimit-Limit"] == "100"
    assert response.headers["X-RateLimit-Remaining"] == "99"
    assert int(response.headers["X-RateLimit-Reset"]) > 0


def test_a_method_without_a_word_on_its_scope_does_not_start() -> None:
    with pytest.raises(TypeError, match="Forgotten.*POST"):

        class Forgotten(ApiView):
            def post(self, request: Any) -> None: ...


def test_a_body_does_not_outlive_its_answer(call: Call) -> None:
    """The request does, until the garbage collector comes by, and others' bodies would add up meanwhile."""
    response: Any = call("POST", "/api/things", body=b'{"large": true}')
    assert response.status_code == 202
    assert response.wsgi_request.body == b""
