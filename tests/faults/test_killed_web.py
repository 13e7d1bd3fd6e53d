"""The web server killed in the middle of batches: each request is there as a whole, once, or not at all."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.plain_http import Answer
from tests.faults.calls import BATCH, JOBS, Api, answered
from tests.faults.consistency import contradictions, count
from tests.faults.items import batch
from tests.faults.served_product import AUTO_CREATE, ServedProduct
from tests.running.product import eventually

CALLERS = 3
SIZE = 1_200
# The kill comes somewhere within a batch: reading, matching, writing, commit, answer.
LATEST_KILL_SECONDS = 1.5


def batch_of(number: int) -> dict[str, object]:
    return batch(range(number * SIZE, (number + 1) * SIZE), customers=40) | {"batchId": f"B{number}"}


def post(api: Api, number: int) -> Answer:
    return api.post(BATCH, batch_of(number), f"Idempotency-Key: batch {number}")


def interrupted(api: Api, break_it: Callable[[], None], seed: int) -> list[Answer | None]:
    """Batches under way while `break_it` does at a random moment; None where no answer came."""
    with ThreadPoolExecutor(CALLERS) as threads:
        calls = [threads.submit(answered, lambda n=n: post(api, n)) for n in range(CALLERS)]
        # The moment is the case that is tried, not a wait for something.
        threading.Event().wait(random.Random(seed).uniform(0.1, LATEST_KILL_SECONDS))
        break_it()
        return [call.result() for call in calls]


def repeated(api: Api, number: int) -> Answer:
    """The same request again and again, as a client does that got no answer."""
    found: list[Answer] = []

    def try_again() -> bool:
        answer = answered(lambda: post(api, number))
        if answer is None or answer.status == 503 or answer.status == 409:
            return False
        found.append(answer)
        return True

    assert eventually(try_again)
    return found[0]


def require_all_once(product: ServedProduct, tenant: str, api: Api, answers: list[Answer | None]) -> None:
    for number, answer in enumerate(answers):
        if answer is None or answer.status == 503:
            continue
        assert answer.status == 202
        assert repeated(api, number).body == answer.body
    for number in range(CALLERS):
        final = repeated(api, number)
        assert (final.status, final.json["createdItems"]) == (202, SIZE)
        stored = api.get(f"{JOBS}/{final.json['importJobId']}").json
        assert (stored["status"], stored["processedItems"]) == ("Completed", SIZE)
    assert count(product, "imports_importjob", tenant) == CALLERS
    assert count(product, "imports_target", tenant) == CALLERS * SIZE
    assert count(product, "customers_customer", tenant) == 40
    assert contradictions(product, tenant) == {}


@pytest.mark.parametrize("victim", ["workers", "server"])
def test_each_batch_is_imported_once(product: ServedProduct, tenant: str, victim: str, seed: int) -> None:
    api = product.new_client(tenant, *AUTO_CREATE)
    kill = product.kill_workers if victim == "workers" else product.kill_web
    answers = interrupted(api, kill, seed)
    product.await_ready()
    # What was cut off is rolled back, whole: nothing is half there, before anybody asks again.
    assert eventually(lambda: is_at_rest(product))
    assert contradictions(product, tenant) == {}
    assert count(product, "imports_target", tenant) == SIZE * count(product, "imports_importjob", tenant)
    require_all_once(product, tenant, api, answers)


def is_at_rest(product: ServedProduct) -> bool:
    """No transaction of the killed is under way any more."""
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE usename = 'ordinavo_app' AND state <> 'idle' AND pid <> pg_backend_pid()"""
    return product.number(query) == 0
