"""What staff may type into an address or a form without the admin failing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ordinavo_connect.clients.models import User
from tests.api_caller import ApiCaller
from tests.imports.admin_cases import unknown_customer

BrowserOf = Callable[[User], Client]
HUGE = "9" * 20


@pytest.mark.parametrize(
    ("model", "filters"),
    [
        ("customers_customer", {"x": "1"}),
        ("customers_customer", {"status__exact": "open"}),
        ("customers_location", {"customer__id__exact": HUGE, "x": "1"}),
        ("imports_importjob", {"x": "1"}),
        ("imports_importitem", {"job__x": "1"}),
        ("imports_target", {"nothing": "1"}),
        ("customers_mappingreview", {"x": "1"}),
    ],
)
def test_an_export_answers_an_unfit_filter_as_the_list_does(
    browser_of: BrowserOf, viewer: User, model: str, filters: dict[str, str]
) -> None:
    browser = browser_of(viewer)
    of_list = browser.get(reverse(f"admin:{model}_changelist"), filters)
    exported = browser.get(reverse(f"admin:{model}_export"), filters)
    assert exported.status_code == of_list.status_code
    if exported.status_code == 302:
        assert exported.headers["Location"] == reverse(f"admin:{model}_changelist") + "?e=1"


@pytest.mark.parametrize(
    "filters",
    [
        {"created_at_from_0": "x"},
        {"client__id__exact": HUGE},
        {"client__id__exact": "x"},
        {"status__exact": "x"},
    ],
)
def test_an_export_never_fails_on_values_of_a_filter(
    browser_of: BrowserOf, viewer: User, filters: dict[str, str]
) -> None:
    address = reverse("admin:imports_importjob_export")
    assert browser_of(viewer).get(address, filters).status_code in (200, 302)


@pytest.mark.parametrize(
    ("view", "given"),
    [
        ("imports_importitem_changelist", {"error_code": "\0"}),
        ("imports_importitem_changelist", {"q": "a\0b"}),
        ("imports_importjob_changelist", {"status__exact": "\0"}),
        ("imports_target_export", {"status__exact": "\0"}),
        ("customers_mappingreview_changelist", {"status__exact": "\0"}),
        ("customers_customer_changelist", {"\0": "1"}),
        (
            "autocomplete",
            {"app_label": "customers", "model_name": "location", "field_name": "customer", "term": "\0"},
        ),
        ("search", {"s": "\0"}),
    ],
)
def test_nul_is_refused_wherever_it_is_asked_with(
    browser_of: BrowserOf, owner: User, view: str, given: dict[str, str]
) -> None:
    assert browser_of(owner).get(reverse(f"admin:{view}"), given).status_code == 400


def test_nul_in_a_search_or_a_note_of_a_review_is_refused(
    api: ApiCaller, browser_of: BrowserOf, reviewer: User
) -> None:
    review, browser = unknown_customer(api), browser_of(reviewer)
    page = reverse("admin:customers_mappingreview_change", args=[review.pk])
    decide = reverse("admin:customers_mappingreview_decide", args=[review.pk])
    assert browser.get(page, {"q": "\0"}).status_code == 400
    assert browser.post(decide, {"action": "dismiss", "note": "\0"}).status_code == 400
    review.refresh_from_db()
    assert review.status == "open"


@pytest.mark.parametrize("given", [{"username": "\0", "password": "\0"}, {"username": "a", "password": "\0"}])
def test_nul_at_the_log_in_is_no_failure(db: Any, given: dict[str, str]) -> None:
    for next_page in ("/admin/", "/admin/\0"):
        answer = Client().post(reverse("admin:login"), given | {"next": next_page})
        assert answer.status_code < 500


def test_who_is_refused_by_nul_in_the_path_is_told_as_of_any_unknown_row(
    browser_of: BrowserOf, owner: User
) -> None:
    for number in ("%00", "1%00", HUGE, "x"):
        answer = browser_of(owner).get(f"/admin/customers/customer/{number}/change/")
        assert answer.status_code == 302


@pytest.mark.parametrize("number", ["9", "x", "0", "-1"])
def test_a_page_that_the_menu_search_does_not_have_is_not_found(
    browser_of: BrowserOf, viewer: User, number: str
) -> None:
    answer = browser_of(viewer).get(reverse("admin:search"), {"s": "cust", "page": number})
    assert answer.status_code == 404


def test_the_history_of_an_account_answers_alike_whether_it_is_there(
    browser_of: BrowserOf, viewer: User, owner: User
) -> None:
    browser = browser_of(viewer)
    known, unknown = (
        browser.get(reverse("admin:clients_user_history", args=[number])) for number in (owner.pk, 987654321)
    )
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_a_superuser_reads_the_history_of_an_account(
    browser_of: BrowserOf, superuser: User, owner: User
) -> None:
    assert (
        browser_of(superuser).get(reverse("admin:clients_user_history", args=[owner.pk])).status_code == 200
    )


def test_a_name_that_is_too_long_to_be_one_is_refused_at_the_log_in(db: Any) -> None:
    answer = Client().post(reverse("admin:login"), {"username": "a" * 300, "password": "x"})
    assert answer.status_code == 200
    assert "Please enter the correct" in answer.content.decode()


def test_a_refusal_says_why_and_leads_back(browser_of: BrowserOf, viewer: User) -> None:
    browser = browser_of(viewer)
    for address, status, words in (
        (reverse("admin:customers_customer_add"), 403, "Your role"),
        ("/admin/nothing/", 404, "There is no such page"),
        (reverse("admin:imports_target_changelist") + "?q=%00", 400, "cannot be read"),
    ):
        answer = browser.get(address)
        page = answer.content.decode()
        assert (answer.status_code, words in page) == (status, True)
        assert f'href="{reverse("admin:index")}"' in page
