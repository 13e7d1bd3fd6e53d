"""One product for all tests of a worker; what a test breaks, it waits for until it is mended."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.calls import TARGETS, Api
from tests.faults.consistency import contradictions
from tests.faults.items import item
from tests.faults.served_product import AUTO_CREATE, ServedProduct
from tests.running.product import free_port

# Each fault once; FAULT_ROUNDS=20 tries as many moments for each kill.
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(ROUNDS))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In one worker, where the tests are handed out by groups: one product is enough, and two disturb."""
    for test in items:
        if test.path.is_relative_to(Path(__file__).parent):
            test.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture
def product(started: ServedProduct) -> ServedProduct:
    """The product, ready again after whatever a test before did to it."""
    started.await_ready()
    return started


@pytest.fixture(scope="session")
def started() -> Iterator[ServedProduct]:
    with tempfile.TemporaryDirectory(prefix="ordinavo-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        product = ServedProduct(Path(folder) / "var", free_port())
        try:
            product.start_and_await()
            yield product
        finally:
            product.end()


@pytest.fixture
def tenant() -> str:
    """The name of a tenant that there is not yet."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def badly_behaved(started: ServedProduct) -> Api:
    """A client of a tenant of its own, `bad-requests`."""
    return started.new_client("bad-requests", *AUTO_CREATE)


@pytest.fixture
def api(product: ServedProduct, badly_behaved: Api) -> Iterator[Api]:
    """For requests that are refused: the product still imports afterwards, and nothing contradicts itself."""
    errors = product.log.count('"code": "internal_error"')
    yield badly_behaved
    assert badly_behaved.post(TARGETS, item(1, customers=1)).status == 202
    assert product.log.count('"code": "internal_error"') == errors
    assert contradictions(product, "bad-requests") == {}
