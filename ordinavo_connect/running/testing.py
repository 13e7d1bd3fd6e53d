"""`make test`: every test, against a PostgreSQL that is started for them and thrown away."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from ordinavo_connect.running import postgres
from ordinavo_connect.running.folders import close_to, is_root, server_account
from ordinavo_connect.running.parent import Parent, Process, StopRequested
from ordinavo_connect.running.steps import say, step
from ordinavo_connect.running.up import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
READY_SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """Run pytest with `arguments`; the exit code is pytest's."""
    folder = _new_folder()
    try:
        with Parent(say) as parent:
            return _run_tests(parent, folder, arguments)
    except StopRequested:
        return 130
    except postgres.PostgresProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ordinavo-connect-test-"))
    if is_root():
        close_to(folder, server_account().group)
    return folder


def _run_tests(parent: Parent, folder: Path, arguments: list[str]) -> int:
    environment = dict(os.environ) | {"VAR_DIR": str(folder)}
    if not environment.get("DATABASE_URL"):
        with step("Starting a PostgreSQL for the tests"):
            environment |= _start_postgres(parent, folder)
    environment |= _browser()
    workers = [] if any(argument.startswith("-n") for argument in arguments) else ["-n", "2"]
    say("Running the tests …")
    command = [sys.executable, "-m", "pytest", *workers, "--dist", "loadfile", *arguments]
    return parent.run(
        Process("tests", command, environment, folder=ROOT, stop_signal=signal.SIGINT, stop_seconds=30.0)
    )


def _start_postgres(parent: Parent, folder: Path) -> dict[str, str]:
    server = postgres.set_up(folder, say)
    parent.start(server.process(postgres.THROW_AWAY_SETTINGS))
    if not parent.wait_until(server.is_ready, seconds=READY_SECONDS):
        raise postgres.PostgresProblem(f"PostgreSQL does not come up:\n{server.log.read_text()}")
    postgres.prepare_roles(server, may_create_databases=True)
    _, owner = postgres.connection_urls(folder)
    return {"DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}


def _browser() -> dict[str, str]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        say("No chromium was found: the browser tests are skipped (on Debian: apt-get install chromium).")
        return {}
    return {"CHROMIUM": found}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
