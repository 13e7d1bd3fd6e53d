"""The id that ties a request to its answer, log lines, import job and history.

The edge decides it (it must stand on what the edge refuses, too); `CorrelationMiddleware` takes it over for
the thread that Django runs in, and decides it itself where there is no edge in front, as in tests.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from django.http import HttpRequest, HttpResponse

from ordinavo_connect.api.masking import holds_secret

HEADER = "X-Correlation-Id"

# API contract, Errors: a caller's own id is taken when it is this, and replaced when it is anything else.
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")

_current: ContextVar[str] = ContextVar("correlation_id", default="")


def correlation_id() -> str:
    """The id of the request (or of the work done for one) in progress; '' outside of any."""
    return _current.get()


def accepted_or_new(proposed: str | None) -> str:
    """The caller's own id where the contract allows it, else a new one (32 hex digits)."""
    if proposed and _ACCEPTED.fullmatch(proposed) and not holds_secret(proposed):
        return proposed
    return uuid.uuid4().hex


@contextmanager
def correlated(value: str) -> Iterator[None]:
    """Everything inside belongs to this correlation id, its log lines too."""
    token = _current.set(value)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=value):
            yield
    finally:
        _current.reset(token)


class CorrelationMiddleware:
    """First in MIDDLEWARE: whatever happens further in is logged and answered under the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        value = accepted_or_new(request.headers.get(HEADER))
        # Those who read the header further in (django-structlog does) must see the id that was decided.
        request.META["HTTP_X_CORRELATION_ID"] = value
        with correlated(value):
            response = self.get_response(request)
        response.headers[HEADER] = value
        return response
