"""The base of every API endpoint: who may, how often, from where, and in which form, before any work."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from io import BytesIO
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ordinavo_connect.api.client_address import address_of
from ordinavo_connect.api.errors import ApiError, exception_handler, missing_scope
from ordinavo_connect.api.json import JSONParser, JSONRenderer, require_json
from ordinavo_connect.api.protocol import ApiClient
from ordinavo_connect.api.throttling import RateState, count_request

METHODS = ("get", "post", "put", "patch", "delete")
_METHODS_WITH_BODY = {"POST", "PUT", "PATCH"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def require_scope(client: ApiClient, scope: str) -> None:
    """For a scope that the content of a request asks for; a method's own stands in `ApiView.scopes`.

    Raises:
        ApiError: missing_scope.
    """
    if not client.has_scope(scope):
        raise missing_scope(scope)


class Negotiation(DefaultContentNegotiation):
    """By the Accept header alone: `?format=` is a parameter like any unknown one."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE=None)  # type: ignore[assignment]

    def get_accept_list(self, request: Request) -> list[str]:
        """A blank header states nothing."""
        return super().get_accept_list(request) if request.headers.get("Accept", "").strip() else ["*/*"]


class ApiView(APIView):
    """An endpoint of the API.

    `scopes` names the scope of each method that there is (None: any valid key); a method without an entry
    stops the import of the class. `public` endpoints need no key, and know no rate limit.

    What is wrong with a request is found in the contract's order: 401, 429, 403, 405, 406, 415, then whatever
    the handler finds. HEAD is GET without a body, OPTIONS is not allowed.
    """

    scopes: ClassVar[Mapping[str, str | None]] = {}
    public: ClassVar[bool] = False

    http_method_names = [*METHODS, "head"]
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser,)
    permission_classes = ()
    throttle_classes = ()
    content_negotiation_class = Negotiation
    versioning_class = None

    rate: RateState | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        handled = {method.upper() for method in METHODS if hasattr(cls, method)}
        if not cls.public and (unscoped := handled - set(cls.scopes)):
            raise TypeError(f"{cls.__name__}.scopes says nothing of {', '.join(sorted(unscoped))}.")

    @property
    def client(self) -> ApiClient:
        """The caller of a request that was let in."""
        return cast(ApiClient, self.request.auth)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            # View, request and response refer to one another, and wait for the garbage collector. The bodies
            # must not wait with them, of 20 MiB each at worst.
            request._body, request._stream = b"", BytesIO()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        request.version = request.versioning_scheme = None
        if not self.public:
            self._admit(request)
        method = request.method or ""
        if method.lower() not in self.http_method_names or not hasattr(self, method.lower()):
            raise exceptions.MethodNotAllowed(method)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        if method in _METHODS_WITH_BODY:
            require_json(request)
        if any(_CONTROL.search(value) for value in kwargs.values() if isinstance(value, str)):
            raise ApiError("not_found")  # Nothing is called so, and the database cannot even be asked.

    def _admit(self, request: Request) -> None:
        client = cast(ApiClient | None, request.auth)
        if client is None:
            raise ApiError("unauthorized")
        self.rate = count_request(client.id, limit=client.rate_limit)
        self.rate.check()
        if not client.allows_ip(address_of(request)):
            raise ApiError("ip_not_allowed")
        method = request.method or ""
        scope = self.scopes.get("GET" if method == "HEAD" else method)
        if scope is not None:
            require_scope(client, scope)

    def get_exception_handler(self) -> Any:
        return exception_handler

    def handle_exception(self, exc: Exception) -> Response:
        response = exception_handler(exc, self.get_exception_handler_context())
        response.exception = True
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(self.allowed_methods)
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        # Allow belongs on a 405, Vary nowhere: there is one form of answer.
        self.headers = {} if self.rate is None else dict(self.rate.headers)
        return super().finalize_response(request, response, *args, **kwargs)
