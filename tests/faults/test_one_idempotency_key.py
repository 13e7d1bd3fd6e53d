"""Many requests with one Idempotency-Key, across processes (API contract, Idempotency)."""

from collections import Counter

import pytest

from tests.api.plain_http import Answer
from tests.faults.calls import BATCH, JOBS, TARGETS, Api, at_once
from tests.faults.consistency import contradictions, count
from tests.faults.items import batch, item
from tests.faults.served_product import AUTO_CREATE, ServedProduct

CALLERS = 50


def key(text: str) -> str:
    return f"Idempotency-Key: {text}"


def require_one_import(answers: list[Answer]) -> Answer:
    """One imported; every other got that answer, or was told at once that it is under way."""
    refused = [answer for answer in answers if answer.status != 202]
    assert {(answer.status, answer.code) for answer in refused} <= {(409, "idempotency_in_progress")}
    assert all("retry-after" in answer.headers for answer in refused)
    imported = [answer for answer in answers if answer.status == 202]
    first = [answer for answer in imported if "idempotency-replayed" not in answer.headers]
    assert len(first) == 1
    for answer in imported:
        assert answer.body == first[0].body
        assert answer.headers["location"] == first[0].headers["location"]
    return first[0]


@pytest.mark.parametrize(
    ("path", "body", "size"),
    [(TARGETS, item(1, customers=1), 1), (BATCH, batch(range(500), customers=50), 500)],
    ids=["single", "batch"],
)
def test_of_fifty_at_once_one_imports(
    product: ServedProduct, tenant: str, path: str, body: object, size: int
) -> None:
    api = product.new_client(tenant, *AUTO_CREATE)
    answers = at_once([lambda: api.post(path, body, key("the one"))] * CALLERS)
    first = require_one_import(answers)
    assert count(product, "imports_importjob", tenant) == 1
    assert count(product, "imports_target", tenant) == size
    assert count(product, "events_event", tenant) == size + 1
    assert contradictions(product, tenant) == {}
    again = api.post(path, body, key("the one"))
    assert (again.status, again.body) == (202, first.body)
    assert again.headers["idempotency-replayed"] == "true"


def test_of_fifty_different_bodies_one_imports(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant)
    calls = [lambda n=n: api.post(TARGETS, item(n), key("shared")) for n in range(CALLERS)]
    outcomes = Counter(answer.status if answer.status == 202 else answer.code for answer in at_once(calls))
    assert outcomes.pop(202) == 1
    assert set(outcomes) <= {"idempotency_conflict", "idempotency_in_progress"}
    assert count(product, "imports_target", tenant) == 1


def test_another_body_is_a_conflict(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant)
    assert api.post(TARGETS, item(1), key("mine")).status == 202
    for path, body in ((TARGETS, item(2)), (BATCH, batch([1])), (f"{TARGETS}?explain=true", item(1))):
        other = api.post(path, body, key("mine"))
        assert (other.status, other.code) == (409, "idempotency_conflict")
    assert count(product, "imports_importjob", tenant) == 1


def test_a_refused_request_leaves_its_key_free(product: ServedProduct, tenant: str) -> None:
    api = product.new_client(tenant)
    for wrong in (b"{", item(1) | {"title": ""}, item(1) | {"title": 1}, item(1) | {"operation": "update"}):
        assert api.post(TARGETS, wrong, key("reused")).status in (400, 404)
    corrected = api.post(TARGETS, item(1), key("reused"))
    assert (corrected.status, corrected.headers.get("idempotency-replayed")) == (202, None)


def test_a_key_belongs_to_one_client(product: ServedProduct, tenant: str) -> None:
    clients: list[Api] = [product.new_client(tenant), product.new_client(f"{tenant}-other")]
    answers = [api.post(TARGETS, item(1), key("same")) for api in clients]
    assert [answer.status for answer in answers] == [202, 202]
    assert "idempotency-replayed" not in answers[1].headers
    assert clients[1].get(f"{JOBS}/{answers[0].json['importJobId']}").status == 404
