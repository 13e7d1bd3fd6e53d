"""The brokers that a message may go through: each is started, stopped and emptied here."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from tests.running.product import eventually, free_port

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class Folder:
    """The folder that stands in for a broker; gone is what comes nearest to being stopped."""

    url = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "var" / "broker"

    def start(self) -> None:
        """Whoever needs the folder makes it."""

    def stop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def empty(self) -> None:
        for message in self._folder.iterdir():
            message.unlink()

    def is_empty(self) -> bool:
        return not list(self._folder.glob("*.msg"))


class Server:
    """A server of its own on a free port, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "server"
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                self.command(),
                env=dict(os.environ) | self.environment(),
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert eventually(self._is_up), (self._folder / "log").read_text()

    def stop(self) -> None:
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def _is_up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return True
        except OSError:
            return False

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return {}


class Redis(Server):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def command(self) -> list[str]:
        return ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]

    def empty(self) -> None:
        self._client("FLUSHALL")

    def is_empty(self) -> bool:
        return self._client("LLEN", "ordinavo") == "0"

    def _client(self, *words: str) -> str:
        command = ["redis-cli", "-p", str(self._port), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class RabbitMQ(Server):
    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def command(self) -> list[str]:
        return [str(RABBITMQ)]

    def environment(self) -> dict[str, str]:
        if not hasattr(self, "_ports"):
            self._ports = {"RABBITMQ_DIST_PORT": str(free_port()), "ERL_EPMD_PORT": str(free_port())}
        return self._ports | {
            "HOME": str(self._folder),
            "RABBITMQ_NODENAME": f"test{self._port}@localhost",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "logs"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "none"),
        }

    def stop(self) -> None:
        super().stop()
        # Its name server leaves the group, and would stay.
        subprocess.run(
            ["epmd", "-kill"], env=dict(os.environ) | self.environment(), capture_output=True, check=False
        )

    def empty(self) -> None:
        from kombu import Connection

        with Connection(self.url) as connection:
            connection.default_channel.queue_purge("ordinavo")

    def is_empty(self) -> bool:
        from kombu import Connection

        with Connection(self.url) as connection:
            return not connection.default_channel.queue_declare("ordinavo", passive=True).message_count


def missing(kind: str) -> str:
    """Why there is none of this kind here; '' where there is."""
    if kind == "redis" and shutil.which("redis-server") is None:
        return "No redis-server was found (on Debian: apt-get install redis-server)."
    if kind == "rabbitmq" and not RABBITMQ.exists():
        return "No RabbitMQ was found (on Debian: apt-get install rabbitmq-server)."
    return ""


KINDS = {"folder": Folder, "redis": Redis, "rabbitmq": RabbitMQ}
Broker = Folder | Redis | RabbitMQ
