"""JSON in and out: strict in what it takes, and fast.

Taken is what can be stored and shown again without loss: UTF-8, no NaN, no lone surrogates, no key twice in
one object (whichever one were dropped, its sender meant it), no deeper nesting than can be written out.
Source: API contract, Errors.
"""

import json as slow_json
import re
from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ordinavo_connect.api.errors import ApiError, FieldError

MEDIA_TYPE = "application/json"

# orjson writes 254 levels and reads 1,024. What is received is stored and shown inside of other objects, so
# that a value must leave this many levels to them.
_LEVELS_OF_WRAPPERS = 8

_ESCAPES = re.compile(rb'\\[\\"]')
_BOM = b"\xef\xbb\xbf"


def dumps(value: Any) -> bytes:
    """Compact UTF-8. Datetimes must be aware; those in UTC end in `Z`."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def loads(body: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ApiError: invalid_json.
    """
    if not body:
        raise ApiError("invalid_json", "The body is empty; JSON is expected.")
    value = _parsed(body)
    _refuse_loss(body, value)
    return value


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body.removeprefix(_BOM))
    except orjson.JSONDecodeError as error:
        problem = "it nests too deeply" if "allocate" in str(error) else str(error)
    # Raised out here, it does not keep the other error as its context, and with it a copy of the body.
    raise ApiError("invalid_json", f"The body is not valid JSON: {problem}.")


def _refuse_loss(body: bytes, value: Any) -> None:
    """Writes the value again: that fails where it nests too deep, and has fewer quotes where a key was lost.

    Counting quotes outside of escapes finds a repeated key in C; a hook for each object in Python costs more
    than the parsing.
    """
    try:
        again = orjson.dumps(_wrapped(value))
    except orjson.JSONEncodeError:
        raise ApiError("invalid_json", "The body nests objects and lists too deeply.") from None
    if _quotes(again) != _quotes(body):
        raise _repeated_key(body)


def _wrapped(value: Any) -> Any:
    for _ in range(_LEVELS_OF_WRAPPERS):
        value = [value]
    return value


def _quotes(text: bytes) -> int:
    """Those that begin or end a string. Escaped backslashes are matched, too: a quote after one is real."""
    return text.count(b'"') - _ESCAPES.findall(text).count(b'\\"')


def _repeated_key(body: bytes) -> ApiError:
    repeated: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen and key not in repeated:
                repeated.append(key)
            seen.add(key)
        return {}

    slow_json.loads(body.removeprefix(_BOM), object_pairs_hook=look)
    message = "The key occurs twice in one object."
    details = [FieldError(key, "duplicate_key", message) for key in repeated]
    return ApiError("invalid_json", "An object of the body has a key twice.", details=details)


# Requests


def body_of(request: Request) -> Any:
    """The JSON value in the body; an absent body is an error, too.

    Raises:
        ApiError: invalid_json.
    """
    return loads(request.body)


def require_json(request: Request | HttpRequest) -> None:
    """Refuses a body that is announced as anything but plain JSON in UTF-8; an absent one may stay untyped.

    Raises:
        ApiError: unsupported_media_type.
    """
    if request.headers.get("Content-Encoding", "").strip():
        raise ApiError("unsupported_media_type", "Content-Encoding is not supported; send the body as it is.")
    content_type = request.headers.get("Content-Type", "")
    if not content_type and not request.body:
        return
    if not _is_json(content_type):
        raise ApiError("unsupported_media_type")


def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = (part.partition("=")[2].strip('" ') for part in parameters if part.startswith("charset"))
    return media_type == MEDIA_TYPE and all(charset in ("utf-8", "utf8") for charset in charsets)


class JSONParser(BaseParser):
    """For `request.data` and the OpenAPI document; views read `body_of(request)`, which knows no default."""

    media_type = MEDIA_TYPE

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # Read through `body` where possible, so that the bytes stay there for the idempotency fingerprint.
        return loads(stream.body if isinstance(stream, HttpRequest) else stream.read())


class JSONRenderer(BaseRenderer):
    """Bytes are taken for JSON that is written already: a stored answer goes out as it was."""

    media_type = MEDIA_TYPE
    format = "json"
    charset = None  # JSON is UTF-8; RFC 8259 defines no charset parameter.

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        return data if isinstance(data, bytes) else dumps(data)
