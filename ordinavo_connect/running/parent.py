"""The parent of every process of the product.

It starts processes, brings back those that end, and ends them all with itself.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from ordinavo_connect.running.folders import Account
from ordinavo_connect.running.lifelines import adopt_orphans, before_exec, children

# A process that ends is started again after this long, then twice as long each time, up to the last.
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
# One that ran this long has recovered: its next end counts as the first.
RECOVERED_AFTER_SECONDS = 30.0
# How often a condition is asked for that no signal tells us of.
POLL_SECONDS = 0.05


class StopRequested(Exception):
    """SIGINT, SIGTERM or SIGHUP came: whatever is under way ends."""


@dataclass(frozen=True)
class Process:
    """One kind of process.

    Attributes:
        stop_signal: asks it to end in good order; after `stop_seconds` the whole group is killed.
        death_signal: what the kernel sends it if the parent itself is killed.
        account: who it runs as; ourselves where None.
        log: the file that takes its output; the parent's own output where None.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    account: Account | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    death_signal: signal.Signals = signal.SIGKILL


@dataclass
class _Running:
    process: Process
    popen: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    ends: int = 0
    due: float | None = None
    brought_back: bool = field(default=True)

    def pause(self, now: float) -> float:
        """Seconds until the next start, after an end at `now`."""
        if now - self.started >= RECOVERED_AFTER_SECONDS:
            self.ends = 0
        self.ends += 1
        return min(FIRST_PAUSE_SECONDS * 2.0 ** (self.ends - 1), LONGEST_PAUSE_SECONDS)


class Parent:
    """Guarantee: a process that ends is started again, after all that was left of it is gone; and whichever
    way the parent ends, nothing of it keeps running.

    1. Told to stop, it stops its processes, the last started first, each in good order and in bounded time.
    2. Killed, the kernel tells its children (`Process.death_signal`), and the workers of a server see to
       themselves (`lifelines.die_with_parent`).
    3. Each process leads a session of its own, so Ctrl-C in a terminal reaches the parent alone.
    4. What a process leaves behind, the parent adopts and kills before the next start. So it must be alone in
       its own process: it would take the children of anybody else there for leftovers.
    5. It starts its children from the main thread: the kernel's signal follows the thread that did.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._running: list[_Running] = []
        self._stop_requested = False
        self._wake, self._waker = socket.socketpair()

    def __enter__(self) -> Self:
        adopt_orphans()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN):  # nohup stays nohup
                signal.signal(number, self._request_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # Only a handled signal wakes us.
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def _request_stop(self, *_: Any) -> None:
        self._stop_requested = True

    def start(self, process: Process) -> None:
        """Start `process`, and again whenever it ends."""
        running = _Running(process)
        self._running.append(running)
        self._spawn(running)

    def run(self, process: Process) -> int:
        """Run `process` to its end and return its exit code; the others are watched meanwhile.

        Raises:
            StopRequested: we were told to stop; the process is ended with the rest.
        """
        running = _Running(process, brought_back=False)
        self._running.append(running)
        self._spawn(running)
        while (popen := running.popen) is not None and popen.returncode is None:
            self._watch_once(None)
        self._running.remove(running)
        return popen.returncode if popen is not None and popen.returncode is not None else 1

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Watch until `condition` holds (True), or `seconds` have passed (False).

        Raises:
            StopRequested: we were told to stop.
        """
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= end:
                return False
            self._watch_once(POLL_SECONDS)
        return True

    def watch(self) -> None:
        """Watch until told to stop.

        Raises:
            StopRequested: always, in the end.
        """
        while True:
            self._watch_once(None)

    def times_ended(self, name: str) -> int:
        """How often in a row a process ended soon after its start."""
        return sum(running.ends for running in self._running if running.process.name == name)

    def stop(self) -> None:
        """Stop every process, the last started first. Told to stop once more, it kills instead of waiting."""
        self._stop_requested = False
        while self._running:
            running = self._running.pop()
            if running.popen is not None and running.popen.poll() is None:
                self._stop_one(running.process, running.popen)
        self._kill_orphans()

    def _stop_one(self, process: Process, popen: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(ProcessLookupError):
            popen.send_signal(process.stop_signal)
        end = time.monotonic() + process.stop_seconds
        while popen.poll() is None and time.monotonic() < end and not self._stop_requested:
            self._sleep(POLL_SECONDS)
        _kill_group(popen.pid)
        popen.wait()

    def _watch_once(self, seconds: float | None) -> None:
        """Sleep until something happens, for `seconds` at most; then see to it."""
        if self._stop_requested:
            raise StopRequested
        self._sleep(self._until_due(seconds))
        if self._stop_requested:
            raise StopRequested
        self._collect_ended()
        for running in self._running:
            if running.due is not None and running.due <= time.monotonic():
                self._spawn(running)

    def _until_due(self, seconds: float | None) -> float | None:
        now = time.monotonic()
        pauses = [max(0.0, running.due - now) for running in self._running if running.due is not None]
        return min([*pauses, *([] if seconds is None else [seconds])], default=None)

    def _sleep(self, seconds: float | None) -> None:
        select.select([self._wake], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(4096)

    def _spawn(self, running: _Running) -> None:
        process = running.process
        running.due, running.started = None, time.monotonic()
        with _output(process.log) as output:
            running.popen = subprocess.Popen(
                process.command,
                env=None if process.environment is None else dict(process.environment),
                cwd=process.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # After user and group have changed, since that clears the death signal.
                preexec_fn=before_exec(os.getpid(), process.death_signal),
                **_identity(process.account),
            )

    def _collect_ended(self) -> None:
        """Reap children; those that we started are noted, and brought back where they should be."""
        known = {running.popen.pid: running for running in self._running if running.popen is not None}
        while (ended := _peek_ended()) is not None:
            running = known.get(ended)
            if running is None or running.popen is None:
                os.waitpid(ended, 0)
                continue
            running.popen.poll()
            self._note_end(running, running.popen)

    def _note_end(self, running: _Running, popen: "subprocess.Popen[bytes]") -> None:
        _kill_group(popen.pid)
        if not running.brought_back:
            return
        self._kill_orphans()
        running.popen, now = None, time.monotonic()
        pause = running.pause(now)
        running.due = now + pause
        ended = _how_it_ended(popen.returncode)
        self._say(f"{running.process.name} {ended}; it starts again in {pause:.1f} s.")

    def _kill_orphans(self) -> None:
        """Kill what dead processes left behind: every child of ours that we did not start."""
        started = {running.popen.pid for running in self._running if running.popen is not None}
        while orphans := set(children()) - started:
            for orphan in orphans:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(orphan, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(orphan, 0)


def _peek_ended() -> int | None:
    """A child that has ended, still unreaped: Popen must be the one to reap its own."""
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return ended.si_pid if ended is not None else None


def _kill_group(group: int) -> None:
    """Each process leads a group of its own number, which outlives it as long as there are members."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _how_it_ended(code: int) -> str:
    return f"ended with code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"


def _identity(account: Account | None) -> dict[str, Any]:
    if account is None or account.user == os.geteuid():
        return {}
    return {"user": account.user, "group": account.group, "extra_groups": []}


@contextlib.contextmanager
def _output(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    with open(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as handle:
        yield handle
