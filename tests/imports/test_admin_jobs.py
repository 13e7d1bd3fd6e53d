"""The pages of import jobs."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from imports.models import ImportJob
from ordinavo_connect.clients.models import User
from tests.api_caller import ApiCaller
from tests.imports.admin_cases import job

Browsers = Callable[[User], Client]


@pytest.fixture
def batch(api: ApiCaller) -> ImportJob:
    items = [
        job("JOB-1"),
        job("JOB-2", customer={"externalId": "CUST-9", "name": "Somebody"}),
        {"externalId": "JOB-3", "title": "", "colour": "blue"},
    ]
    answer = api.post(
        "/inbound/targets/batch", {"batchId": "AM-7", "items": items}, x_correlation_id="corr-1"
    )
    return ImportJob.objects.get(pk=answer.json()["importJobId"])


def _page(browser: Client, row: ImportJob, **filters: str) -> str:
    return browser.get(reverse("admin:imports_importjob_change", args=[row.pk]), filters).content.decode()


def test_the_list_shows_who_what_and_the_outcome_in_words(
    batch: ImportJob, browser_of: Browsers, viewer: User
) -> None:
    page = browser_of(viewer).get(reverse("admin:imports_importjob_changelist")).content.decode()
    for text in ("Acme ERP", "AM-7", "corr-1", "Partially failed", "2&nbsp;Imported", "1&nbsp;Rejected"):
        assert text in page


@pytest.mark.parametrize("term", ["JOB-2", "AM-7", "corr-1", " AM-7 "])
def test_a_job_is_found_by_external_id_batch_and_correlation_id(
    batch: ImportJob, api: ApiCaller, browser_of: Browsers, viewer: User, term: str
) -> None:
    api.post("/inbound/targets", job("JOB-X"))
    listed = browser_of(viewer).get(reverse("admin:imports_importjob_changelist"), {"q": term})
    assert [row.pk for row in listed.context["cl"].result_list] == [batch.pk]


def test_the_list_is_filtered_by_status_and_client(
    batch: ImportJob, browser_of: Browsers, viewer: User
) -> None:
    browser, address = browser_of(viewer), reverse("admin:imports_importjob_changelist")
    for filters, count in (
        ({"status__exact": "PartiallyFailed"}, 1),
        ({"status__exact": "Completed"}, 0),
        ({"client__id__exact": str(batch.client_id)}, 1),
    ):
        assert browser.get(address, filters).context["cl"].result_count == count


def test_the_page_shows_its_items_and_segments_that_filter_them(
    batch: ImportJob, browser_of: Browsers, viewer: User
) -> None:
    page = _page(browser_of(viewer), batch)
    for text in (
        "JOB-1",
        "JOB-2",
        "JOB-3",
        "corr-1",
        "?status=Rejected#items",
        "?mappingStatus=NotFound#items",
    ):
        assert text in page
    assert "?warning=customer_not_found#items" in page


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"status": "Rejected"}, {"JOB-3"}),
        ({"status": "Imported"}, {"JOB-1", "JOB-2"}),
        ({"mappingStatus": "NotFound"}, {"JOB-2"}),
        ({"warning": "customer_not_found"}, {"JOB-2"}),
        ({"status": "Rejected", "warning": "customer_not_found"}, set()),
        ({"status": "nonsense"}, {"JOB-1", "JOB-2", "JOB-3"}),
    ],
)
def test_items_are_filtered_by_the_address(
    batch: ImportJob, browser_of: Browsers, viewer: User, filters: dict[str, str], shown: set[str]
) -> None:
    page = _page(browser_of(viewer), batch, **filters)
    items = page[page.index('id="items"') :]
    assert {name for name in ("JOB-1", "JOB-2", "JOB-3") if f">{name}<" in items} == shown


def test_items_come_in_pages_that_keep_the_filter(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    answer = api.post("/inbound/targets/batch", {"items": [job(f"J-{number}") for number in range(60)]})
    row = ImportJob.objects.get(pk=answer.json()["importJobId"])
    first = _page(browser_of(viewer), row, status="Imported")
    assert "?status=Imported&amp;p=2#items" in first
    second = _page(browser_of(viewer), row, status="Imported", p="2")
    assert ">J-59<" in second
    assert ">J-0<" not in second


def test_an_empty_list_says_what_to_do_next(browser_of: Browsers, viewer: User) -> None:
    page = browser_of(viewer).get(reverse("admin:imports_importjob_changelist")).content.decode()
    assert "Nothing was imported yet" in page
    assert "/api/connect/v1/inbound/targets" in page


def test_the_export_holds_what_the_list_shows(batch: ImportJob, browser_of: Browsers, viewer: User) -> None:
    address = reverse("admin:imports_importjob_export")
    lines = b"".join(browser_of(viewer).get(address)).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "AM-7" in lines[1]
    none = browser_of(viewer).get(address, {"status__exact": "Completed"})
    assert len(b"".join(none).decode().splitlines()) == 1
