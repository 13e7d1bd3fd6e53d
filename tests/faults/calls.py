"""Calls of the API over real connections, one after the other or all at once."""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, TypeVar

from tests.api.plain_http import Answer, Server, head

T = TypeVar("T")

V1 = "/api/connect/v1"
TARGETS = f"{V1}/inbound/targets"
BATCH = f"{V1}/inbound/targets/batch"
JOBS = f"{V1}/import-jobs"
# Bounds what a busy machine makes of a large batch among many; where all is well it takes seconds.
PATIENCE_SECONDS = 120.0


class PatientServer(Server):
    """The product's address."""

    def connect(self, *, receive_buffer: int | None = None) -> socket.socket:
        connection = super().connect(receive_buffer=receive_buffer)
        connection.settimeout(PATIENCE_SECONDS)
        return connection

    def say(self, *parts: bytes, end: bool = False) -> Answer:
        """As `Server.say`; takes an answer of any length, told or in chunks.

        Raises:
            OSError, http.client.HTTPException: no whole answer comes.
        """
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            if end:
                connection.shutdown(socket.SHUT_WR)
            response = HTTPResponse(connection)
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read(), continued=False)


@dataclass(frozen=True)
class Api:
    """The API with one key."""

    server: PatientServer
    key: str

    def post(self, path: str, body: Any, *lines: str) -> Answer:
        """`body`: a JSON value, or bytes as they stand. Raises: as `say`."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.server.say(self.head("POST", path, f"Content-Length: {len(sent)}", *lines), sent)

    def get(self, path: str) -> Answer:
        return self.server.say(self.head("GET", path))

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """The head of a request with the key; the type is JSON where no line says other."""
        if not any(line.lower().startswith("content-type") for line in lines):
            lines = (*lines, "Content-Type: application/json")
        return head(method, path, f"Authorization: Bearer {self.key}", *lines)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Run them in as many threads, let go together; their results in order."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        gate.wait(PATIENCE_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def answered(call: Callable[[], Answer]) -> Answer | None:
    """The answer, or None where the connection broke before it."""
    try:
        return call()
    except (OSError, HTTPException):
        return None
