"""What a test of an endpoint found, in words that a person understands.

Pure: what the exchange was like goes in, the `verdict` of a subscription comes out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webhooks.delivery.privacy import moment

# A certificate that ends within this time is told of while there is time to renew it.
CERTIFICATE_WARNING_DAYS = 14

_PHASES = ("dns", "connect", "tls", "firstByte")
_PASSWORD_FIELD = re.compile(r"<input[^>]+type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN_WORDS = re.compile(r"\b(log[ -]?in|sign[ -]?in|anmelden|authenticate|sso)\b", re.IGNORECASE)
_LOGIN_PATHS = re.compile(r"log-?in|sign-?in|/auth|/sso|oauth|saml", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Probe:
    """One exchange with an endpoint.

    Args:
        status_code: None where no answer came.
        error_code: of what went wrong, '' where nothing did; `error_message` is its sentence.
        phases: milliseconds of `dns`, `connect`, `tls`, `firstByte`, as far as they happened.
        failed_phase: the one of them that went wrong; '' where none did.
        certificate_expires_at: None where there is none, or the connection was there before.
        location: of a redirect.
        excerpt: how the answer begins.
    """

    checked_at: datetime
    duration_ms: int
    status_code: int | None = None
    error_code: str = ""
    error_message: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    failed_phase: str = ""
    certificate_expires_at: datetime | None = None
    content_type: str = ""
    location: str = ""
    excerpt: str = ""


def verdict_of(probe: Probe) -> dict[str, Any]:
    """The `verdict` of a subscription: `ok`, a `message` for people, and what it rests on."""
    days = _days_left(probe)
    is_login = looks_like_login_page(probe)
    ok = probe.status_code is not None and 200 <= probe.status_code < 300 and not probe.error_code
    return {
        "ok": ok and not is_login,
        "message": " ".join(_sentences(probe, ok=ok, is_login=is_login, days=days)),
        "checkedAtUtc": moment(probe.checked_at),
        "statusCode": probe.status_code,
        "errorCode": probe.error_code or None,
        "durationMs": probe.duration_ms,
        "phases": [
            {"name": name, "ok": name != probe.failed_phase, "durationMs": probe.phases.get(name)}
            for name in _PHASES
            if name in probe.phases or name == probe.failed_phase
        ],
        "certificateDaysLeft": days,
        "looksLikeLoginPage": is_login,
    }


def looks_like_login_page(probe: Probe) -> bool:
    """Whether a person was meant to answer: a receiver never sees events behind a login."""
    if probe.status_code is None:
        return False
    if 300 <= probe.status_code < 400:
        return bool(_LOGIN_PATHS.search(probe.location))
    is_html = "html" in probe.content_type.lower() or "<html" in probe.excerpt[:1024].lower()
    has_form = bool(_PASSWORD_FIELD.search(probe.excerpt) or _LOGIN_WORDS.search(probe.excerpt))
    return is_html and has_form


def _days_left(probe: Probe) -> int | None:
    if probe.certificate_expires_at is None:
        return None
    return (probe.certificate_expires_at - probe.checked_at).days


def _sentences(probe: Probe, *, ok: bool, is_login: bool, days: int | None) -> list[str]:
    status = probe.status_code
    if status is None:
        return [probe.error_message or "No answer came."]
    said = [f"The endpoint answered {status} in {probe.duration_ms} ms."]
    if probe.error_code and probe.error_message:
        said.append(probe.error_message)
    elif not ok:
        said.append(_advice(status))
    if is_login:
        said.append("The answer looks like a login page: the address is meant for people, not for webhooks.")
    if days is not None and days < CERTIFICATE_WARNING_DAYS:
        said.append(f"Its certificate is good for {days} more {'day' if days == 1 else 'days'}: renew it.")
    elif days is not None and ok:
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
