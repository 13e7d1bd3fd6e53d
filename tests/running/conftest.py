"""One running product for the tests that leave it running, and new ones for those that do not."""

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.running.product import Product, free_port


@pytest.fixture(scope="module")
def running() -> Iterator[Product]:
    """The product, started once for the tests of a module; each leaves it ready."""
    with _new_product() as product:
        product.start_and_await()
        yield product


@pytest.fixture
def product() -> Iterator[Product]:
    """The product, not started."""
    with _new_product() as product:
        yield product


@contextlib.contextmanager
def _new_product() -> Iterator[Product]:
    with _open_folder() as folder:
        product = Product(folder / "var", free_port())
        try:
            yield product
        finally:
            product.end()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can pass through; pytest's own are closed to PostgreSQL's user."""
    with _open_folder() as folder:
        yield folder


@contextlib.contextmanager
def _open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ordinavo-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a new database on the server that the tests run on."""
    server, name = os.environ["DATABASE_URL"], f"given_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    parts = urlsplit(server)
    yield parts._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
