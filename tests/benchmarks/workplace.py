"""What every benchmark works on: the running product with a registry and targets, and a client of its API."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import django
import orjson

from ordinavo_connect.running.steps import say, step
from tests.benchmarks.items import item
from tests.benchmarks.load import Run, post, send
from tests.benchmarks.server import Product

CUSTOMERS = 100_000
SOURCE_SYSTEM = "bench"
SCOPES = "inbound.targets.write,inbound.targets.batch.write,import_jobs.read,customers.map,customers.read"
A_REQUEST = 1_000
# Targets that are there before anything is measured, with external IDs that start so.
KNOWN_TARGETS = 10_000
KNOWN = "known"


@dataclass(frozen=True)
class Workplace:
    """The product under load.

    Args:
        api_key: of a client that may import and whose rate limit bounds nothing.
        customers: how many the registry has.
    """

    product: Product
    api_key: str
    tenant_id: int
    client_id: int
    customers: int

    def batches(self, name: str, items: int) -> list[bytes]:
        """Requests of `A_REQUEST` new items each, whose external IDs start with `name`."""
        return [
            post(
                "/inbound/targets/batch",
                orjson.dumps({"batchId": f"{name}-{start}", "items": self._items(name, start)}),
                key=self.api_key,
                port=self.product.port,
            )
            for start in range(0, items, A_REQUEST)
        ]

    def _items(self, name: str, start: int) -> list[dict[str, object]]:
        numbers = range(start, start + A_REQUEST)
        return [item(f"{name}-{number}", number, customers=self.customers) for number in numbers]

    def send(self, requests: Sequence[bytes], *, connections: int) -> Run:
        return send(requests, port=self.product.port, connections=connections)


def furnish(product: Product, *, customers: int = CUSTOMERS) -> Workplace:
    """Make a client, load the registry and some targets; from here on this process uses the product's database, too.

    Tables are analysed when they are full: a plan that was made for empty ones costs many times as much.
    """
    made = product.new_client("ERP", source_system=SOURCE_SYSTEM, scopes=SCOPES)
    os.environ |= product.environment | {"DJANGO_SETTINGS_MODULE": "ordinavo_connect.settings"}
    django.setup()
    # Models can be imported only now.
    from ordinavo_connect.clients.models import IntegrationClient
    from tests.benchmarks import registry

    client = IntegrationClient.objects.get(pk=made["integrationClientId"])
    work = Workplace(product, made["apiKey"], client.tenant_id, client.pk, customers)
    with step(f"Loading {customers:,} customers, each with location, contact and external IDs"):
        registry.load(tenant_id=client.tenant_id, source_system=SOURCE_SYSTEM, customers=customers)
    with step(f"Importing the first {KNOWN_TARGETS:,} targets, and analysing the tables"):
        work.send(work.batches(KNOWN, KNOWN_TARGETS), connections=2)
        registry.analyse()
    say("")
    return work
