"""What a test of an endpoint found, in words that a person understands.

Pure: what came of the exchange goes in, the `verdict` of a subscription comes out.
"""

import re
from datetime import datetime
from typing import Any

from webhooks.delivery.network import Exchange
from webhooks.delivery.privacy import moment

# A certificate that ends within this time is told of while there is time to renew it.
CERTIFICATE_WARNING_DAYS = 14

_PHASES = ("dns", "connect", "tls", "firstByte")
_PASSWORD_FIELD = re.compile(r"<input[^>]+type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN_WORDS = re.compile(r"\b(log[ -]?in|sign[ -]?in|anmelden|authenticate|sso)\b", re.IGNORECASE)
_LOGIN_PATHS = re.compile(r"log-?in|sign-?in|/auth|/sso|oauth|saml", re.IGNORECASE)


def verdict_of(exchange: Exchange, *, at: datetime) -> dict[str, Any]:
    """The `verdict` of a subscription: `ok`, a `message` for people, and what it rests on.

    Args:
        at: when the exchange began.
    """
    days = _days_left(exchange, at)
    is_login = looks_like_login_page(exchange)
    return {
        "ok": exchange.is_delivered and not is_login,
        "message": " ".join(_sentences(exchange, is_login=is_login, days=days)),
        "checkedAtUtc": moment(at),
        "statusCode": exchange.status_code,
        "errorCode": exchange.error_code or None,
        "durationMs": exchange.duration_ms,
        "phases": [
            {"name": name, "ok": name != exchange.failed_phase, "durationMs": exchange.phases.get(name)}
            for name in _PHASES
            if name in exchange.phases or name == exchange.failed_phase
        ],
        "certificateDaysLeft": days,
        "looksLikeLoginPage": is_login,
    }


def looks_like_login_page(exchange: Exchange) -> bool:
    """Whether a person was meant to answer: a receiver never sees events behind a login."""
    if exchange.status_code is None:
        return False
    if 300 <= exchange.status_code < 400:
        return bool(_LOGIN_PATHS.search(exchange.location))
    is_html = "html" in exchange.content_type.lower() or "<html" in exchange.excerpt[:1024].lower()
    has_form = bool(_PASSWORD_FIELD.search(exchange.excerpt) or _LOGIN_WORDS.search(exchange.excerpt))
    return is_html and has_form


def _days_left(exchange: Exchange, at: datetime) -> int | None:
    if exchange.certificate_expires_at is None:
        return None
    return (exchange.certificate_expires_at - at).days


def _sentences(exchange: Exchange, *, is_login: bool, days: int | None) -> list[str]:
    status = exchange.status_code
    if status is None:
        return [exchange.error_message or "No answer came."]
    said = [f"The endpoint answered {status} in {exchange.duration_ms} ms."]
    if not exchange.is_delivered:
        said.append(_advice(status))
    if is_login:
        said.append("The answer looks like a login page: the address is meant for people, not for webhooks.")
    if days is not None and days < CERTIFICATE_WARNING_DAYS:
        said.append(f"Its certificate is good for {days} more {'day' if days == 1 else 'days'}: renew it.")
    elif days is not None and exchange.is_delivered:
        said.append(f"Its certificate is good for {days} more days.")
    return said


def _advice(status: int) -> str:
    if 300 <= status < 400:
        return "Redirects are not followed: enter the address that it leads to."
    if status in (401, 403):
        return "It refuses the request: check the headers that it asks for, and its rules for callers."
    if status == 404:
        return "There is nothing at this path."
    if status == 405:
        return "It does not take POST at this path."
    if status == 410:
        return "It says that it is gone for good."
    if status == 429:
        return "It takes no more requests at the moment."
    return "The receiver failed." if status >= 500 else "Any status from 200 to 299 is expected."
