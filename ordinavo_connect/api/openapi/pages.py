"""The document and the two pages that show it. None of them needs a key, and none loads anything from elsewhere."""

import hashlib
from functools import cache
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from pydantic import ConfigDict
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.openapi.document import document_text
from ordinavo_connect.api.openapi.operation import Answer, Operation
from ordinavo_connect.api.openapi.shapes import AnswerShape
from ordinavo_connect.api.views import ApiView


class OpenApiDocument(AnswerShape):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
    components: dict[str, Any]


class OpenApiView(ApiView):
    """`GET /openapi.json`: the contract of the API, for machines."""

    public = True
    authentication_classes = ()
    documentation = {
        "GET": Operation(
            id="getOpenApiDocument",
            tag="Connection",
            summary="This document",
            description="The contract of the API in OpenAPI 3.1. Needs no key.",
            answers={200: Answer("The document.", OpenApiDocument, headers=("ETag",))},
        )
    }

    def get(self, request: Request) -> HttpResponse:
        etag = _etag()
        response = Response(document_text(), headers={"ETag": etag, "Cache-Control": "public, no-cache"})
        return get_conditional_response(request._request, etag=etag, response=response) or response


@cache
def _etag() -> str:
    return f'"{hashlib.blake2b(document_text(), digest_size=12).hexdigest()}"'


@csrf_exempt  # so that a wrong method is told as such
@require_safe
def swagger_ui(request: HttpRequest) -> HttpResponse:
    """`/api/docs`: the document to try out, with one's own key."""
    return render(request, "api/swagger_ui.html")


# Its search index is built in a worker, which it makes of a text that it has itself.
@csp_update({"worker-src": [SELF, "blob:"]})
@csrf_exempt  # so that a wrong method is told as such
@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    """`/api/redoc`: the document to read."""
    return render(request, "api/redoc.html")
