"""A product of its own: its sender may reach the loopback, by http."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.webhooks.world import SendingProduct
from tests.running.product import free_port

OPEN = {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "WEBHOOK_ALLOW_HTTP": "true"}


@pytest.fixture(scope="package")
def started() -> Iterator[SendingProduct]:
    with tempfile.TemporaryDirectory(prefix="ordinavo-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        product = SendingProduct(Path(folder) / "var", free_port(), environment=OPEN)
        try:
            product.start_and_await()
            yield product
        finally:
            product.end()


@pytest.fixture
def product(started: SendingProduct) -> SendingProduct:
    started.await_ready()
    return started
