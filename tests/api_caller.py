"""The API as a test calls it: JSON in, JSON out, with a key."""

import json
from typing import Any

from django.test import Client

BASE = "/api/connect/v1"


class ApiCaller:
    """`api.post("/inbound/targets", {...})`; paths start below the base path. Bytes go as they are."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self._http = Client()

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Headers are keyword arguments: `idempotency_key="a"` is sent as `Idempotency-Key: a`."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        if self.key is not None:
            named.setdefault("Authorization", f"Bearer {self.key}")
        data = b"" if body is None else body if isinstance(body, bytes | str) else json.dumps(body)
        content_type = named.pop("Content-Type", "application/json")
        return self._http.generic(method, BASE + path, data, content_type=content_type, headers=named)
