"""What all operations share: headers in and out, and the answers to what is refused."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ordinavo_connect.api.errors import MESSAGES, STATUS_BY_CODE

_EXAMPLES = Path(__file__).parent.parent / "examples"

REQUEST_HEADERS: Mapping[str, dict[str, Any]] = {
    "X-Correlation-Id": {
        "description": "Your own id of the request: 1 to 128 characters of `A-Za-z0-9._-`. Any other value is "
        "replaced by one of ours. It comes back on the answer and stands in the log and on the import job.",
        "schema": {"type": "string"},
        "example": "order-4711.1",
    },
    "Idempotency-Key": {
        "description": "Makes the request safe to repeat: the same key with the same request gets the first answer "
        "again. It is kept for 24 hours where the server is not set otherwise; only answers under 400 are kept.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]{1,255}$"},
        "example": "JOB-2026-000918-1",
    },
    "Prefer": {
        "description": "`respond-async` asks to be answered before the items are processed. A server that has no "
        "workers for it ignores the header, as RFC 7240 allows, and answers with the results.",
        "schema": {"type": "string"},
        "example": "respond-async",
    },
}

HEADERS: Mapping[str, dict[str, Any]] = {
    "X-Correlation-Id": {
        "description": "The id of the request: the caller's own, or a new one.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
    "X-RateLimit-Limit": {
        "description": "Requests that the client may make in a minute.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "X-RateLimit-Remaining": {
        "description": "How many of them are left.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "X-RateLimit-Reset": {
        "description": "When they are all there again, in seconds since 1970.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Allow": {
        "description": "The methods that there are.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "The path of what was made.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Idempotency-Replayed": {
        "description": "There where this is the kept answer to an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "const": "true"},
    },
    "ETag": {
        "description": "Changes when the content does; for `If-None-Match`.",
        "required": True,
        "schema": {"type": "string"},
    },
}
RATE_LIMIT = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

# What can happen to any request, in the order of the contract.
REFUSALS = (
    *("invalid_json", "validation_failed"),
    *("method_not_allowed", "not_acceptable", "request_timeout", "payload_too_large"),
    *("internal_error", "service_unavailable"),
)
REFUSALS_WITH_KEY = (
    *("unauthorized", "api_key_expired", "api_key_revoked", "client_disabled"),
    *("missing_scope", "ip_not_allowed", "rate_limited"),
)
REFUSALS_WITH_BODY = ("unsupported_media_type",)

_HEADERS_BY_STATUS = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
# Refusals of a caller that is known.
_WITH_RATE_LIMIT = {400, 403, 404, 405, 406, 409, 415, 422, 429, 500}


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """Error codes by the status that they come with, both in the order of STATUS_BY_CODE."""
    wanted = set(codes)
    found: dict[int, list[str]] = {}
    for code, status in STATUS_BY_CODE.items():
        if code in wanted:
            found.setdefault(status, []).append(code)
    return found


def headers_of(names: Iterable[str]) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def error_answer(status: int, codes: list[str], *, error: dict[str, Any], has_key: bool) -> dict[str, Any]:
    """The OpenAPI response object of a refusal.

    Args:
        error: reference to the schema of the error envelope.
        has_key: whether the operation is one that needs a key.
    """
    headers = ["X-Correlation-Id", *_HEADERS_BY_STATUS.get(status, ())]
    if has_key and status in _WITH_RATE_LIMIT:
        headers += RATE_LIMIT
    of_these_codes = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
    return {
        "description": " ".join(f"`{code}`: {MESSAGES[code]}" for code in codes),
        "headers": headers_of(headers),
        "content": {
            "application/json": {
                "schema": {"allOf": [error, of_these_codes]},
                "examples": {code: {"value": _example(code)} for code in codes},
            }
        },
    }


def response_name(status: int) -> str:
    """`UnprocessableEntity` of 422: the name of a shared answer among the components."""
    return re.sub(r"[^A-Za-z]", "", HTTPStatus(status).phrase.title())


def _example(code: str) -> dict[str, Any]:
    if code == "missing_scope":
        refusal: dict[str, Any] = example(_EXAMPLES / "missing-scope.response.json")
        return refusal
    return {"error": {"code": code, "message": MESSAGES[code], "correlationId": "7d97b0f5..."}}


@cache
def example(path: Path) -> Any:
    """The JSON value in a file."""
    return json.loads(path.read_text(encoding="utf-8"))
