"""The two pages that show the OpenAPI document, in a real browser: they load, by themselves, without an error."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.api.plain_http import served

# Path, and what stands there when the document is drawn.
PAGES = [
    ("/api/docs", "#operations-Import-importTarget"),
    ("/api/redoc", "h2:has-text('Import one target')"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served("ordinavo_connect.asgi:application") as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize(("path", "drawn"), PAGES)
def test_the_page_shows_the_document(
    address: str, browser: Browser, path: str, drawn: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(address + path)
        page.locator(drawn).first.wait_for()
        page.wait_for_load_state("networkidle")
        assert complaints == []
        # Nothing is loaded from elsewhere.
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        page.close()


def test_a_field_of_an_import_is_found_by_its_name(address: str, browser: Browser) -> None:
    """ReDoc searches in a worker, which the page's policy allows."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        page.goto(f"{address}/api/redoc")
        page.get_by_placeholder("Search").fill("batch")
        page.locator("[role=search] >> text=Import many targets").first.wait_for()
    finally:
        page.close()
