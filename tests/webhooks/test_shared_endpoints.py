"""Two senders: together they keep to what a subscription allows at a time, and nobody waits for nothing."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from ordinavo_connect.clients.models import Tenant
from tests.webhooks.receivers import OK, read_request, receiving
from tests.webhooks.test_sender import LOOPBACK, counted, do, happen, play, subscribe, until
from webhooks.delivery.models import Attempt
from webhooks.delivery.network import Edge
from webhooks.delivery.sender import Sender

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = 300


@dataclass
class Crowd:
    """Requests that a receiver works on at the same time."""

    now: int = 0
    most: int = 0

    async def receive(self, reader: Any, writer: Any) -> None:
        while True:
            await read_request(reader)
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.005)  # The work; others may come meanwhile.
            self.now -= 1
            writer.write(OK)


def beside_another(scene: Any) -> None:
    """Play a scene with two senders."""

    async def with_another() -> None:
        other = Sender(Edge(LOOPBACK, allow_http=True), grace_seconds=2.0)
        running = asyncio.create_task(other.run())
        try:
            await scene()
        finally:
            other.stop()
            await running

    play(with_another)


@pytest.mark.parametrize("bound", [1, 3])
def test_the_bound_holds_for_both_together(tenant: Tenant, bound: int) -> None:
    crowd = Crowd()

    async def scene() -> None:
        async with receiving(crowd.receive) as receiver:
            await do(subscribe, tenant, receiver.url, max_in_flight=bound)
            for _ in range(10):
                await do(happen, tenant, *["target.imported"] * (EVENTS // 10))
            await until(lambda: counted("Delivered") == EVENTS)

    beside_another(scene)
    assert crowd.most == bound
    assert Attempt.objects.count() == EVENTS + 1
