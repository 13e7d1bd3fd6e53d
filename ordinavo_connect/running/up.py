"""`make up`: everything that the product needs, in the foreground, under one parent."""

import fcntl
import http.client
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ordinavo_connect.running import postgres
from ordinavo_connect.running.folders import make_var_dir
from ordinavo_connect.running.lifelines import die_with
from ordinavo_connect.running.parent import Parent, Process, StopRequested
from ordinavo_connect.running.steps import say, step

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = Path("imports/examples/target-with-customer.request.json")

# How long the database may recover from a crash, and how long the first answer may take.
DATABASE_SECONDS = 300.0
READY_SECONDS = 60.0
# A process that ends this often before the first answer will not come up.
FAILED_STARTS = 3
# Connections a web worker holds open at once: one that waits for a slow client costs little, one that is
# refused keeps a health check from its answer.
WEB_CONNECTIONS = 4096
# Told to stop, the sender waits some time for the answers of receivers, and writes what became of them.
SENDER_STOP_SECONDS = 40.0
# Told to stop, a worker ends what it is about to end anyway; what takes longer, another worker begins again.
WORKER_STOP_SECONDS = 10.0


class CannotStart(Exception):
    """The product does not come up here; the message says why and how to mend it."""


@dataclass(frozen=True)
class Options:
    """What the environment says of this start.

    Attributes:
        database_url: the server to use; empty for the embedded one.
        demo: whether the demo tenant is made.
    """

    var_dir: Path
    host: str
    port: int
    web_workers: int
    database_url: str
    demo: bool

    @classmethod
    def read(cls, environment: Mapping[str, str], *, var_dir: Path) -> Self:
        """Raises: CannotStart, naming the variable whose value is wrong."""
        database_url = environment.get("DATABASE_URL", "")
        return cls(
            var_dir=var_dir,
            host=environment.get("HOST", "127.0.0.1"),
            port=_whole_number(environment, "PORT", 8000, 1, 65_535),
            web_workers=_whole_number(environment, "WEB_WORKERS", 2, 1, 64),
            database_url=database_url,
            demo=_yes_or_no(environment, "DEMO", default=not database_url),
        )

    @property
    def url(self) -> str:
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (named, not bound)
        host = everywhere.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def _whole_number(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise CannotStart(f"{name}={text!r}: a whole number from {low} to {high} is expected.")
    return int(text)


def _yes_or_no(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = (environment.get(name) or str(default)).strip().lower()
    if text not in {"true", "1", "yes", "on", "false", "0", "no", "off"}:
        raise CannotStart(f"{name}={text!r}: true or false is expected.")
    return text in {"true", "1", "yes", "on"}


def processes(options: Options, environment: Mapping[str, str]) -> list[Process]:
    """The kinds of process that there are, in the order of their start."""
    # Its few threads would else each keep a heap of their own, with what they once needed.
    one_heap = {"MALLOC_ARENA_MAX": "1", **environment}
    return [
        Process("web", _web_command(options), environment, folder=ROOT),
        Process("sender", _sender_command(), one_heap, folder=ROOT, stop_seconds=SENDER_STOP_SECONDS),
        Process("worker", worker_command(), one_heap, folder=ROOT, stop_seconds=WORKER_STOP_SECONDS),
        Process("beat", beat_command(), one_heap, folder=ROOT),
    ]


def _sender_command() -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "deliver_webhooks"]


def worker_command() -> list[str]:
    """Workers do not talk to one another: they meet in the database."""
    return [
        *(sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", "celery", "--quiet"),
        # The checks have run by then: once more would delay the start.
        *("--skip-checks", "--app", "ordinavo_connect", "worker"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def beat_command() -> list[str]:
    return [sys.executable, "-m", "ordinavo_connect.running.beat"]


def _web_command(options: Options) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "ordinavo_connect.running.web:application", "--interface", "asgi"),
        *("--host", options.host, "--port", str(options.port), "--http", "1", "--no-ws", "--loop", "uvloop"),
        *("--workers", str(options.web_workers), "--respawn-failed-workers", "--workers-kill-timeout", "10"),
        *("--backlog", str(WEB_CONNECTIONS), "--backpressure", str(WEB_CONNECTIONS)),
        *("--log-level", "warning"),
    ]


def up(options: Options) -> int:
    """Run until told to stop. The exit code: 0 after SIGINT or SIGTERM, 1 where it does not come up."""
    _end_with_make()
    _raise_file_limit()
    try:
        with Lock(options), Parent(say) as parent:
            try:
                _bring_up(parent, options)
                parent.watch()
            except StopRequested:
                say("\nStopping …")
        say("Stopped.")
        return 0
    except (CannotStart, postgres.PostgresProblem, LookupError) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    except PermissionError as problem:
        hint = f"start as the user that {options.var_dir} belongs to, or set VAR_DIR."
        print(f"{problem.filename}: {problem.strerror}; {hint}", file=sys.stderr, flush=True)
        return 1


def _end_with_make() -> None:
    """`make` passes SIGTERM on, but dies of SIGKILL without a word: the kernel then tells us."""
    if os.environ.get("MAKELEVEL"):
        die_with(os.getppid(), signal.SIGTERM)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * WEB_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


class Lock:
    """One start for each VAR_DIR; the kernel drops the lock with the process that holds it."""

    def __init__(self, options: Options) -> None:
        self._url = options.url
        self._path = make_var_dir(options.var_dir) / "up.lock"

    def __enter__(self) -> Self:
        self._file = open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+")  # noqa: SIM115
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Ordinavo Connect is already running here: {self._file.read()}") from None
        self._file.truncate()
        self._file.write(f"process {os.getpid()}, {self._url}")
        self._file.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _bring_up(parent: Parent, options: Options) -> None:
    _require_free_port(options)
    environment = _environment(options)
    if not options.database_url:
        with step("Starting PostgreSQL 18"):
            _start_postgres(parent, options.var_dir)
    with step("Bringing the database up to date"):
        _manage(parent, environment, "prepare_database")
    if options.demo:
        _seed(parent, options, environment)
    with step("Starting the server"):
        _start_processes(parent, options, environment)
    say(_banner(options))


def _require_free_port(options: Options) -> None:
    family, _, _, _, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            hint = "set PORT to a free one."
            raise CannotStart(f"Port {options.port} cannot be used ({error.strerror}): {hint}") from None


def _environment(options: Options) -> dict[str, str]:
    """The environment of every child: ours, and where the database is."""
    environment = dict(os.environ) | {
        "VAR_DIR": str(options.var_dir),
        "PORT": str(options.port),
        "PYTHONUNBUFFERED": "1",
    }
    environment.setdefault("DJANGO_SETTINGS_MODULE", "ordinavo_connect.settings")
    return environment


def _start_postgres(parent: Parent, var_dir: Path) -> postgres.Server:
    server = postgres.set_up(var_dir, say)
    parent.start(server.process())
    _await(parent, "postgres", server.is_ready, DATABASE_SECONDS, f"see {server.log}")
    postgres.prepare_roles(server)
    return server


def _await(parent: Parent, name: str, ready: Callable[[], bool], seconds: float, where: str) -> None:
    def settled() -> bool:
        return parent.times_ended(name) >= FAILED_STARTS or ready()

    if not parent.wait_until(settled, seconds=seconds):
        raise CannotStart(f"{name} gives no answer after {seconds:.0f} s: {where}.")
    if parent.times_ended(name) >= FAILED_STARTS:
        raise CannotStart(f"{name} does not come up: {where}.")


def _manage(parent: Parent, environment: Mapping[str, str], *arguments: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    if parent.run(Process(arguments[0], command, environment, folder=ROOT)) != 0:
        raise CannotStart(f"manage.py {arguments[0]} failed: see above.")


def _seed(parent: Parent, options: Options, environment: Mapping[str, str]) -> None:
    with step("Seeing to the demo tenant"):
        _manage(parent, environment, "seed_demo", "--base-url", options.url)


def _start_processes(parent: Parent, options: Options, environment: Mapping[str, str]) -> None:
    _try_application(parent, environment)
    for process in processes(options, environment):
        parent.start(process)
    _await(parent, "web", lambda: _is_ready(options), READY_SECONDS, "see above")


def _try_application(parent: Parent, environment: Mapping[str, str]) -> None:
    """Load the application once: the web server starts a worker that cannot load it again without a pause."""
    command = [sys.executable, "-c", "import ordinavo_connect.asgi"]
    if parent.run(Process("application", command, environment, folder=ROOT)) != 0:
        raise CannotStart("The application cannot be loaded: see above.")


def _is_ready(options: Options) -> bool:
    connection = http.client.HTTPConnection(options.url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _banner(options: Options) -> str:
    demo_file = options.var_dir / "demo.json"
    lines = ["", f"Ordinavo Connect is ready: {options.url}"]
    if options.demo and demo_file.exists():
        lines += _demo_lines(json.loads(demo_file.read_text()), demo_file)
    return "\n".join([*lines, "", "Ctrl-C stops everything."])


def _demo_lines(demo: Mapping[str, str], demo_file: Path) -> list[str]:
    people = [(role, demo.get(f"{role}User"), demo.get(f"{role}Password")) for role in ("admin", "reviewer")]
    return [
        f"  Pages    {demo['adminUrl']}",
        *(f"           {role}: {user} / {password}" for role, user, password in people if user),
        f"  Planning {demo['planningUrl']}",
        f"  My Day   {demo['myDayUrl']}",
        f"           {demo['myDayUser']} / {demo['myDayPassword']}",
        f"  API key  {demo['apiKey']}",
        f"  (the same in {demo_file})",
        "",
        "Post a job with its customer, from another terminal in this folder:",
        "",
        f"  curl -sS -X POST {demo['baseUrl']}/api/connect/v1/inbound/targets"
        f' -H "Authorization: Bearer {demo["apiKey"]}" -H "Content-Type: application/json" -d @{EXAMPLE}',
    ]
