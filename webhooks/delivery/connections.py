"""Connections of a sender to the database: made again as often as they break, bounded where we stand still."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
import structlog
from django import db

from webhooks.delivery import claims
from webhooks.delivery.claims import Connection

log = structlog.get_logger(__name__)

T = TypeVar("T")

# How long a transaction may wait for us between two statements.
STANDSTILL = "15s"
# After an error of the database: the first pause, and the longest.
PAUSES = (0.2, 5.0)


async def connect(purpose: str) -> Connection:
    """A connection beside Django's, to the same database, in autocommit."""
    known = db.connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port", "service", "passfile")
    parameters: dict[str, Any] = {
        name: value for name, value in known.items() if name in wanted or "ssl" in name
    }
    return await psycopg.AsyncConnection.connect(
        **parameters,
        autocommit=True,
        application_name=f"ordinavo-connect-sender {purpose}",
        connect_timeout=10,
        options=f"-c statement_timeout=60000 -c idle_in_transaction_session_timeout={STANDSTILL}",
        # Notices a server that is gone without a word.
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )


class Database:
    """One connection, which is made again as often as it breaks.

    Args:
        sender: whose claims it makes, signed on for as long as it lives. Their commits do not wait for the disk: a
            claim that a crash of the database forgets is one more attempt, at worst.
    """

    def __init__(self, purpose: str, *, sender: int | None = None) -> None:
        self._purpose = purpose
        self._sender = sender
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """What `work` gives; tried again until the database is there. So `work` must bear being done twice."""
        pause = PAUSES[0]
        async with self._turn:
            while True:
                try:
                    return await work(await self._open())
                except psycopg.OperationalError as error:
                    log.warning("webhook_database_failed", purpose=self._purpose, error=type(error).__name__)
                    await self.close()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, PAUSES[1])

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._purpose)
            if self._sender is not None:
                await self._connection.execute("SET synchronous_commit = off")
                await claims.sign_on(self._connection, self._sender)
        return self._connection

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None


class Lane:
    """One thread for what Django does, so with a connection of its own."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"webhook-{name}")
        self._name = name

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives; tried again until the database is there. So `work` must bear being done twice."""
        pause = PAUSES[0]
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, _in_bounds, work)
            except (db.OperationalError, db.InterfaceError) as error:
                log.warning("webhook_database_failed", purpose=self._name, error=type(error).__name__)
                await asyncio.get_running_loop().run_in_executor(self._thread, db.connections.close_all)
                await asyncio.sleep(pause)
                pause = min(pause * 2, PAUSES[1])

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, db.connections.close_all)
        self._thread.shutdown(wait=False)


def _in_bounds(work: Callable[[], T]) -> T:
    """Do it on a connection that the server ends where its transaction stands still: a sender that is frozen in
    the middle of a fan-out would keep all others from theirs.
    """
    if db.connection.connection is None:
        with db.connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [STANDSTILL]
            )
    return work()
