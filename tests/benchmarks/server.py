"""The real product in a folder that is thrown away, and a second web server beside it for what it is compared to."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ordinavo_connect.running.folders import close_to, is_root, server_account
from ordinavo_connect.running.lifelines import before_exec
from ordinavo_connect.running.up import ROOT, Options, processes
from tests.running.product import clean_environment, free_port

READY_SECONDS = 120.0
STOP_SECONDS = 60.0
# Always on a disk; where /tmp lies in memory, a commit would cost nothing.
DISK = Path("/var/tmp")
# The receivers of the benchmarks stand on this machine.
LOCAL_WEBHOOKS = {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "WEBHOOK_ALLOW_HTTP": "true"}


class BenchmarkFailed(Exception):
    """Something other than speed is wrong; the message says what."""


@dataclass(frozen=True)
class Server:
    """A web server that answers.

    Args:
        log: what it printed.
    """

    port: int
    log: Path


@dataclass(frozen=True)
class Product(Server):
    """`manage.py up` as a user would start it, without the demo.

    Args:
        pid: the parent of all its processes.
        environment: for further processes that work with its database.
    """

    pid: int
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """What `manage.py` prints. Raises: BenchmarkFailed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise BenchmarkFailed(f"manage.py {arguments[0]} failed:\n{done.stderr}")
        return done.stdout

    def new_client(self, name: str, *, source_system: str, scopes: str) -> dict[str, Any]:
        """A client whose rate limit bounds nothing here: `apiKey`, `integrationClientId` and more."""
        made: dict[str, Any] = json.loads(
            self.manage(
                *("create_client", "--tenant", "bench", "--name", name, "--source-system", source_system),
                *("--scopes", scopes, "--rate-limit", "1000000", "--json"),
            )
        )
        return made


@contextmanager
def product() -> Iterator[Product]:
    """Start the product, with PostgreSQL's normal durable settings, and end it and its folder afterwards."""
    folder = _new_folder()
    port = free_port()
    environment = (
        clean_environment() | {"VAR_DIR": str(folder), "PORT": str(port), "DEMO": "false"} | LOCAL_WEBHOOKS
    )
    log = folder / "product.log"
    try:
        with _running([sys.executable, "manage.py", "up"], environment, port=port, log=log) as pid:
            yield Product(port=port, log=log, pid=pid, environment=environment)
    finally:
        shutil.rmtree((folder / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def peer(product: Product, *, settings: str) -> Iterator[Server]:
    """The same web server by the same command on the same database, with other settings."""
    port = free_port()
    var_dir = Path(product.environment["VAR_DIR"])
    environment = product.environment | {"PORT": str(port), "DJANGO_SETTINGS_MODULE": settings}
    options = Options.read(environment, var_dir=var_dir)
    web = next(process for process in processes(options, environment) if process.name == "web")
    log = var_dir / "peer.log"
    with _running(list(web.command), environment, port=port, log=log):
        yield Server(port=port, log=log)


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ordinavo-connect-bench-", dir=DISK if DISK.is_dir() else None))
    if is_root():
        close_to(folder, server_account().group)
    return folder


@contextmanager
def _running(command: list[str], environment: dict[str, str], *, port: int, log: Path) -> Iterator[int]:
    """The id of a process, from its first answer on. Its output goes to a file: a full pipe would stop it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=before_exec(os.getpid(), signal.SIGTERM),
        )
        try:
            _await_answer(process, port, log)
            yield process.pid
        finally:
            _stop(process)


def _await_answer(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > end:
            raise BenchmarkFailed(f"The server does not come up:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
