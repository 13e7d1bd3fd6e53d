"""One log line a request: what, from where, with which status, how long, under which correlation id."""

from time import perf_counter
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from ordinavo_connect.api.client_address import address_of

# Asked for every few seconds by whoever watches the server: nothing to read about.
_QUIET_PATHS = ("/readyz", "/static/")


class RequestLog(RequestMiddleware):
    """django-structlog's middleware, without what a log must not hold or nobody reads.

    The query of an address stays out (it may hold names that are searched for), and the caller's address is the
    one that `TRUSTED_PROXIES` vouch for, not what any header says.
    """

    def __call__(self, request: HttpRequest) -> Any:
        if request.path.startswith(_QUIET_PATHS):
            return self.get_response(request)
        return super().__call__(request)

    def prepare(self, request: HttpRequest) -> None:
        request._started = perf_counter()  # type: ignore[attr-defined]
        super().prepare(request)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        started: float = request._started  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(duration_ms=round((perf_counter() - started) * 1000, 1))
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=address_of(request))
