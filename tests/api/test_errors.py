import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from ordinavo_connect.api.errors import MESSAGES, STATUS_BY_CODE, ApiError, FieldError, envelope
from tests.api.conftest import Call

pytestmark = [pytest.mark.urls("tests.api.example_endpoints"), pytest.mark.django_db]


def error_of(response: Any) -> dict[str, Any]:
    """The envelope's content, after a look at its form."""
    assert response.headers["Content-Type"] == "application/json"
    body = json.loads(response.content)
    assert list(body) == ["error"]
    assert body["error"]["correlationId"] == response.headers["X-Correlation-Id"]
    return dict(body["error"])


def test_every_code_has_a_message() -> None:
    assert set(MESSAGES) == set(STATUS_BY_CODE)


def test_an_unknown_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        ApiError("no_such_code")


def test_the_keys_stand_in_the_order_of_the_contract() -> None:
    error = ApiError(
        "missing_scope",
        required_scope="a.b",
        import_job_id=17,
        details=[FieldError("items[3].location.latitude", "out_of_range", "Too far north.")],
    )
    content = envelope(error, "id")["error"]
    assert list(content) == ["code", "message", "requiredScope", "importJobId", "correlationId", "details"]
    assert content["details"] == [
        {"field": "items[3].location.latitude", "code": "out_of_range", "message": "Too far north."}
    ]


def test_a_missing_scope_has_exactly_the_keys_of_the_example(call: Call) -> None:
    response = call("POST", "/api/things", key="reader", body=b"{}")
    assert response.status_code == 403
    assert error_of(response) == {
        "code": "missing_scope",
        "message": "The integration client does not have the required scope.",
        "requiredScope": "things.write",
        "correlationId": response.headers["X-Correlation-Id"],
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/no/such/path", 404, "not_found"),
        ("/api/things/", 404, "not_found"),  # no trailing slashes, and no redirect either
        ("/nothing", 404, "not_found"),
        ("/api/failing/suspicious", 400, "validation_failed"),
        ("/api/failing/refused", 409, "target_cancelled"),
        ("/api/failing/database", 503, "service_unavailable"),
        ("/api/failing/bug", 500, "internal_error"),
        ("/api/outside-bug", 500, "internal_error"),
        ("/api/outside-database", 503, "service_unavailable"),
        ("/api/bare-405", 405, "method_not_allowed"),
    ],
)
def test_every_failure_is_told_in_the_envelope(call: Call, path: str, status: int, code: str) -> None:
    response = call("GET", path)
    assert response.status_code == status
    assert error_of(response)["code"] == code


@pytest.mark.parametrize("kind", ["bug", "database", "suspicious", "forbidden"])
def test_nothing_of_an_exception_is_told(call: Call, kind: str) -> None:
    response = call("GET", f"/api/failing/{kind}")
    assert b"hunter2" not in response.content
    assert b"10.1.2.3" not in response.content


def test_a_bug_is_logged_with_its_traceback(call: Call) -> None:
    with capture_logs() as lines:
        call("GET", "/api/failing/bug")
    [line] = [line for line in lines if line["event"] == "request_failed"]
    assert isinstance(line["exc_info"], RuntimeError)


def test_an_unavailable_service_says_when_to_come_again(call: Call) -> None:
    assert int(call("GET", "/api/failing/database").headers["Retry-After"]) >= 1
    assert int(call("GET", "/api/outside-database").headers["Retry-After"]) >= 1


def test_the_import_job_of_a_refused_attempt_is_named(call: Call) -> None:
    assert error_of(call("GET", "/api/failing/refused"))["importJobId"] == 17


def test_an_unknown_path_answers_alike_with_and_without_a_key(call: Call) -> None:
    with_key, without = call("GET", "/api/nothing"), call("GET", "/api/nothing", key=None)
    assert with_key.status_code == without.status_code == 404
    assert error_of(with_key)["message"] == error_of(without)["message"]


def test_a_bare_405_keeps_its_allow_header(call: Call) -> None:
    assert call("GET", "/api/bare-405").headers["Allow"] == "GET"


def test_admin_pages_keep_their_own_error_pages(call: Call) -> None:
    response = call("GET", "/admin/outside-bug")
    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith("text/html")


def test_debug_pages_do_not_reach_an_api_caller(call: Call, settings: Any) -> None:
    settings.DEBUG = True
    assert error_of(call("GET", "/api/outside-bug"))["code"] == "internal_error"
    assert error_of(call("GET", "/api/nothing"))["code"] == "not_found"
