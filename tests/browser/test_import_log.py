"""An administrator finds out what happened to a job."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ordinavo_connect.clients.models import Tenant, User
from tests.browser.conftest import DESK, PHONE
from tests.factories import make_customer, make_reference
from tests.imports.admin_cases import job

Admin = Callable[[User], Page]
Post = Callable[[dict[str, Any]], Any]


def test_what_happened_to_a_job_is_answered_in_three_steps(
    tenant: Tenant, owner: User, post: Post, admin: Admin
) -> None:
    make_reference(make_customer(tenant), "CUST-1")
    post(
        {
            "items": [job("JOB-1", customer={"externalId": "CUST-1"}), {"externalId": "JOB-2"}],
            "batchId": "AM-7",
        }
    )
    page = admin(owner)
    page.get_by_role("link", name="Import jobs").first.click()
    page.get_by_role("link", name=re.compile(r"^#\d+$")).click()
    page.get_by_role("link", name="1 Rejected").first.click()
    expect(page.get_by_role("link", name="JOB-2")).to_be_visible()
    expect(page.get_by_role("link", name="JOB-1", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Show all items").click()
    page.get_by_role("link", name="JOB-1", exact=True).click()
    for heading in ("1 · Received", "2 · Decided", "3 · Result"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_role("link", name="Rhein-Ruhr Medical Supply")).to_be_visible()
    expect(page.get_by_text("target.imported")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(
    tenant: Tenant, owner: User, post: Post, admin: Admin, live_server: Any, size: Any, scheme: Any
) -> None:
    make_reference(make_customer(tenant, number="RRM-001"), "CUST-1")
    long = "JOB-" + "X" * 120
    answer = post(
        {"items": [job(long, title="T" * 200, customer={"externalId": "CUST-1", "name": "N" * 200})]}
    )
    post(job("JOB-9", customer={"externalId": "Y" * 128, "name": "M" * 200}))
    page = admin(owner)
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    item = answer["items"][0]
    for path in (
        *("", "imports/importjob/", "imports/importitem/", "imports/target/", "customers/mappingreview/"),
        *("customers/customer/", "customers/location/", "customers/contact/"),
        f"imports/importjob/{answer['importJobId']}/change/",
        f"imports/importitem/{item['itemId']}/change/",
        f"imports/target/{item['targetId']}/change/",
        f"customers/customer/{item['customerMapping']['customerId']}/change/",
        f"customers/customer/{item['customerMapping']['customerId']}/history/",
    ):
        page.goto(f"{live_server.url}/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
