"""PostgreSQL killed in the middle of batches: the API says so, and works again by itself, in every thread."""

import threading
from collections import Counter

from tests.faults.calls import TARGETS, answered, at_once
from tests.faults.consistency import contradictions, count
from tests.faults.items import item
from tests.faults.served_product import AUTO_CREATE, ServedProduct
from tests.faults.test_killed_web import SIZE, interrupted, require_all_once
from tests.running.product import eventually

# Many times the threads of all web workers, so that each of them has its turn.
CALLS = 200


def warm_up(product: ServedProduct, tenant: str) -> None:
    """Every thread has a connection, which the kill then breaks."""
    api = product.new_client(tenant)
    answers = at_once([lambda n=n: api.post(TARGETS, item(n)) for n in range(50)])
    assert {answer.status for answer in answers} == {202}


def test_each_batch_is_imported_once(product: ServedProduct, tenant: str, seed: int) -> None:
    api = product.new_client(tenant, *AUTO_CREATE)
    answers = interrupted(api, product.kill_postgres, seed)
    for answer in answers:
        if answer is not None and answer.status != 202:
            assert (answer.status, answer.code) == (503, "service_unavailable")
            assert int(answer.headers["retry-after"]) > 0
    product.await_ready()
    assert contradictions(product, tenant) == {}
    assert count(product, "imports_target", tenant) == SIZE * count(product, "imports_importjob", tenant)
    require_all_once(product, tenant, api, answers)


def test_every_thread_finds_back(product: ServedProduct, tenant: str) -> None:
    """Broken connections are noticed before they are used: nobody sees one once the database is back."""
    warm_up(product, f"{tenant}-warm")
    api = product.new_client(tenant)
    product.kill_postgres()
    assert eventually(product.has_database)  # Not over HTTP: that would mend a thread before.
    outcomes = Counter(
        answer.status
        for _ in range(CALLS // 50)
        for answer in at_once([lambda n=n: api.post(TARGETS, item(n)) for n in range(50)])
    )
    assert outcomes == {202: CALLS}


def test_while_it_is_away_callers_are_told(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant)
    stop = threading.Event()
    seen: list[tuple[int, str]] = []

    def ask() -> None:
        while not stop.is_set():
            answer = answered(lambda: api.post(TARGETS, item(1)))
            assert answer is not None  # The web server lives: it answers.
            seen.append((answer.status, answer.code if answer.status >= 400 else ""))

    def break_and_mend() -> None:
        try:
            product.kill_postgres()
            assert product.server.is_alive()
            product.await_ready()
        finally:
            stop.set()

    at_once([ask, ask, ask, break_and_mend])
    assert set(seen) <= {(202, ""), (503, "service_unavailable")}
    assert api.post(TARGETS, item(1)).status == 202
