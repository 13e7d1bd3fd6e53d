"""`make up`: what comes back, what ends, and what is said. Real processes, real kills."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ordinavo_connect.running.postgres import connection_urls
from tests.running.product import (
    ROOT,
    Product,
    children_of,
    clean_environment,
    eventually,
    free_port,
    is_alive,
    kill,
)


def is_reachable(product: Product) -> bool:
    try:
        with psycopg.connect(connection_urls(product.var_dir)[0]):
            return True
    except psycopg.OperationalError:
        return False


def test_it_ends_with_a_line_that_imports_a_job(running: Product) -> None:
    line = next(line for line in running.output.splitlines() if line.strip().startswith("curl "))
    done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert answer["items"][0]["customerMapping"]["status"] == "Mapped", answer


def test_it_names_the_log_in_and_the_key_that_the_demo_file_holds(running: Product) -> None:
    demo = json.loads((running.var_dir / "demo.json").read_text())
    for name in ("adminUrl", "adminUser", "adminPassword", "apiKey"):
        assert demo[name] in running.output


def test_what_it_keeps_is_closed_to_others(running: Product) -> None:
    for path in (running.var_dir, *running.var_dir.iterdir()):
        assert not path.lstat().st_mode & stat.S_IRWXO or path.is_symlink(), path
    for name in ("demo.json", "secret_key", "postgres/passwords.json"):
        assert stat.S_IMODE((running.var_dir / name).stat().st_mode) == 0o600


def test_a_killed_web_server_is_back(running: Product) -> None:
    web, workers = running.web(), running.web_workers()
    kill(web)
    assert eventually(lambda: not any(map(is_alive, [web, *workers])))  # Its workers go with it.
    assert eventually(running.is_ready)


def test_a_killed_web_worker_is_back(running: Product) -> None:
    workers = running.web_workers()
    kill(workers[0])
    assert eventually(lambda: len(set(running.web_workers()) - {workers[0]}) == len(workers))
    assert eventually(running.is_ready)


def test_a_killed_worker_is_back_with_its_pool(running: Product) -> None:
    worker = running.worker()
    pool = children_of(worker)
    kill(worker)
    assert eventually(lambda: not any(map(is_alive, [worker, *pool])))  # Its pool goes with it.
    assert eventually(lambda: children_of(_pid_of(running.worker)))


def test_a_killed_beat_is_back(running: Product) -> None:
    beat = running.beat()
    kill(beat)
    assert eventually(lambda: _pid_of(running.beat) not in (-1, beat))


def _pid_of(process: Callable[[], int]) -> int:
    """-1, the parent of nobody, where it is not there."""
    try:
        return process()
    except StopIteration:
        return -1


def test_a_killed_database_is_back_with_its_rows(running: Product) -> None:
    _, owner = connection_urls(running.var_dir)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")
    killed = running.postgres()
    kill(killed)
    assert eventually(lambda: not is_alive(killed) and is_reachable(running))
    with psycopg.connect(owner) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("still here",)
    assert eventually(running.is_ready)


def test_a_second_start_says_so_and_leaves_the_first_alone(running: Product) -> None:
    second = Product(running.var_dir, free_port())
    second.start()
    assert second.wait() == 1
    assert "already running" in second.output
    assert str(running.port) in second.output
    assert running.is_ready()


def test_another_terminal_finds_the_database(running: Product) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "showmigrations", "--plan"],
        cwd=ROOT,
        env=clean_environment() | {"VAR_DIR": str(running.var_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[ ]" not in done.stdout


def test_the_application_is_no_superuser_and_owns_nothing(running: Product) -> None:
    app, owner = connection_urls(running.var_dir)
    query = "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    for url in (app, owner):
        with psycopg.connect(url) as connection:
            assert connection.execute(query).fetchone() == (False,)
    with psycopg.connect(app) as connection:
        owned = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
        assert connection.execute(owned).fetchone() == (0,)


def test_the_application_can_only_read_and_add_history(running: Product) -> None:
    from ordinavo_connect.running.rights import append_only_tables

    tables = append_only_tables()
    assert tables
    query = """
        SELECT array_agg(DISTINCT privilege) FROM unnest(%s::text[]) AS history,
            unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
        WHERE has_table_privilege(history, privilege)"""
    with psycopg.connect(connection_urls(running.var_dir)[0]) as connection:
        assert connection.execute(query, [tables]).fetchone() == (["INSERT", "SELECT"],)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become another user.")
def test_nobody_else_reaches_the_database(running: Product) -> None:
    """Not even a process of PostgreSQL's own user: others may run as that user too."""
    user = running.data.stat().st_uid
    app, _ = connection_urls(running.var_dir)
    for folder in (running.data, Path(running.data.parent / "socket")):
        seen = subprocess.run(
            ["/bin/ls", str(folder)],
            user=user,
            group=65534,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
        assert seen.returncode != 0
    without_password = app.replace(app.split(":")[2].split("@")[0], "")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(without_password)


def test_told_to_stop_it_stops_everything(product: Product) -> None:
    product.start_and_await()
    everything = product.processes()
    assert product.stop() == 0
    assert not [pid for pid in everything if is_alive(pid)]
    assert not (product.data / "postmaster.pid").exists()  # In good order.


def test_killed_it_takes_everything_with_it_and_starts_again(product: Product) -> None:
    product.start_and_await()
    everything = product.processes()
    kill(product.pid)
    assert eventually(lambda: not any(map(is_alive, everything)))
    assert product.wait() == -signal.SIGKILL
    product.start_and_await()
    assert product.is_ready()


def test_it_starts_again_after_everything_was_killed(product: Product) -> None:
    product.start_and_await()
    key = json.loads((product.var_dir / "demo.json").read_text())["apiKey"]
    for pid in product.processes():
        kill(pid)
    product.wait()
    assert (product.data / "postmaster.pid").exists()  # Nobody could tidy up.
    product.start_and_await()
    assert json.loads((product.var_dir / "demo.json").read_text())["apiKey"] == key


def test_a_taken_port_is_named(product: Product) -> None:
    with socket.create_server(("127.0.0.1", product.port)):
        product.start()
        assert product.wait() == 1
    assert f"Port {product.port}" in product.output
    assert not (product.var_dir / "postgres").exists()


@pytest.mark.parametrize(("name", "value"), [("PORT", "eighty"), ("WEB_WORKERS", "0"), ("DEMO", "perhaps")])
def test_a_value_that_cannot_be_used_is_named(product: Product, name: str, value: str) -> None:
    product.environment = {name: value}
    product.start()
    assert product.wait() == 1
    assert f"{name}='{value}'" in product.output


def test_a_broker_that_is_none_is_named_without_its_password(product: Product) -> None:
    product.environment = {"CELERY_BROKER_URL": "http://me:secret@broker"}
    product.start()
    assert product.wait() == 1
    assert "CELERY_BROKER_URL" in product.output
    assert "secret" not in product.output


def test_a_given_database_replaces_the_embedded_one(product: Product, empty_database: str) -> None:
    product.environment = {"DATABASE_URL": empty_database}
    product.start_and_await()
    assert not (product.var_dir / "postgres").exists()
    assert not (product.var_dir / "demo.json").exists()  # Seeded only on request.
    assert product.stop() == 0
