"""The product with its sender open to the loopback, and receivers on it."""

import asyncio
import hashlib
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.calls import BATCH, V1, Api
from tests.faults.items import batch
from tests.faults.served_product import ALL_SCOPES, ServedProduct
from tests.running.product import children_of, command_of, eventually, is_alive, kill
from tests.webhooks.receivers import Handler, Received, Receiver, receiving

SCOPES = f"{ALL_SCOPES},webhooks.manage,webhook_deliveries.read"
SUBSCRIPTIONS = f"{V1}/webhooks/subscriptions"


@dataclass
class SendingProduct(ServedProduct):
    """A product whose sender can be seen and broken."""

    @property
    def settings(self) -> dict[str, str]:
        return super().settings | dict(self.environment)

    def senders(self) -> list[int]:
        return [pid for pid in children_of(self.pid) if "deliver_webhooks" in command_of(pid)]

    def kill_sender(self) -> None:
        """Returns once it is gone; the parent brings it back."""
        for pid in self.senders():
            kill(pid)
            assert eventually(lambda pid=pid: not is_alive(pid))

    def new_receiver_client(self, tenant: str) -> Api:
        """A client that imports, and manages webhooks."""
        return self.new_client(tenant, scopes=SCOPES)

    def waiting(self, tenant: str) -> int:
        """Events without a position, and deliveries that are not settled."""
        of_tenant = f"tenant_id = (SELECT id FROM clients_tenant WHERE slug = '{tenant}')"
        return self.number(
            f"""
            SELECT (SELECT count(*) FROM events_event WHERE position IS NULL AND {of_tenant})
            + (SELECT count(*) FROM delivery_delivery WHERE status = 'Pending' AND {of_tenant})"""
        )


def subscribe(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    """A new subscription to everything about targets."""
    wanted = {"url": url, "eventTypes": ["target.*"], **fields}
    answers = []
    assert eventually(lambda: answers.append(api.post(SUBSCRIPTIONS, wanted)) or answers[-1].status == 201)
    subscription: dict[str, Any] = answers[-1].json
    return subscription


def happen(api: Api, first: int, count: int) -> None:
    """So many events, each of a target of its own."""
    for start in range(first, first + count, 1000):
        items = batch(range(start, min(start + 1000, first + count)))
        # As clients do: again where the database is just away; what was imported already changes nothing.
        assert eventually(lambda items=items: api.post(BATCH, items).status == 202)


@contextmanager
def on_loopback(handler: Handler | None = None, **settings: Any) -> Iterator[Receiver]:
    """A receiver in a thread of its own."""
    started: Future[tuple[Receiver, asyncio.Event]] = Future()
    loop = asyncio.new_event_loop()

    async def live() -> None:
        async with receiving(handler, **settings) as receiver:
            stop = asyncio.Event()
            started.set_result((receiver, stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(live()), daemon=True)
    thread.start()
    receiver, stop = started.result(30)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


@dataclass(frozen=True)
class Arrived:
    """What a receiver got of the events about targets.

    Attributes:
        times: how often each event came, by its id.
        variants: events that came with other bytes, or as another delivery, than the first time.
    """

    times: Counter[str]
    variants: set[str]

    @property
    def repeated_share(self) -> float:
        return sum(count - 1 for count in self.times.values()) / max(1, len(self.times))


def arrived(requests: list[Received]) -> Arrived:
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    times: Counter[str] = Counter()
    for each in requests:
        if each.headers["x-ordinavo-event-type"] == "webhook.test":
            continue
        event = each.headers["webhook-id"]
        times[event] += 1
        seen[event].add((hashlib.sha256(each.body).hexdigest(), each.headers["x-ordinavo-delivery-id"]))
    return Arrived(times, {event for event, forms in seen.items() if len(forms) > 1})


def events_of(product: ServedProduct, tenant: str) -> set[str]:
    """The ids of the events about targets."""
    query = f"""
        SELECT event_id FROM events_event WHERE type LIKE 'target.%'
        AND tenant_id = (SELECT id FROM clients_tenant WHERE slug = '{tenant}')"""
    return {row[0] for row in product.rows(query)}
