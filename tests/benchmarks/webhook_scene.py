"""What the benchmarks of webhooks share: receivers, subscriptions of a tenant of their own, and events."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant
from ordinavo_connect.clients.tenants import create_tenant
from ordinavo_connect.running.up import ROOT
from tests.benchmarks.server import BenchmarkFailed
from tests.benchmarks.webhook_receivers import Taken
from tests.running.product import children_of, command_of, free_port
from webhooks.delivery.models import Subscription
from webhooks.delivery.samples import sample_facts
from webhooks.delivery.subscriptions import create_subscription, delete_subscription
from webhooks.events.outbox import Fact, emit

HEALTHY, HANGING = "/hook", "/hang"
SOURCE_SYSTEM = "bench"
EVENT_TYPE = "target.imported"
# Events of one transaction, as an import of a chunk writes them.
A_TRANSACTION = 1000
# Bounds a wait; a slower sender is no speed to report.
PATIENCE_SECONDS = 300.0


@dataclass
class Receivers:
    """A process that receives.

    Args:
        taken: what came so far: path, event, moment.
    """

    port: int
    taken: Taken = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def look(self) -> Taken:
        """Ask for what came since the last time, and give all of it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/taken")
            self.taken += [
                (path, event, at) for path, event, at in json.loads(connection.getresponse().read())
            ]
        finally:
            connection.close()
        return self.taken

    def healthy(self) -> Taken:
        return [each for each in self.look() if each[0].startswith(HEALTHY)]

    def await_healthy(self, count: int, *, seconds: float = PATIENCE_SECONDS) -> Taken:
        """Wait for so many. Raises: BenchmarkFailed."""
        end = time.monotonic() + seconds
        while len(found := self.healthy()) < count:
            if time.monotonic() > end:
                raise BenchmarkFailed(f"{len(found):,} of {count:,} deliveries came within {seconds:.0f} s.")
            time.sleep(0.2)
        return found


@contextmanager
def receivers() -> Iterator[Receivers]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.webhook_receivers", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise BenchmarkFailed("The receivers do not come up.")
        yield Receivers(port)
    finally:
        process.kill()
        process.wait()


@contextmanager
def subscribed(urls: list[str]) -> Iterator[Tenant]:
    """A tenant with a subscription for each URL, whose tests are over; it is emptied afterwards."""
    tenant = Tenant.objects.filter(slug="bench-hooks").first() or create_tenant("bench-hooks", name="Hooks")
    try:
        with transaction.atomic():
            for url in urls:
                create_subscription(
                    tenant, source_system=SOURCE_SYSTEM, url=url, event_types=[EVENT_TYPE], timeout_seconds=15
                )
        yield tenant
    finally:
        for subscription in Subscription.objects.filter(tenant=tenant):
            delete_subscription(subscription)


def happen(tenant: Tenant, first: int, count: int) -> None:
    """So many events, whose targets are numbered, in one transaction."""
    facts = sample_facts(EVENT_TYPE, source_system=SOURCE_SYSTEM)
    events = [
        Fact(EVENT_TYPE, facts | {"target": facts["target"] | {"id": number}})
        for number in range(first, first + count)
    ]
    with transaction.atomic():
        emit(events, tenant_id=tenant.pk, source_system=SOURCE_SYSTEM, occurred_at=timezone.now())


def senders(product_pid: int) -> list[int]:
    return [pid for pid in children_of(product_pid) if "deliver_webhooks" in command_of(pid)]
