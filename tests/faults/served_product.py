"""The product under test: what it printed, what its database holds, and a key for whoever calls it."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from ordinavo_connect.running.postgres import connection_urls
from tests.faults.calls import Api, PatientServer
from tests.running.product import ROOT, Product, clean_environment, eventually, is_alive, kill

ALL_SCOPES = (
    "integration.health.read,inbound.targets.write,inbound.targets.batch.write,customers.map,customers.write,"
    "customers.read,import_jobs.read"
)
AUTO_CREATE = ("--auto-create-customers", "--auto-create-locations", "--auto-create-contacts")
# Bounds nothing here.
NO_LIMIT = 1_000_000
READY_SECONDS = 240.0


@dataclass
class ServedProduct(Product):
    """A product whose output goes into a file: a pipe that nobody empties would stop it."""

    _maker: "subprocess.Popen[str] | None" = None

    @property
    def log_file(self) -> Path:
        return self.var_dir.parent / "product.log"

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def postgres_log(self) -> str:
        return (self.data.parent / "postgres.log").read_text(errors="replace")

    @property
    def server(self) -> PatientServer:
        return PatientServer(self.port)

    def start(self) -> None:
        with self.log_file.open("ab") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self.settings | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def await_output(self, text: str) -> None:
        assert self.popen is not None
        end = time.monotonic() + READY_SECONDS
        while text not in self.log:
            assert self.popen.poll() is None, self.log[-4000:]
            assert time.monotonic() < end, self.log[-4000:]
            time.sleep(0.1)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of its processes."""
        return clean_environment() | {"VAR_DIR": str(self.var_dir), "PORT": str(self.port)}

    def new_client(self, tenant: str, *flags: str, scopes: str = ALL_SCOPES, limit: int = NO_LIMIT) -> Api:
        """A client of a tenant of its own, named as the tenant, with a key."""
        if self._maker is None:
            self._maker = self._start_maker()
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.write(json.dumps([*_client_flags(tenant, scopes, limit), *flags]) + "\n")
        self._maker.stdin.flush()
        made = self._maker.stdout.readline()
        assert made, "No client was made: see above."
        return Api(self.server, json.loads(made)["apiKey"])

    def _start_maker(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.client_maker"],
            cwd=ROOT,
            env=self.settings | {"DJANGO_SETTINGS_MODULE": "ordinavo_connect.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(self) -> None:
        if self._maker is not None:
            self._maker.communicate(timeout=READY_SECONDS)
        super().end()

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(connection_urls(self.var_dir)[1], autocommit=True) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def has_database(self) -> bool:
        try:
            return bool(self.rows("SELECT 1"))
        except psycopg.OperationalError:
            return False

    def number(self, query: str, *parameters: Any) -> int:
        return int(self.rows(query, *parameters)[0][0])

    @property
    def database_passwords(self) -> list[str]:
        return [unquote(urlsplit(url).password or "") for url in connection_urls(self.var_dir)]

    def kill_web(self) -> None:
        """The server's main process, and its workers with it; returns once they are gone."""
        web, workers = self.web(), self.web_workers()
        kill(web)
        assert eventually(lambda: not any(map(is_alive, [web, *workers])))

    def kill_workers(self) -> None:
        for worker in self.web_workers():
            kill(worker)

    def kill_postgres(self) -> None:
        killed = self.postgres()
        kill(killed)
        assert eventually(lambda: not is_alive(killed))

    def await_ready(self) -> None:
        assert eventually(self.is_ready), self.log[-4000:]


def _client_flags(tenant: str, scopes: str, limit: int) -> list[str]:
    return [
        *("--tenant", tenant, "--name", tenant, "--source-system", "ERP", "--scopes", scopes),
        *("--rate-limit", str(limit), "--json"),
    ]
