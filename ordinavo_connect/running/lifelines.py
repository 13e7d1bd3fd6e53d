"""How processes end with the one that started them, and what is left of those that did not (Linux)."""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _prctl(option: int, value: int) -> None:
    if _libc is not None:
        _libc.prctl(option, value, 0, 0, 0)


def die_with(parent: int, death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process `death_signal` as soon as `parent`, which started it, ends.

    The kernel forgets the wish when the process changes its user: call it after that.
    """
    _prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # It ended before the kernel knew.
        os._exit(1)


def die_with_parent() -> None:
    """For a worker of a server: end with the server's main process, even where that is killed.

    The server's own parent sees to the main process only; the module that a worker loads calls this. In a
    process that multiprocessing did not start it does nothing.
    """
    main = multiprocessing.parent_process()
    if main is not None and main.pid is not None:
        die_with(main.pid)


def before_exec(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """What a child does between fork and exec: `preexec_fn` runs after user and group have changed."""

    def prepare() -> None:
        die_with(parent, death_signal)

    return prepare


def adopt_orphans() -> None:
    """Grandchildren whose parent ends become our children, so that none is out of reach."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def children() -> Iterator[int]:
    """The process ids of our own children, adopted ones too."""
    me = os.getpid()
    for process, parent in _parents():
        if parent == me:
            yield process


def _parents() -> Iterator[tuple[int, int]]:
    for name in os.listdir("/proc") if sys.platform == "linux" else []:
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The name in brackets may hold anything; state and parent follow its last bracket.
                yield int(name), int(file.read().rpartition(b")")[2].split()[1])


def processes_in(folder: os.PathLike[str]) -> list[int]:
    """The processes whose working folder is `folder`: for PostgreSQL's data, all of its processes."""
    found = []
    for name in os.listdir("/proc") if sys.platform == "linux" else []:
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.path.samefile(f"/proc/{name}/cwd", folder):
                    found.append(int(name))
    return found
