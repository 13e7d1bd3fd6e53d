"""Parallel imports of the same and of overlapping external IDs: no deadlock, no duplicate, no 5xx."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.api.plain_http import Answer
from tests.faults.calls import BATCH, TARGETS, at_once
from tests.faults.consistency import contradictions, count
from tests.faults.items import batch, item
from tests.faults.served_product import ALL_SCOPES, AUTO_CREATE, ServedProduct

CALLERS = 50
WITHOUT_WRITE = ",".join(scope for scope in ALL_SCOPES.split(",") if scope != "customers.write")


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def item_statuses(answers: list[Answer]) -> Counter[str]:
    return Counter(entry["status"] for answer in answers for entry in answer.json["items"])


@pytest.fixture(autouse=True)
def no_deadlock(product: ServedProduct) -> Iterator[None]:
    """PostgreSQL ends a deadlock itself, and a retry would hide it."""
    before = product.postgres_log.count("deadlock detected")
    yield
    assert product.postgres_log.count("deadlock detected") == before


def test_the_same_target_fifty_times(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant, *AUTO_CREATE)
    answers = at_once([lambda: api.post(TARGETS, item(1, customers=1))] * CALLERS)
    assert statuses(answers) == {202: CALLERS}
    assert item_statuses(answers) == {"Imported": 1, "Unchanged": CALLERS - 1}
    assert contradictions(product, tenant) == {}


def test_only_one_of_fifty_creates(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant, *AUTO_CREATE)
    create = item(1, customers=1) | {"operation": "create"}
    answers = at_once([lambda: api.post(TARGETS, create)] * CALLERS)
    assert statuses(answers) == {202: 1, 409: CALLERS - 1}
    assert {answer.code for answer in answers if answer.status == 409} == {"external_id_exists"}
    assert contradictions(product, tenant) == {}


def test_different_targets_of_one_unknown_customer(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant, *AUTO_CREATE)
    singles = [item(n) | {"customer": item(0, customers=1)["customer"]} for n in range(CALLERS)]
    answers = at_once([lambda one=one: api.post(TARGETS, one) for one in singles])
    assert statuses(answers) == {202: CALLERS}
    assert count(product, "customers_customer", tenant) == 1
    assert contradictions(product, tenant) == {}


@pytest.mark.parametrize("writes", [True, False], ids=["creating", "asking"])
def test_shuffled_batches_of_the_same_ids(product: ServedProduct, tenant: str, writes: bool) -> None:
    """With the right to create records, and without: then questions to staff are what they share."""
    flags, scopes = (AUTO_CREATE, ALL_SCOPES) if writes else ((), WITHOUT_WRITE)
    api = product.new_client(tenant, *flags, scopes=scopes)
    orders = [random.Random(seed).sample(range(100), 100) for seed in range(CALLERS)]
    answers = at_once([lambda o=order: api.post(BATCH, batch(o, customers=20)) for order in orders])
    assert statuses(answers) == {202: CALLERS}
    assert item_statuses(answers) == {"Imported": 100, "Unchanged": 100 * (CALLERS - 1)}
    assert contradictions(product, tenant) == {}
    for entity in ("customer", "location", "contact"):
        assert count(product, f"customers_{entity}", tenant) == (20 if writes else 0)
    open_questions = count(product, "customers_mappingreview", tenant, "status = 'open'")
    assert open_questions == (0 if writes else 60)


def test_overlapping_batches_and_singles(product: ServedProduct, tenant: str) -> None:
    """Windows of 100 ids that overlap their neighbours by half, each shuffled, with singles between them."""
    api = product.new_client(tenant, *AUTO_CREATE, "--update-policy", "overwrite")
    windows = [random.Random(n).sample(range(50 * n, 50 * n + 100), 100) for n in range(CALLERS // 2)]
    calls = [lambda w=window: api.post(BATCH, batch(w, customers=37)) for window in windows]
    calls += [lambda n=n: api.post(TARGETS, item(50 * n, customers=37)) for n in range(CALLERS // 2)]
    answers = at_once(random.Random(1).sample(calls, len(calls)))
    assert statuses(answers) == {202: CALLERS}
    distinct = 50 * (len(windows) + 1)
    assert count(product, "imports_target", tenant) == distinct
    assert item_statuses(answers)["Imported"] == distinct
    assert item_statuses(answers)["Rejected"] == 0
    assert contradictions(product, tenant) == {}


def test_two_clients_of_one_tenant_share_what_they_create(product: ServedProduct, tenant: str) -> None:
    """Other source systems, one customer number: they meet at the number, not at the external ID."""
    erp = product.new_client(tenant, *AUTO_CREATE)
    crm = product.new_client(tenant, *AUTO_CREATE, "--name", "CRM", "--source-system", "CRM")
    callers = [erp, crm] * (CALLERS // 2)
    entries = [item(n) | {"customer": item(n, customers=5)["customer"]} for n in range(CALLERS)]
    answers = at_once([lambda a=a, e=e: a.post(TARGETS, e) for a, e in zip(callers, entries, strict=True)])
    assert statuses(answers) == {202: CALLERS}
    assert count(product, "customers_customer", tenant) == 5
    assert contradictions(product, tenant) == {}


def test_cancelled_and_upserted_at_once(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant)
    assert api.post(BATCH, batch(range(100))).status == 202
    cancels = [{"externalId": f"JOB-{n}", "operation": "cancel"} for n in range(100)]
    bodies = [{"items": random.Random(seed).sample(cancels, 100)} for seed in range(10)]
    bodies += [batch(random.Random(seed).sample(range(100), 100)) for seed in range(10)]
    answers = at_once([lambda b=body: api.post(BATCH, b) for body in bodies])
    assert statuses(answers) == {202: 20}
    assert item_statuses(answers)["Rejected"] == 0
    assert contradictions(product, tenant) == {}
