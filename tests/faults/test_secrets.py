"""Keys and passwords appear in no log line, answer, table or command line: only where they were made for."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request

import pytest

from tests.api.plain_http import Answer, head
from tests.faults.calls import BATCH, JOBS, TARGETS, V1, Api
from tests.faults.items import batch, item
from tests.faults.served_product import AUTO_CREATE, ServedProduct
from tests.running.product import command_of

BANNER_END = "Ctrl-C stops everything."
SECRET = re.compile(r"oc_(?:live|test)_[0-9A-Za-z]{12}_([0-9A-Za-z]+)")


def secret_of(key: str) -> str:
    """The part that nobody but its owner knows."""
    found = SECRET.fullmatch(key)
    assert found
    return found[1][:43]


@pytest.fixture(scope="module")
def client(started: ServedProduct) -> Api:
    return started.new_client("secrets", *AUTO_CREATE)


@pytest.fixture
def demo(product: ServedProduct) -> dict[str, str]:
    return json.loads((product.var_dir / "demo.json").read_text())


@pytest.fixture
def secrets(product: ServedProduct, client: Api, demo: dict[str, str]) -> dict[str, str]:
    return {
        "the key": secret_of(client.key),
        "the demo key": secret_of(demo["apiKey"]),
        "the administrator's password": demo["adminPassword"],
        "the secret key": (product.var_dir / "secret_key").read_text().strip(),
        "a database password": product.database_passwords[0],
        "the owner's database password": product.database_passwords[1],
    }


def misplaced(client: Api) -> list[Answer]:
    """The key where it does not belong, beside requests that are right, wrong and refused."""
    key, server = client.key, client.server
    return [
        client.post(TARGETS, item(1, customers=1)),
        client.post(BATCH, batch(range(10), customers=2), "Idempotency-Key: once"),
        client.post(BATCH, batch(range(10), customers=2), "Idempotency-Key: once"),
        client.post(TARGETS, b"{"),
        client.post(TARGETS, item(1) | {"title": 1}),
        client.post(TARGETS, item(1), "Content-Encoding: gzip"),
        client.post(TARGETS, item(1), "Content-Length: 99999999"),
        client.get(f"{JOBS}?limit=x"),
        client.get(f"{JOBS}/999999999"),
        client.get("/no/such/path"),
        server.say(head("GET", JOBS, f"Authorization: {key}")),
        server.say(head("GET", JOBS, f"Authorization: Basic {key}")),
        server.say(head("GET", JOBS, f"Authorization: Bearer {key}x")),
        server.say(head("GET", JOBS, f"Authorization: Bearer {key[:-1]}")),
        server.say(head("GET", JOBS, f"X-Api-Key: {key}", f"Cookie: sessionid={key}", f"User-Agent: {key}")),
        server.say(head("GET", f"{JOBS}?apiKey={key}")),
        server.say(head("GET", f"{V1}/{key}")),
        server.say(head("POST", f"{TARGETS}?access_token={key}", "Content-Length: 99999999")),
        server.say(head("GET", JOBS, f"X-Correlation-Id: {key}", f"Referer: http://x/?k={key}")),
        server.say(head("GET", "/admin/", f"Authorization: Bearer {key}")),
        server.say(head("GET", "/readyz", f"Authorization: Bearer {key}")),
    ]


def test_no_answer_holds_one(client: Api, secrets: dict[str, str]) -> None:
    for answer in misplaced(client):
        said = answer.body.decode() + json.dumps(answer.headers)
        assert [name for name, secret in secrets.items() if secret in said] == []


def test_no_log_line_holds_one(
    product: ServedProduct, client: Api, demo: dict[str, str], secrets: dict[str, str]
) -> None:
    misplaced(client)
    log_in(product, demo)
    said = product.log.rpartition(BANNER_END)[2] + product.postgres_log
    lines = [line for line in said.splitlines() if any(secret in line for secret in secrets.values())]
    assert lines == []


def test_no_table_holds_one(
    product: ServedProduct, client: Api, demo: dict[str, str], secrets: dict[str, str]
) -> None:
    misplaced(client)
    log_in(product, demo)
    assert tables_with(product, *secrets.values()) == set()


def tables_with(product: ServedProduct, *secrets: str) -> set[str]:
    """Tables of which a row holds one, as text or as bytes."""
    tables = product.rows("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
    assert len(tables) > 20
    patterns = [f"%{form}%" for secret in secrets for form in (secret, secret.encode().hex())]
    query = "SELECT EXISTS (SELECT FROM {} AS x WHERE x::text LIKE ANY(%s))"
    return {table for (table,) in tables if product.rows(query.format(table), patterns)[0][0]}


def test_the_search_would_find_it(product: ServedProduct, client: Api) -> None:
    """What is public is found where it is kept."""
    assert "clients_apikey" in tables_with(product, client.key.split("_")[2])


def test_no_command_line_holds_one(product: ServedProduct, secrets: dict[str, str]) -> None:
    """Everybody on a machine can read them."""
    lines = [command_of(pid) for pid in product.processes()]
    assert any("granian" in line for line in lines)
    assert [line for line in lines if any(secret in line for secret in secrets.values())] == []


def test_nobody_else_can_read_the_files_that_hold_them(product: ServedProduct) -> None:
    for name in ("demo.json", "secret_key", "postgres/passwords.json"):
        assert (product.var_dir / name).stat().st_mode & 0o077 == 0, name


def log_in(product: ServedProduct, demo: dict[str, str]) -> None:
    """A person with a wrong password, then with the right one."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    url = f"http://127.0.0.1:{product.port}/admin/login/?next=/admin/"
    for password in ("wrong", demo["adminPassword"]):
        page = opener.open(url, timeout=30).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": demo["adminUser"], "password": password}
        page = opener.open(url, urllib.parse.urlencode(form).encode(), timeout=30).read().decode()
        assert demo["adminPassword"] not in page
    assert "logout" in page.lower()
