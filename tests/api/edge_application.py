"""What granian runs in the tests of the edge: the real edge before a WSGI application that echoes.

`/slow` takes a thread until the file that its query names is there.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import django

django.setup()

from ordinavo_connect.api.edge import Edge, threaded  # noqa: E402

THREADS = 4


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/bug":
        raise RuntimeError("the secret is hunter2")
    if environ["PATH_INFO"] == "/slow":
        _wait_for(unquote(environ["QUERY_STRING"]))
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [("Content-Length", str(1 << 24))])
        return [b"x" * (1 << 16)] * (1 << 8)
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    answer = json.dumps(
        {
            "path": environ["PATH_INFO"],
            "length": length,
            "sha256": hashlib.sha256(body).hexdigest(),
            "headers": {name: value for name, value in environ.items() if name.startswith("HTTP_")},
        }
    ).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def _wait_for(path: str) -> None:
    deadline = time.monotonic() + 30
    while not os.path.exists(path) and time.monotonic() < deadline:
        time.sleep(0.02)


application = Edge(
    threaded(echo, threads=THREADS),
    max_body_bytes=20 * 1024 * 1024,
    body_timeout_seconds=float(os.environ.get("EDGE_TEST_TIMEOUT", "30")),
    max_requests=int(os.environ.get("EDGE_TEST_REQUESTS", "512")),
)
