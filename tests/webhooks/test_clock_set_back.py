"""The clock of the machine is set back by an hour under a sender: nothing is lost, stuck or sent twice."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant
from tests.webhooks.receivers import OK, read_request, receiving
from tests.webhooks.test_sender import BROKEN, counted, do, happen, make_due, play, subscribe, until
from webhooks.delivery.models import Attempt, Delivery, Subscription

pytestmark = pytest.mark.django_db(transaction=True)

AN_HOUR = timedelta(hours=1)
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"

# The database's own clock cannot be set; its functions can be hidden, from connections made from now on, behind ones
# that are wrong by as much as a table says.
_HIDE_CLOCK = """
    CREATE SCHEMA faked;
    CREATE TABLE faked.clock AS SELECT interval '0' AS back;
    CREATE FUNCTION faked.now() RETURNS timestamptz STABLE LANGUAGE sql
        AS 'SELECT pg_catalog.now() - back FROM faked.clock';
    CREATE FUNCTION faked.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
        AS 'SELECT pg_catalog.statement_timestamp() - back FROM faked.clock';
    CREATE FUNCTION faked.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
        AS 'SELECT pg_catalog.clock_timestamp() - back FROM faked.clock';
    DO $$ BEGIN
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = faked, public, pg_catalog',
                       current_user, current_database());
    END $$
"""
_SHOW_CLOCK = """
    DO $$ BEGIN
        EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET search_path', current_user, current_database());
    END $$;
    DROP SCHEMA faked CASCADE
"""


@pytest.fixture
def clock(db: Any) -> Iterator[None]:
    """One that `set_back` can set."""
    with connection.cursor() as cursor:
        cursor.execute(_HIDE_CLOCK)
    connection.close()  # The next one is of those that see it.
    yield
    with connection.cursor() as cursor:
        cursor.execute(_SHOW_CLOCK)
    connection.close()


def set_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE faked.clock SET back = interval '1 hour'")


def ids(received: list[Any]) -> list[str]:
    return [each.headers["webhook-id"] for each in received]


def test_the_clock_that_the_sender_sees_can_be_set(tenant: Tenant, clock: None) -> None:
    """The ground on which the others stand."""
    before = timezone.now()
    set_back()
    Subscription.objects.create(tenant=tenant, source_system="erp", url="", event_types=[], secret="")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_subscription SET last_success_at = now() RETURNING last_success_at")
        assert cursor.fetchone()[0] < before


def test_all_arrives_once_and_soon(tenant: Tenant, clock: None) -> None:
    received: list[Any] = []
    gate = asyncio.Event()

    async def answer(reader: Any, writer: Any) -> None:
        """The first attempts fail in two ways, one is under way while the clock is set, the others are well."""
        while True:
            received.append(await read_request(reader))
            kind = received[-1].headers["x-ordinavo-event-type"]
            again = ids(received).count(received[-1].headers["webhook-id"]) > 1
            if kind == "target.cancelled":
                await gate.wait()
            failing = {"target.updated": BROKEN, "target.rejected": BUSY}
            writer.write(OK if again else failing.get(kind, OK))

    async def scene() -> None:
        async with receiving(answer) as receiver:
            await do(subscribe, tenant, receiver.url)
            await do(
                happen, tenant, "target.imported", "target.updated", "target.rejected", "target.cancelled"
            )
            await until(lambda: Attempt.objects.exclude(status_code=200).count() == 2)
            await until(lambda: counted("Delivered", event_type="target.imported") == 1)
            await do(set_back)
            with time_machine.travel(timezone.now() - AN_HOUR):
                await do(happen, tenant, "target.imported", "target.imported")
                gate.set()
                await until(lambda: counted("Delivered") == 6)

    play(scene)
    # Those that failed once came twice, and nothing else did.
    assert Attempt.objects.count() == len(received) == 1 + 6 + 2
    assert len(set(ids(received))) == 7
    assert not Delivery.objects.exclude(status="Delivered").exists()


def test_what_a_breaker_held_back_is_tried(tenant: Tenant, clock: None) -> None:
    is_sound = False

    async def answer(reader: Any, writer: Any) -> None:
        while True:
            await read_request(reader)
            writer.write(OK if is_sound else BROKEN)

    async def scene() -> None:
        nonlocal is_sound
        async with receiving(answer) as receiver:
            await do(subscribe, tenant, receiver.url)
            await do(happen, tenant, *["target.imported"] * 10)
            await until(lambda: Subscription.objects.get().breaker_until is not None)
            is_sound = True
            await do(set_back)
            await do(make_due)
            await do(
                Delivery.objects.filter(claim=None, status="Pending").update, due_at=F("due_at") - AN_HOUR
            )
            await until(lambda: counted("Delivered") == 10)

    play(scene)
    assert Subscription.objects.get().breaker_until is None
