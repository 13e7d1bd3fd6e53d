"""Calls of the example API, as each of its callers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

Call = Callable[..., HttpResponse]


@pytest.fixture
def call() -> Call:
    """`call("POST", "/api/things", key="full", body=b"{}", Accept=..., )`; key None sends no key."""
    client = Client(raise_request_exception=False)

    def request(
        method: str,
        path: str,
        *,
        key: str | None = "full",
        body: bytes = b"",
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        **environ: Any,
    ) -> HttpResponse:
        sent = dict(headers or {})
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        return client.generic(method, path, body, content_type, headers=sent, **environ)

    return request
