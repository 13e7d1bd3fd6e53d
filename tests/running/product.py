"""The real product in a folder of its own, and what can be seen of it from outside."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Bounds a wait that ends much sooner where all is well.
PATIENCE_SECONDS = 180.0


@dataclass
class Product:
    """`manage.py up`, started by `start` and killed with everything below it by `end`."""

    var_dir: Path
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    popen: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int:
        assert self.popen is not None
        return self.popen.pid

    @property
    def data(self) -> Path:
        return (self.var_dir / "postgres").resolve() / "data"

    def start(self) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=clean_environment()
            | {"VAR_DIR": str(self.var_dir), "PORT": str(self.port)}
            | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def start_and_await(self) -> None:
        self.start()
        self.await_output("is ready")

    def await_output(self, text: str) -> None:
        """Wait until the product has printed `text` since its start."""
        assert self.popen is not None
        assert self.popen.stdout is not None
        end = time.monotonic() + PATIENCE_SECONDS
        seen = b""
        while text.encode() not in seen:
            readable, _, _ = select.select([self.popen.stdout], [], [], max(0.0, end - time.monotonic()))
            more = os.read(self.popen.stdout.fileno(), 65536) if readable else b""
            assert more, f"{text!r} never came:\n{seen.decode()}"
            seen += more
        self.output = seen.decode()

    def wait(self) -> int:
        """Read the rest of what it prints, and return its exit code."""
        assert self.popen is not None
        rest, _ = self.popen.communicate(timeout=PATIENCE_SECONDS)
        self.output += rest.decode()
        return self.popen.returncode

    def stop(self) -> int:
        assert self.popen is not None
        self.popen.send_signal(signal.SIGTERM)
        return self.wait()

    def end(self) -> None:
        for process in self.processes() if self.popen is not None else []:
            kill(process)
        if self.popen is not None:
            self.popen.communicate()

    def processes(self) -> set[int]:
        """Everything that it runs: itself, all below it, and whoever works in its data."""
        from ordinavo_connect.running.lifelines import processes_in

        below = set(descendants(self.pid)) | {self.pid}
        return {pid for pid in below | set(processes_in(self.data)) if is_alive(pid)}

    def web(self) -> int:
        return next(pid for pid in children_of(self.pid) if "granian" in command_of(pid))

    def web_workers(self) -> list[int]:
        return children_of(self.web())

    def worker(self) -> int:
        return self._running(" ordinavo_connect worker")

    def beat(self) -> int:
        return self._running("ordinavo_connect.running.beat")

    def _running(self, command: str) -> int:
        """Raises: StopIteration: it is not there."""
        return next(pid for pid in children_of(self.pid) if command in command_of(pid))

    def postgres(self) -> int:
        return next(
            pid
            for pid in children_of(self.pid)
            if command_of(pid).startswith("/") and "-D" in command_of(pid)
        )

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def clean_environment() -> dict[str, str]:
    """Ours without what names a database, a folder or a parent: a start as from a new terminal."""
    ours = {
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "VAR_DIR",
        "PORT",
        "HOST",
        "SECRET_KEY",
        "CELERY_BROKER_URL",
        "MAKELEVEL",
        "DEMO",
    }
    return {name: value for name, value in os.environ.items() if name not in ours}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], object]) -> bool:
    """Whether `condition` holds at some time soon."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    return _status(pid) not in {"", "Z", "X"}


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def children_of(parent: int) -> list[int]:
    return [pid for pid, its_parent in _parents() if its_parent == parent and is_alive(pid)]


def descendants(pid: int) -> Iterator[int]:
    for child in children_of(pid):
        yield child
        yield from descendants(child)


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                yield int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
