"""A web server on a free port, and a client that says in plain bytes what it is told to: slowly, or half."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 30  # seconds until a test gives up; none of them waits for it


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    continued: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        assert self.json["error"]["correlationId"] == self.headers["x-correlation-id"]
        return str(self.json["error"]["code"])


@dataclass(frozen=True)
class Server:
    port: int

    def connect(self, *, receive_buffer: int | None = None) -> socket.socket:
        connection = socket.socket()
        connection.settimeout(PATIENCE)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def say(self, *parts: bytes, end: bool = False) -> Answer:
        """Sends the parts, one after the other, then (`end`) nothing more, and reads the answer."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return read_answer(connection)

    def is_alive(self) -> bool:
        return self.say(head("GET", "/healthz")).json == {"status": "ok"}


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def read_answer(connection: socket.socket) -> Answer:
    with connection.makefile("rb") as file:
        status, headers = _read_head(file)
        continued = status == 100
        if continued:
            status, headers = _read_head(file)
        body = file.read(int(headers.get("content-length", 0)))
    return Answer(status, headers, body, continued)


def _read_head(file: Any) -> tuple[int, dict[str, str]]:
    status = int(file.readline().split()[1])
    headers = {}
    while line := file.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return status, headers


@contextmanager
def served(application: str, **environment: str) -> Iterator[Server]:
    """granian with one worker on a free port, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--workers", "1"]
    command += ["--loop", "uvloop", "--no-ws", "--backlog", "4096", "--backpressure", "65536"]
    command += ["--workers-kill-timeout", "10", application]
    process = subprocess.Popen(command, env=os.environ | environment, cwd=Path(__file__).parents[2])
    try:
        server = Server(port)
        _wait_until_it_listens(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_until_it_listens(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "The server ended."
        try:
            server.connect().close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("The server does not listen.")
