"""Batches of several chunks at once, whose chunks meet in another order."""

import random

from tests.faults.calls import BATCH, at_once
from tests.faults.consistency import contradictions, count
from tests.faults.items import batch
from tests.faults.served_product import AUTO_CREATE, ServedProduct


def require_one_import_of_each(
    product: ServedProduct, tenant: str, orders: list[list[int]], *, customers: int
) -> None:
    """PostgreSQL may have to end a deadlock; whose request it was is imported all the same."""
    size = len(orders[0])
    api = product.new_client(tenant, *AUTO_CREATE)
    answers = at_once([lambda o=order: api.post(BATCH, batch(o, customers=customers)) for order in orders])
    assert [answer.status for answer in answers] == [202] * len(orders)
    assert sum(answer.json["createdItems"] for answer in answers) == size
    assert sum(answer.json["rejectedItems"] for answer in answers) == 0
    assert count(product, "imports_target", tenant) == size
    assert count(product, "customers_customer", tenant) == customers
    assert contradictions(product, tenant) == {}


def test_two_in_opposite_order(product: ServedProduct, tenant: str) -> None:
    ids = list(range(5_000))
    require_one_import_of_each(product, tenant, [ids, ids[::-1]], customers=500)


def test_several_of_the_same_ids_in_any_order(product: ServedProduct, tenant: str) -> None:
    orders = [random.Random(seed).sample(range(2_500), 2_500) for seed in range(5)]
    require_one_import_of_each(product, tenant, orders, customers=0)
