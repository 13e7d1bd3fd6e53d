"""A database with work in it, whoever does it, and whoever wakes them."""

import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from ordinavo_connect.running.up import worker_command
from tests.faults.brokers.kinds import Broker
from tests.running.product import ROOT, children_of, clean_environment, eventually

PATIENCE_SECONDS = 60.0


@dataclass
class Scene:
    """Work is a kept answer that has expired: it is done when the row is gone."""

    database_url: str
    folder: Path
    broker: Broker
    started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment() | {
            "DATABASE_URL": self.database_url,
            "VAR_DIR": str(self.folder / "var"),
            "CELERY_BROKER_URL": self.broker.url,
            "DJANGO_SETTINGS_MODULE": "ordinavo_connect.settings",
            "WORKER_PROCESSES": "1",
        }

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def start_worker(self) -> "subprocess.Popen[bytes]":
        worker = self._start(worker_command())
        assert eventually(lambda: " ready." in self.log), self.log
        return worker

    def start_beat(self) -> None:
        self._start([sys.executable, "-m", "tests.faults.brokers.quick_beat"])

    def _start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.broker.stop()

    def add_work(self) -> str:
        key = uuid.uuid4().hex
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO idempotency_record (client_id, key, fingerprint, status, location, body, created_at)"
                " VALUES (1, %s, '', 202, '', '', now() - interval '2 years')",
                [key],
            )
        return key

    def is_done(self, key: str) -> bool:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            query = "SELECT count(*) FROM idempotency_record WHERE key = %s"
            return connection.execute(query, [key]).fetchone() == (0,)

    def wake(self) -> float:
        """Wake a worker; the seconds that it took."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.brokers.waker"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return float(done.stdout.split()[-1])


def pool_of(worker: "subprocess.Popen[bytes]") -> list[int]:
    """The processes that run its tasks."""
    return children_of(worker.pid)
