"""Receivers of webhooks in a process of their own: `python -m tests.benchmarks.webhook_receivers PORT`.

They share the machine with the sender, so they do next to nothing: of a request only its path, its id and its end are
looked for. A path that begins with `/hang` is never answered. `GET /taken` gives what came since the last time.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import Any, cast

import uvloop

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"

Taken = list[tuple[str, str, float]]


class Receiver(asyncio.Protocol):
    """One connection.

    Args:
        taken: of each request its path, its id, and when it was whole, in monotonic seconds.
    """

    def __init__(self, taken: Taken) -> None:
        self._taken, self._buffer = taken, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2].lower()
            whole = end + 4 + int(_header(head, b"content-length") or 0)
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            self._take(head)

    def _take(self, head: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        if method == b"get":
            self._tell()
            return
        self._taken.append((path.decode(), _header(head, b"webhook-id").decode(), time.monotonic()))
        if not path.startswith(b"/hang"):
            self._transport.write(_ANSWER)

    def _tell(self) -> None:
        body = json.dumps(self._taken).encode()
        self._taken.clear()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def _header(head: bytes, name: bytes) -> bytes:
    start = head.find(b"\r\n" + name + b":")
    return head[start + len(name) + 3 : head.find(b"\r\n", start + 2)].strip() if start >= 0 else b""


async def main(port: int) -> None:
    taken: Any = []
    await asyncio.get_running_loop().create_server(partial(Receiver, taken), "127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
