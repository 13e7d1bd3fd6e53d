"""Load over HTTP/1.1: prepared requests on a few connections that stay open.

The generator shares the machine with the server, so it does next to nothing: requests are bytes before the clock
starts, and of an answer only the status and the length are read. `Run.generator_share` tells what it took.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import uvloop

from tests.benchmarks.server import BenchmarkFailed

BASE = "/api/connect/v1"
# Bounds a wait for an answer; a slower one is no speed to report.
ANSWER_SECONDS = 120.0


@dataclass
class Run:
    """What a run of requests took.

    Args:
        seconds: from the first byte out to the last answer.
        latencies: seconds of each request.
        generator_seconds: processor time of the generator.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    generator_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def generator_share(self) -> float:
        """The generator's part of one processor, 0 to 1."""
        return self.generator_seconds / self.seconds


def post(path: str, body: bytes, *, key: str, port: int) -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"POST {BASE}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(requests: Iterable[bytes], *, port: int, connections: int, seconds: float | None = None) -> Run:
    """Send requests, each connection its next one after the answer to its last, until there are no more or the
    time is up.

    Raises:
        BenchmarkFailed: an answer is not 2xx, or none came.
    """
    return uvloop.run(_send(iter(requests), port, connections, seconds))


async def _send(requests: Iterator[bytes], port: int, connections: int, seconds: float | None) -> Run:
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    run, processor, start = Run(), time.process_time(), time.perf_counter()
    end = start + seconds if seconds is not None else float("inf")
    try:
        async with asyncio.timeout(ANSWER_SECONDS + (seconds or 0)):
            await asyncio.gather(*(_converse(*stream, requests, end, run) for stream in streams))
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
        raise BenchmarkFailed(f"The server gave no whole answer: {error!r}") from None
    finally:
        for _, writer in streams:
            writer.close()
    run.seconds = time.perf_counter() - start
    run.generator_seconds = time.process_time() - processor
    return run


async def _converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Iterator[bytes],
    end: float,
    run: Run,
) -> None:
    for request in requests:
        began = time.perf_counter()
        if began >= end:
            return
        writer.write(request)
        await _answer(reader)
        run.latencies.append(time.perf_counter() - began)


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(_length(head))
    if not head.startswith(b"HTTP/1.1 2"):
        raise BenchmarkFailed(f"{head.decode()}{body[:2000].decode()}")


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise BenchmarkFailed("An answer does not say its length.")
