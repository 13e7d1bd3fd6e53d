"""A small API on the real plumbing, with callers that need no clients app. It is a URL configuration, too."""

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api import errors, idempotency
from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.health import ReadinessView
from ordinavo_connect.api.json import body_of
from ordinavo_connect.api.models import RateWindow
from ordinavo_connect.api.paging import listed, page
from ordinavo_connect.api.query import QueryParameters
from ordinavo_connect.api.views import ApiView


@dataclass(frozen=True)
class ExampleClient:
    id: int = 1
    tenant_id: int = 1
    rate_limit: int = 100
    scopes: frozenset[str] = frozenset({"things.read", "things.write"})
    addresses: frozenset[str] | None = None

    def has_scope(self, name: str) -> bool:
        return name in self.scopes

    def allows_ip(self, address: str) -> bool:
        return self.addresses is None or address in self.addresses


CLIENTS = {
    "full": ExampleClient(),
    "reader": replace(ExampleClient(), scopes=frozenset({"things.read"})),
    "limited": replace(ExampleClient(), id=2, rate_limit=2),
    "limited-reader": replace(ExampleClient(), id=2, rate_limit=2, scopes=frozenset()),
    "elsewhere": replace(ExampleClient(), addresses=frozenset({"192.0.2.1"})),
    "elsewhere-reader": replace(ExampleClient(), addresses=frozenset({"192.0.2.1"}), scopes=frozenset()),
}


class ExampleAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, ExampleClient] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        if header == "Bearer expired":
            raise ApiError("api_key_expired")
        client = CLIENTS.get(header.removeprefix("Bearer "))
        if client is None:
            raise ApiError("unauthorized")
        return object(), client


class ExampleView(ApiView):
    authentication_classes = (ExampleAuthentication,)


class Things(ExampleView):
    scopes = {"GET": "things.read", "POST": "things.write"}

    def get(self, request: Request) -> Response:
        return Response({"client": self.client.id})

    def post(self, request: Request) -> Response:
        return Response({"received": body_of(request)}, status=202)


class Failing(ExampleView):
    """Raises what the path says, so that each kind of failure has an address."""

    scopes = {"GET": None}
    failures: dict[str, Exception] = {
        "bug": RuntimeError("the secret is hunter2"),
        "database": OperationalError("connection refused to 10.1.2.3"),
        "suspicious": SuspiciousOperation("hunter2"),
        "forbidden": PermissionDenied("hunter2"),
        "refused": ApiError("target_cancelled", import_job_id=17),
    }

    def get(self, request: Request, kind: str) -> Response:
        raise self.failures[kind]


class Filtered(ExampleView):
    scopes = {"GET": None}

    def get(self, request: Request) -> Response:
        params = QueryParameters(request)
        found = {
            "text": params.text("text", 5),
            "choice": params.choice("choice", ("a", "b")),
            "moment": params.moment("moment"),
            "integer": params.integer("integer", 1, 9, 5),
            "boolean": params.boolean("boolean"),
        }
        params.check()
        return Response(found)


class Windows(ExampleView):
    """A list over rows that are there anyway: rate windows from client 1000 on, most requests first."""

    scopes = {"GET": None}

    def get(self, request: Request) -> Response:
        params = QueryParameters(request)
        at_least = params.integer("atLeast", 0, 1000, 0)
        windows = RateWindow.objects.filter(client_id__gte=1000, count__gte=at_least)
        rows, next_cursor = page(windows, params, order=("-count", "window_start", "client_id"))
        return Response(listed([row.client_id for row in rows], next_cursor))


class Counted(ExampleView):
    """Each request that does its work takes the next number of a sequence, and so can be counted."""

    scopes = {"POST": None}

    def post(self, request: Request) -> Response:
        key, body = idempotency.key_of(request), body_of(request)
        if key is None:
            raise ApiError("validation_failed")
        fingerprint = idempotency.fingerprint_of(request)
        with transaction.atomic():
            stored = idempotency.begin(client_id=self.client.id, key=key, fingerprint=fingerprint)
            if stored:
                return idempotency.replay(stored)
            if "fail" in body:
                raise ApiError("external_id_exists")
            answer = {"number": _next_number(), "secret": None}
            location = f"/numbers/{answer['number']}"
            idempotency.complete(
                client_id=self.client.id,
                key=key,
                fingerprint=fingerprint,
                status=202,
                body=answer,
                location=location,
            )
        return Response(answer, status=202, headers={"Location": location})


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE IF NOT EXISTS example_numbers")
        cursor.execute("SELECT nextval('example_numbers')")
        return int(cursor.fetchone()[0])


def bare_405(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotAllowed(["GET"])


def outside_bug(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the secret is hunter2")


def outside_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused to 10.1.2.3")


urlpatterns = [
    path("readyz", ReadinessView.as_view()),
    path("api/things", Things.as_view()),
    path("api/failing/<str:kind>", Failing.as_view()),
    path("api/filtered", Filtered.as_view()),
    path("api/windows", Windows.as_view()),
    path("api/counted", Counted.as_view()),
    path("api/bare-405", bare_405),
    path("api/outside-bug", outside_bug),
    path("api/outside-database", outside_database),
    path("admin/outside-bug", outside_bug),
]

handler400, handler403 = errors.bad_request, errors.permission_denied
handler404, handler500 = errors.not_found, errors.server_error
