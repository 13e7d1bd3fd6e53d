"""Errors as data: what an endpoint refuses, and the one envelope in which every refusal is told.

Any layer may raise `ApiError`; it becomes HTTP here and nowhere else. Source: API contract, Errors.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from sys import exc_info
from typing import Any

import orjson
import structlog
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from ordinavo_connect.api.correlation import correlation_id

log = structlog.get_logger(__name__)

STATUS_BY_CODE: Mapping[str, int] = {
    "invalid_json": 400,
    "validation_failed": 400,
    "unauthorized": 401,
    "api_key_expired": 401,
    "api_key_revoked": 401,
    "client_disabled": 401,
    "missing_scope": 403,
    "ip_not_allowed": 403,
    "source_system_not_allowed": 403,
    "not_found": 404,
    "target_not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "request_timeout": 408,
    "external_id_exists": 409,
    "target_cancelled": 409,
    "batch_rejected": 409,
    "billing_event_already_acknowledged": 409,
    "billing_event_not_ready": 409,
    "idempotency_conflict": 409,
    "idempotency_in_progress": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "mapping_required": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "service_unavailable": 503,
}

# Said where the place that refuses has nothing more exact to say.
MESSAGES: Mapping[str, str] = {
    "invalid_json": "The body is not valid JSON.",
    "validation_failed": "The request is invalid.",
    "unauthorized": "A valid API key is required: Authorization: Bearer <api key>.",
    "api_key_expired": "The API key has expired.",
    "api_key_revoked": "The API key was revoked.",
    "client_disabled": "The integration client is disabled.",
    "missing_scope": "The integration client does not have the required scope.",
    "ip_not_allowed": "The integration client may not be used from this address.",
    "source_system_not_allowed": "The source system is not the integration client's own.",
    "not_found": "There is nothing at this address.",
    "target_not_found": "The target is not known.",
    "method_not_allowed": "The method is not allowed here.",
    "not_acceptable": "The answer is JSON; the Accept header rules it out.",
    "request_timeout": "The body did not arrive in time.",
    "external_id_exists": "A target of this external ID exists already.",
    "target_cancelled": "The target is cancelled.",
    "batch_rejected": "The batch is atomic, and another of its items was rejected.",
    "billing_event_already_acknowledged": "The billing event is acknowledged already.",
    "billing_event_not_ready": "The billing event is not ready yet.",
    "idempotency_conflict": "This Idempotency-Key was used for another request.",
    "idempotency_in_progress": "The first request with this Idempotency-Key is still running.",
    "payload_too_large": "The body is too large.",
    "unsupported_media_type": "The body must be application/json in UTF-8, without a content encoding.",
    "mapping_required": "The integration client takes only targets whose customer is known.",
    "rate_limited": "Too many requests; try again later.",
    "internal_error": "Something went wrong on our side. The correlation id leads to it in the logs.",
    "service_unavailable": "The service is not available at the moment; try again later.",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. `field` is its path from the body, as the caller wrote it."""

    field: str
    code: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "code": self.code, "message": self.message}


class ApiError(Exception):
    """A request is refused, with all that the answer needs.

    `code` is one of STATUS_BY_CODE (KeyError otherwise, so a typo shows at once). `details` are the field
    errors, all of them. `headers` go onto the answer (`Retry-After`, say).
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        details: Iterable[FieldError] = (),
        required_scope: str | None = None,
        import_job_id: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.status = STATUS_BY_CODE[code]
        self.message = MESSAGES[code] if message is None else message
        self.details = tuple(details)
        self.required_scope = required_scope
        self.import_job_id = import_job_id
        self.headers = dict(headers or {})
        super().__init__(f"{code}: {self.message}")


def envelope(error: ApiError, correlation_id: str) -> dict[str, Any]:
    """`{"error": {...}}` with its keys in the contract's order; keys without a value are left out."""
    content: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.required_scope is not None:
        content["requiredScope"] = error.required_scope
    if error.import_job_id is not None:
        content["importJobId"] = error.import_job_id
    content["correlationId"] = correlation_id
    if error.details:
        content["details"] = [detail.as_json() for detail in error.details]
    return {"error": content}


def missing_scope(scope: str) -> ApiError:
    return ApiError("missing_scope", required_scope=scope)


# From exceptions to ApiError

# What a caller waits before the next try when the database is away or a deadlock was broken: long enough for
# a restart that is under way, short enough that nobody notices a hiccup.
RETRY_AFTER_SECONDS = 2

