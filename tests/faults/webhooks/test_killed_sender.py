"""The sender killed, frozen or stopped in the middle of its work: each event arrives, with the same id and bytes."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from tests.faults.conftest import ROUNDS
from tests.faults.webhooks.world import SendingProduct, arrived, events_of, happen, on_loopback, subscribe
from tests.running.product import ROOT, eventually, is_alive
from tests.webhooks.receivers import OK, Received, read_request

# FAULT_ROUNDS=10 makes it 50 kills during 10,000 deliveries.
KILLS = 5 * ROUNDS
EVENTS = 200 * KILLS


async def take_a_moment(reader: Any, writer: Any, received: list[Received]) -> None:
    """Ten requests at once and ten milliseconds each: a kill finds some of them under way."""
    while True:
        received.append(await read_request(reader))
        await asyncio.sleep(0.01)
        writer.write(OK)


def test_killed_again_and_again(
    product: SendingProduct, tenant: str, record_property: Callable[[str, object], None]
) -> None:
    api = product.new_receiver_client(tenant)
    moments, received = random.Random(ROUNDS), list[Received]()
    with on_loopback(lambda reader, writer: take_a_moment(reader, writer, received)) as receiver:
        subscribe(api, receiver.url)
        for kill in range(KILLS):
            happen(api, kill * 200, 200)
            before = len(received)
            assert eventually(lambda before=before: len(received) > before)
            # The moment is the case that is tried, not a wait for something.
            threading.Event().wait(moments.uniform(0.0, 0.3))
            product.kill_sender()
        assert eventually(lambda: product.waiting(tenant) == 0)
        got = arrived(received)
    assert set(got.times) == events_of(product, tenant)
    assert len(got.times) == EVENTS
    assert got.variants == set()
    print(f"sent again: {got.repeated_share:.2%} of {EVENTS} after {KILLS} kills")
    record_property("repeated_share", got.repeated_share)


def test_the_database_killed_under_it(product: SendingProduct, tenant: str, seed: int) -> None:
    api = product.new_receiver_client(tenant)
    with on_loopback() as receiver:
        subscribe(api, receiver.url)
        happen(api, 0, 500)
        threading.Event().wait(random.Random(seed).uniform(0.0, 0.5))
        product.kill_postgres()
        product.await_ready()
        assert eventually(product.has_database)
        happen(api, 500, 100)
        assert eventually(lambda: product.waiting(tenant) == 0)
        got = arrived(receiver.requests)
    assert set(got.times) == events_of(product, tenant)
    assert got.variants == set()


def test_told_to_stop_nothing_is_sent_twice(product: SendingProduct, tenant: str) -> None:
    api = product.new_receiver_client(tenant)
    with on_loopback() as receiver:
        subscribe(api, receiver.url)
        happen(api, 0, 1000)
        for _ in range(3):
            (sender,) = product.senders()
            os.kill(sender, signal.SIGTERM)
            assert eventually(lambda sender=sender: not is_alive(sender))
            assert eventually(product.senders)
        assert eventually(lambda: product.waiting(tenant) == 0)
        got = arrived(receiver.requests)
    assert set(got.times) == events_of(product, tenant)
    assert got.repeated_share == 0


def test_one_frozen_past_its_lease_beside_another(product: SendingProduct, tenant: str) -> None:
    api = product.new_receiver_client(tenant)
    with on_loopback() as receiver:
        subscribe(api, receiver.url)
        happen(api, 0, 1000)
        (frozen,) = product.senders()
        assert eventually(lambda: held(product))
        os.kill(frozen, signal.SIGSTOP)
        other = subprocess.Popen(
            [sys.executable, "manage.py", "deliver_webhooks"], cwd=ROOT, env=product.settings
        )
        try:
            # Instead of waiting for the lease to end.
            product.rows("UPDATE delivery_delivery SET due_at = now() WHERE status = 'Pending' RETURNING 1")
            assert eventually(lambda: product.waiting(tenant) == 0)
            os.kill(frozen, signal.SIGCONT)
            happen(api, 1000, 100)
            assert eventually(lambda: product.waiting(tenant) == 0)
        finally:
            os.kill(frozen, signal.SIGCONT)
            other.terminate()
            other.wait(60)
        got = arrived(receiver.requests)
    assert set(got.times) == events_of(product, tenant)
    assert got.variants == set()
    # Marked once, whoever says so.
    repeated = product.number(
        """
        SELECT count(*) FROM (
            SELECT delivery_id FROM delivery_attempt WHERE status_code = 200
            AND tenant_id = (SELECT id FROM clients_tenant WHERE slug = %s)
            GROUP BY delivery_id HAVING count(*) > 1
        ) twice""",
        tenant,
    )
    assert repeated == 0


def held(product: SendingProduct) -> bool:
    return product.number("SELECT count(*) FROM delivery_delivery WHERE claim IS NOT NULL") > 0
