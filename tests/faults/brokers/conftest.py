import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.faults.brokers.kinds import KINDS, missing
from tests.faults.brokers.scene import Scene
from tests.running.product import ROOT, clean_environment


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own on the server that the tests run on, with the product's tables."""
    server, name = os.environ["DATABASE_URL"], f"brokers_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    var_dir = tmp_path_factory.mktemp("var")
    subprocess.run(
        [sys.executable, "manage.py", "prepare_database"],
        cwd=ROOT,
        env=clean_environment() | {"DATABASE_URL": url, "VAR_DIR": str(var_dir)},
        capture_output=True,
        check=True,
    )
    yield url
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=list(KINDS))
def scene(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Scene]:
    """One for each kind of broker, which runs; nobody works yet."""
    if reason := missing(request.param):
        pytest.skip(reason)
    scene = Scene(database_url, tmp_path, KINDS[request.param](tmp_path))
    try:
        scene.broker.start()
        yield scene
    finally:
        scene.end()
