"""Receivers of webhooks in a process of their own: `python -m tests.benchmarks.webhook_receivers PORT...`.

They share the machine with the sender, so they do next to nothing: of a request only its id and its end are looked
for. A port written as `hang:PORT` takes requests and never answers. `GET /taken` gives what came since the last time.
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"

# Of each request: port, id, and when it was whole; seconds of the clock that all processes share.
taken: list[tuple[int, str, float]] = []


class Receiver(asyncio.Protocol):
    """One connection."""

    def __init__(self, port: int, *, hangs: bool) -> None:
        self._port, self._hangs, self._buffer = port, hangs, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            whole = end + 4 + _number(head, b"\r\ncontent-length:")
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            self._take(head)

    def _take(self, head: bytes) -> None:
        if head.startswith(b"get"):
            body = json.dumps(taken).encode()
            taken.clear()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return
        taken.append((self._port, _text(head, b"\r\nwebhook-id:"), time.monotonic()))
        if not self._hangs:
            self._transport.write(_ANSWER)


def _text(head: bytes, name: bytes) -> str:
    start = head.find(name)
    return head[start + len(name) : head.find(b"\r\n", start + 2)].strip().decode() if start >= 0 else ""


def _number(head: bytes, name: bytes) -> int:
    return int(_text(head + b"\r\n", name) or 0)


async def main(ports: list[str]) -> None:
    loop = asyncio.get_running_loop()
    for each in ports:
        hangs, port = each.startswith("hang:"), int(each.removeprefix("hang:"))
        await loop.create_server(
            lambda port=port, hangs=hangs: Receiver(port, hangs=hangs), "127.0.0.1", port
        )
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1:]))
