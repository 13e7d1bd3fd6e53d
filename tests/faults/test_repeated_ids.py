"""Parallel batches that name the same targets twice, in any order: they lock in several steps, so they take turns."""

import random
from typing import Any

from tests.faults.calls import BATCH, at_once
from tests.faults.consistency import contradictions
from tests.faults.served_product import AUTO_CREATE, ServedProduct


def batch(seed: int) -> dict[str, Any]:
    """Of each target the customer first, its place in a later item."""
    ids = [f"JOB-{n}" for n in range(12)]
    random.Random(seed).shuffle(ids)
    items: list[dict[str, Any]] = []
    for each in ids:
        place = {"name": f"Ort {each}", "street": f"Weg {each}", "city": "Essen", "postalCode": "45127"}
        customer = {"externalId": f"C-{each}", "name": f"Firma {each}"}
        items.append({"externalId": each, "title": "A", "customer": customer})
        items.append({"externalId": each, "title": "B", "location": place})
    return {"items": items}


def test_batches_that_repeat_an_id_take_turns(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant, *AUTO_CREATE)
    answers = at_once([lambda n=n: api.post(BATCH, batch(n)) for n in range(8)])
    assert [answer.status for answer in answers] == [202] * 8
    assert contradictions(product, tenant) == {}