# First match wins, so a subclass stands before its base.
_CODE_BY_EXCEPTION: tuple[tuple[type[Exception], str], ...] = (
    (Http404, "not_found"),
    (exceptions.NotFound, "not_found"),
    (exceptions.NotAuthenticated, "unauthorized"),
    (exceptions.AuthenticationFailed, "unauthorized"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.ParseError, "invalid_json"),
    (exceptions.ValidationError, "validation_failed"),
    (PermissionDenied, "missing_scope"),
    (exceptions.PermissionDenied, "missing_scope"),
    (RequestDataTooBig, "payload_too_large"),
    (SuspiciousOperation, "validation_failed"),
    (OperationalError, "service_unavailable"),
    (InterfaceError, "service_unavailable"),
)

_CODE_BY_STATUS: Mapping[int, str] = {
    400: "validation_failed",
    401: "unauthorized",
    403: "missing_scope",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    409: "idempotency_conflict",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "validation_failed",
    429: "rate_limited",
    503: "service_unavailable",
}


def service_unavailable(message: str | None = None) -> ApiError:
    return ApiError("service_unavailable", message, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def translated(error: BaseException) -> ApiError:
    """The ApiError that tells of any exception; nothing of an unexpected one's text is in it."""
    if isinstance(error, ApiError):
        return error
    code = next((code for kind, code in _CODE_BY_EXCEPTION if isinstance(error, kind)), "internal_error")
    if code == "service_unavailable":
        return service_unavailable()
    if isinstance(error, DisallowedHost):
        field = FieldError(
            "Host", "not_allowed", "This server does not answer to that name; see ALLOWED_HOSTS."
        )
        return ApiError(code, details=[field])
    if code == "missing_scope":  # Django's own refusal, of CSRF say: no scope would help.
        return ApiError(code, "This is not allowed.")
    return ApiError(code)


def _headers(error: ApiError) -> dict[str, str]:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer", **error.headers}
    return error.headers


# Into HTTP


def exception_handler(exception: Exception, context: Mapping[str, Any]) -> Response:
    """Django REST framework's EXCEPTION_HANDLER. It answers everything, so that nothing else has to.

    A bug is logged with its traceback under the request's correlation id, and leaks nothing.
    """
    error = translated(exception)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", code=error.code, exc_info=exception)
    return Response(envelope(error, correlation_id()), status=error.status, headers=_headers(error))


def error_response(error: ApiError) -> HttpResponse:
    """The answer to a refusal outside of Django REST framework."""
    body = orjson.dumps(envelope(error, correlation_id()))
    return HttpResponse(body, status=error.status, content_type="application/json", headers=_headers(error))


# Paths whose readers are people: they get pages, also when something is wrong.
_PAGES = ("/admin", "/my-day")


def is_page(path: str) -> bool:
    return any(path == page or path.startswith(f"{page}/") for page in _PAGES)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400."""
    if is_page(request.path):
        return defaults.bad_request(request, exception)
    return error_response(translated(exception))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    if is_page(request.path):
        return defaults.permission_denied(request, exception)
    return error_response(translated(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: an unknown path is told alike with a key and without one."""
    if is_page(request.path):
        return defaults.page_not_found(request, exception)
    return error_response(ApiError("not_found"))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500. Django has logged the exception before it calls this."""
    if is_page(request.path):
        return defaults.server_error(request)
    return error_response(translated(exc_info()[1] or RuntimeError()))


class ErrorEnvelopeMiddleware:
    """Second in MIDDLEWARE: what answers an error in another form (CSRF, static files, Django's debug
    pages, a bare 405) is told in the envelope, too, pages aside."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or is_page(request.path) or _is_json(response):
            return response
        enveloped = error_response(_of_status(response.status_code))
        enveloped.status_code = response.status_code
        if "Allow" in response.headers:
            enveloped.headers["Allow"] = response.headers["Allow"]
        response.close()
        return enveloped


def _is_json(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("application/json")


def _of_status(status: int) -> ApiError:
    fallback = "internal_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "validation_failed"
    code = _CODE_BY_STATUS.get(status, fallback)
    says_it_all = STATUS_BY_CODE[code] == status and code not in ("missing_scope", "idempotency_conflict")
    return ApiError(code, None if says_it_all else f"{HTTPStatus(status).phrase}.")
