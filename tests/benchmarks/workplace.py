"""What every benchmark works on: the running product with a loaded registry, and a client of its API."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import django

from ordinavo_connect.running.steps import say
from tests.benchmarks.server import Product

CUSTOMERS = 100_000
SOURCE_SYSTEM = "bench"
SCOPES = "inbound.targets.write,inbound.targets.batch.write,import_jobs.read,customers.map,customers.read"


@dataclass(frozen=True)
class Workplace:
    """The product under load.

    Args:
        api_key: of a client that may import and whose rate limit bounds nothing.
        customers: how many the registry has.
        say: tells what is going on.
    """

    product: Product
    api_key: str
    tenant_id: int
    client_id: int
    customers: int
    say: Callable[[str], None] = say

    @property
    def port(self) -> int:
        return self.product.port


def furnish(product: Product, *, customers: int = CUSTOMERS) -> Workplace:
    """Make a client and load the registry; from here on this process works with the product's database, too."""
    made = product.new_client("ERP", source_system=SOURCE_SYSTEM, scopes=SCOPES)
    os.environ |= product.environment | {"DJANGO_SETTINGS_MODULE": "ordinavo_connect.settings"}
    django.setup()
    # Models can be imported only now.
    from ordinavo_connect.clients.models import IntegrationClient
    from tests.benchmarks import registry

    client = IntegrationClient.objects.get(pk=made["integrationClientId"])
    registry.load(tenant_id=client.tenant_id, source_system=SOURCE_SYSTEM, customers=customers)
    return Workplace(
        product=product,
        api_key=made["apiKey"],
        tenant_id=client.tenant_id,
        client_id=client.pk,
        customers=customers,
    )
