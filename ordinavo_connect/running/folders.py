"""Whose folders are whose, when root starts a server that must not run as root.

PostgreSQL refuses root, so root starts it as an unprivileged user that exists on every machine. Others may
run as that user too; so the server also gets a group of its own, a number that nobody else has, and
everything of it lies in a folder that only root and that group can enter. A process with the same user and
another group reaches neither the data nor the socket.
"""

import grp
import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Between the numbers of people (1000 and up) and those that Debian and systemd reserve (60000 and up).
FIRST_PRIVATE_GROUP = 58_432
UNPRIVILEGED_USERS = ("postgres", "nobody")
# Where the server's files lie when root's own folder is closed to everybody else.
OPEN_FOLDER = Path("/var/lib")


@dataclass(frozen=True)
class Account:
    """The numbers that a server runs with."""

    user: int
    group: int


def is_root() -> bool:
    return os.geteuid() == 0


def make_var_dir(path: Path) -> Path:
    """The folder of everything that the product keeps; made, closed to others, where it is missing.

    A folder that exists keeps its permissions.
    """
    if not path.exists():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_root():
            close_to(path, server_account().group)
    return path


def close_to(folder: Path, group: int) -> None:
    """Root keeps `folder`; `group` may pass through it, everybody else may not."""
    os.chown(folder, 0, group)
    folder.chmod(0o710)


def server_account() -> Account:
    """Who a new server runs as: ourselves, or for root the unprivileged user and a free group."""
    if not is_root():
        return Account(os.geteuid(), os.getegid())
    return Account(_unprivileged_user(), _free_group())


def _unprivileged_user() -> int:
    known = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    for name in UNPRIVILEGED_USERS:
        if name in known:
            return known[name]
    names = " or ".join(UNPRIVILEGED_USERS)
    raise LookupError(f"PostgreSQL does not run as root, and there is no user {names} to run it as.")


def _free_group() -> int:
    taken = {entry.gr_gid for entry in grp.getgrall()} | {entry.pw_gid for entry in pwd.getpwall()}
    return next(number for number in range(FIRST_PRIVATE_GROUP, 60_000) if number not in taken)


def can_read(path: Path, account: Account) -> bool:
    """Whether a process of `account` gets as far as `path`; tried, since only the kernel knows all rules."""
    if not is_root():
        return os.access(path, os.R_OK | os.X_OK)
    return _test(path, "-r", account) and _test(path, "-x", account)


def can_pass(folder: Path, account: Account) -> bool:
    """Whether a process of `account` may go through `folder`."""
    return os.access(folder, os.X_OK) if not is_root() else _test(folder, "-x", account)


def _test(path: Path, flag: str, account: Account) -> bool:
    command = ["test", flag, str(path)]
    tried = subprocess.run(
        command, user=account.user, group=account.group, extra_groups=[], cwd="/", check=False
    )
    return tried.returncode == 0


def new_open_folder(account: Account) -> Path:
    """A folder of root's own that `account` can reach, for files whose place is closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="ordinavo-connect-", dir=OPEN_FOLDER))
    close_to(folder, account.group)
    return folder
