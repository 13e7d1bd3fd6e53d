"""The payloads of the contract, byte for byte, through the running product."""

import json
from pathlib import Path

import pytest

from tests.faults.calls import BATCH, JOBS, TARGETS, Api
from tests.faults.served_product import ServedProduct

EXAMPLES = Path(__file__).parent.parent / "examples"
SINGLE = (
    "delivery-stop.request.json",
    "quickstart.request.json",
    "target-minimal.request.json",
    "target-with-customer.request.json",
)
ITEM_KEYS = {
    "itemId",
    "index",
    "externalId",
    "operation",
    "status",
    "targetId",
    "warnings",
    "errorCode",
    "errorMessage",
    "details",
    "contentHash",
}


@pytest.fixture
def demo(product: ServedProduct) -> Api:
    """The key that `make up` prints: its registry knows the examples' customers."""
    return Api(product.server, json.loads((product.var_dir / "demo.json").read_text())["apiKey"])


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_example_is_imported(demo: Api, name: str) -> None:
    answer = demo.post(TARGETS, (EXAMPLES / name).read_bytes())
    assert answer.status == 202
    body = answer.json
    assert body["status"] == "Accepted"
    assert answer.headers["location"] == f"{JOBS}/{body['importJobId']}"
    (item,) = body["items"]
    assert set(item) >= ITEM_KEYS
    assert item["status"] in {"Imported", "Updated", "Unchanged"}


def test_the_example_with_customer_is_mapped_as_the_example_of_the_answer(demo: Api) -> None:
    body = demo.post(TARGETS, (EXAMPLES / "target-with-customer.request.json").read_bytes()).json
    mapping = body["items"][0]["customerMapping"]
    assert mapping["status"] == "Mapped"
    for name in ("customerId", "customerLocationId", "customerContactId"):
        assert isinstance(mapping[name], int)


def test_a_batch_of_items_and_locations_is_imported(demo: Api) -> None:
    answer = demo.post(BATCH, (EXAMPLES / "batch.request.json").read_bytes())
    assert (answer.status, answer.json["status"]) == (202, "Accepted")
    assert [item["customerMapping"]["status"] for item in answer.json["items"]] == ["Mapped", "Mapped"]


def test_a_batch_of_targets_and_addresses_is_imported(demo: Api) -> None:
    body = demo.post(BATCH, (EXAMPLES / "legacy-batch.request.json").read_bytes()).json
    assert (body["status"], body["batchId"]) == ("PartiallyFailed", "BATCH-2026-06-25-AM")
    assert [item["errorCode"] for item in body["items"]] == [None, None, "validation_failed"]
    assert demo.get(f"{JOBS}/{body['importJobId']}").json["status"] == "PartiallyFailed"
