"""A real chromium against a real server. Without a chromium these tests are skipped; `make test` says so."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from ordinavo_connect.clients.models import IntegrationClient, User
from tests.factories import make_key

CHROMIUM = os.environ.get("CHROMIUM", "")
PASSWORD = "correct horse battery staple"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            # Of pytest-base-url, on which pytest-playwright stands.
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"))
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no chromium"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}


@pytest.fixture(autouse=True, scope="session")
def rows_beside_an_event_loop() -> None:
    """Playwright keeps an event loop in the thread of the tests, which themselves are not asynchronous.

    It stays until the session ends, and so does this.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture
def faults(page: Page) -> Iterator[list[str]]:
    """What the browser complains of: errors of scripts, and what the content security policy refused."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    yield found
    assert found == []


@pytest.fixture
def admin(page: Page, live_server: Any, faults: list[str]) -> Callable[[User], Page]:
    """The admin, where somebody has logged in through the form."""

    def log_in(user: User) -> Page:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        page.goto(f"{live_server.url}/admin/")
        page.fill("[name=username]", user.username)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"{live_server.url}/admin/")
        return page

    return log_in


@pytest.fixture
def post(live_server: Any, erp: IntegrationClient) -> Callable[..., Any]:
    """`post({...})`: one target, imported over HTTP by Acme's ERP."""
    headers = {"Authorization": f"Bearer {make_key(erp)}"}

    def call(body: dict[str, Any]) -> Any:
        path = "/api/connect/v1/inbound/targets" + ("/batch" if "items" in body else "")
        answer = httpx.post(live_server.url + path, json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()

    return call
