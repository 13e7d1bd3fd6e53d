"""From the import to the acknowledged invoice, on real parts: the product, chromium, a receiver on the loopback."""

import json
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks import Webhook

from ordinavo_connect.running.walkthrough.doors import Api
from ordinavo_connect.running.walkthrough.photo import photo
from ordinavo_connect.running.walkthrough.play import play
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_my_day import sign
from tests.faults.served_product import ServedProduct
from tests.running.product import ROOT, eventually, free_port

EXTERNAL_ID = "JOB-WHOLE-WAY"
EVERYTHING = ("customer", "location", "contact", "contactDetails", "reportSummary", "billingDetails")
# What the ERP is told of its target, in the order in which it happens.
TOLD = [
    "target.imported",
    "appointment.scheduled",
    "target.scheduled",
    "appointment.started",
    "appointment.completed",
    "target.completed",
    "visit_report.created",
    "visit_report.submitted",
    "visit_report.approved",
    "billing.event_created",
    "billing.event_ready",
    "billing.event_sent",
]


class Receiver(ThreadingHTTPServer):
    """Takes every delivery, and keeps what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keeper)
        self.received: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks"

    def bodies(self, external_id: str) -> list[dict[str, Any]]:
        """What was told of one target, each event once, in the order of their positions in time."""
        found = {}
        for headers, body in list(self.received):
            told = json.loads(body)
            if told.get("target", {}).get("externalId") == external_id:
                found[headers["webhook-id"]] = told
        return sorted(found.values(), key=lambda each: (each["occurredAt"], TOLD.index(each["eventType"])))


class _Keeper(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def product() -> Iterator[ServedProduct]:
    with tempfile.TemporaryDirectory(prefix="ordinavo-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        environment = {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "WEBHOOK_ALLOW_HTTP": "true"}
        product = ServedProduct(Path(folder) / "var", free_port(), environment)
        try:
            product.start_and_await()
            yield product
        finally:
            product.end()


@pytest.fixture
def demo(product: ServedProduct) -> dict[str, str]:
    content: dict[str, str] = json.loads((product.var_dir / "demo.json").read_text())
    return content


@pytest.fixture
def erp(demo: dict[str, str]) -> Api:
    return Api(demo["baseUrl"], demo["apiKey"])


@pytest.fixture
def subscription(erp: Api, receiver: Receiver) -> dict[str, Any]:
    """To everything, with everything in the bodies."""
    made: dict[str, Any] = erp.post(
        "/webhooks/subscriptions",
        {"url": receiver.url, "eventTypes": ["*"], "include": dict.fromkeys(EVERYTHING, True)},
    )
    return made


def test_the_whole_way(
    browser: Browser,
    erp: Api,
    demo: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
) -> None:
    target = _import(erp)

    manager = _log_in(browser, demo["planningUrl"], demo["adminUser"], demo["adminPassword"], DESK)
    _plan_and_publish(manager, demo)
    assert erp.get(f"/inbound/targets/{EXTERNAL_ID}")["status"] == "Planned"

    phone = _log_in(browser, demo["myDayUrl"], demo["myDayUser"], demo["myDayPassword"], PHONE)
    _visit(phone)
    _approve(manager, demo)

    bill = next(
        each
        for each in erp.get("/billing-events?status=Ready")["items"]
        if each["target"]["externalId"] == EXTERNAL_ID
    )
    sent = erp.post(f"/billing-events/{bill['billingEvent']['id']}/ack", {"documentNumber": "INV-4711"})
    assert sent["billingEvent"]["status"] == "Sent"

    assert eventually(lambda: len(receiver.bodies(EXTERNAL_ID)) == len(TOLD)), receiver.bodies(EXTERNAL_ID)
    bodies = receiver.bodies(EXTERNAL_ID)
    assert [body["eventType"] for body in bodies] == TOLD
    for body in bodies:
        assert body["customer"]["externalId"] == "CUST-10042"
        assert body["customer"]["customerNumber"] == "RRM-001"
    assert bodies[-1]["billingEvent"]["documentNumber"] == "INV-4711"
    assert bodies[TOLD.index("visit_report.approved")]["visitReport"]["attachmentCount"] == 2
    hook = Webhook(subscription["secret"])
    for headers, body in receiver.received:
        hook.verify(body.decode(), headers)

    _life_is_told(manager, demo, target["targetId"])


def _import(erp: Api) -> dict[str, Any]:
    example = json.loads((ROOT / "tests/examples/target-with-customer.request.json").read_text())
    today = datetime.now(ZoneInfo("Europe/Berlin")).date().isoformat()
    planning = {"priority": "High", "estimatedWorkMinutes": 45, "routeDate": today}
    answer = erp.post("/inbound/targets", example | {"externalId": EXTERNAL_ID, "planning": planning})
    job = erp.get(f"/import-jobs/{answer['importJobId']}")
    assert (job["status"], job["createdItems"]) == ("Completed", 1)
    item: dict[str, Any] = erp.get(f"/import-jobs/{answer['importJobId']}/items")["items"][0]
    assert item["customerMapping"]["status"] == "Mapped"
    return item


def _log_in(browser: Browser, address: str, user: str, password: str, size: dict[str, int]) -> Page:
    page = browser.new_context(viewport=size).new_page()  # type: ignore[arg-type]
    page.goto(address)
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{address}**")
    return page


def _plan_and_publish(page: Page, demo: dict[str, str]) -> None:
    """Today, Jana alone: the target that was just imported."""
    page.goto(demo["planningUrl"])
    page.get_by_role("button", name="Plan this day").click()
    page.get_by_label("Everybody").uncheck()
    page.get_by_label("Jana Weber").check()
    page.get_by_role("button", name="Make the plan").click()
    publish = page.get_by_role("button", name="Publish …")
    expect(publish).to_be_enabled(timeout=60_000)
    expect(page.get_by_text("1 of 1 target")).to_be_visible()
    publish.click()
    expect(page.get_by_text("1 appointment for 1 person")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published, with appointments for Jana Weber.")).to_be_visible()


def _visit(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Work done: write the report").click()
    page.get_by_role("radio", name="Successful").check()
    page.get_by_label("What was done").fill("Filters changed.")
    page.get_by_label("Work in minutes").fill("45")
    picture = {"name": "unit.jpg", "mimeType": "image/jpeg", "buffer": photo("Unit 221")}
    page.locator("[data-choose-photos]").set_input_files(picture)  # type: ignore[arg-type]
    expect(page.locator(".tile .fate")).to_have_text("✓")
    sign(page)
    page.get_by_label("Name of who signs").fill("Anna Weber")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("Sent. The office looks at it.")).to_be_visible()


def _approve(page: Page, demo: dict[str, str]) -> None:
    page.goto(f"{demo['adminUrl']}visits/visitreport/?status__exact=Submitted")
    page.get_by_role("link", name="Maintenance visit - Essen Center").click()
    expect(page.get_by_text("112.00 EUR")).to_be_visible()
    page.locator("body").press("a")
    expect(page.get_by_text("Approved: Maintenance visit - Essen Center")).to_be_visible()


def _life_is_told(page: Page, demo: dict[str, str], target_id: int) -> None:
    page.goto(f"{demo['adminUrl']}imports/target/{target_id}/change/")
    line = page.locator(".oc-timeline").inner_text()
    steps = [
        "Billed as INV-4711",
        "Report approved",
        "Report handed in",
        "Work done",
        "Work began",
        "Planned for Jana Weber",
        "Import job #",
    ]
    places = [line.index(step) for step in steps]
    assert places == sorted(places)  # newest first


def test_make_demo_plays_it_again_and_again(
    erp: Api, demo: dict[str, str], subscription: dict[str, Any], receiver: Receiver
) -> None:
    for _time in range(2):
        walk = play(demo, ROOT)
        first = walk.targets[0]["externalId"]
        assert eventually(lambda first=first: len(receiver.bodies(first)) == len(TOLD))
        assert walk.billing["billingEvent"]["status"] == "Sent"
    statuses = sorted(each["billingEvent"]["status"] for each in erp.get("/billing-events")["items"])
    assert statuses == ["Pending", "Pending", "Ready", "Ready", "Sent", "Sent"]
