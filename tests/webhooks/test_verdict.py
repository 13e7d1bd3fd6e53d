"""What a test of an endpoint found, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from webhooks.delivery.network import Exchange
from webhooks.delivery.verdict import verdict_of

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
PHASES = {"dns": 1.0, "connect": 2.0, "tls": 3.0, "firstByte": 4.0}
KEYS = {
    *("ok", "message", "checkedAtUtc", "statusCode", "errorCode", "durationMs"),
    *("phases", "certificateDaysLeft", "looksLikeLoginPage"),
}


def verdict(status: int | None = 204, **fields: Any) -> dict[str, Any]:
    return verdict_of(Exchange(duration_ms=120, status_code=status, **{"phases": PHASES} | fields), at=NOON)


def test_a_good_answer_is_told_with_time_and_certificate() -> None:
    found = verdict(certificate_expires_at=NOON + timedelta(days=63, hours=2))
    assert found.keys() == KEYS
    assert found["ok"]
    assert found["message"] == (
        "The endpoint answered 204 in 120 ms. Its certificate is good for 63 more days."
    )
    assert found["certificateDaysLeft"] == 63
    assert [phase["name"] for phase in found["phases"]] == ["dns", "connect", "tls", "firstByte"]
    assert all(phase["ok"] for phase in found["phases"])


def test_a_certificate_that_ends_soon_is_told() -> None:
    found = verdict(certificate_expires_at=NOON + timedelta(days=1, hours=1))
    assert found["ok"]
    assert "1 more day: renew it" in found["message"]


def test_no_answer_is_told_by_the_phase_that_failed() -> None:
    found = verdict(
        None,
        phases={"dns": 1.0},
        failed_phase="connect",
        error_code="connection_refused",
        error_message="The connection was refused.",
    )
    assert not found["ok"]
    assert found["message"] == "The connection was refused."
    assert found["phases"] == [
        {"name": "dns", "ok": True, "durationMs": 1.0},
        {"name": "connect", "ok": False, "durationMs": None},
    ]


@pytest.mark.parametrize("status", [301, 400, 401, 404, 405, 410, 429, 500, 503])
def test_a_status_that_is_no_success_comes_with_advice(status: int) -> None:
    found = verdict(status)
    assert not found["ok"]
    assert found["message"].startswith(f"The endpoint answered {status} in 120 ms. ")


@pytest.mark.parametrize(
    ("fields", "is_login"),
    [
        ({"status": 200, "content_type": "text/html", "excerpt": "<form><input type='password'>"}, True),
        ({"status": 200, "content_type": "text/html", "excerpt": "<title>Sign in</title>"}, True),
        ({"status": 302, "location": "https://x.example/login?next=/hooks"}, True),
        ({"status": 302, "location": "https://x.example/hooks/"}, False),
        ({"status": 200, "content_type": "text/html", "excerpt": "<p>ok</p>"}, False),
        ({"status": 200, "content_type": "application/json", "excerpt": '{"login": true}'}, False),
    ],
)
def test_a_login_page_is_recognised(fields: dict[str, Any], is_login: bool) -> None:
    found = verdict(**fields)
    assert found["looksLikeLoginPage"] == is_login
    assert ("login page" in found["message"]) == is_login
    assert found["ok"] == (not is_login and fields["status"] == 200)
