"""Who sees which page of imports, registry and reviews; and that another tenant's rows are not there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Contact, Customer, Location, MappingReview
from imports.models import ImportItem, ImportJob, Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_contact, make_location
from tests.imports.admin_cases import conflict

Browsers = Callable[[User], Client]

IMPORTS = {"imports_importjob": ImportJob, "imports_importitem": ImportItem, "imports_target": Target}
REGISTRY = {"customers_customer": Customer, "customers_location": Location, "customers_contact": Contact}
REVIEWS = {"customers_mappingreview": MappingReview}
PAGES: dict[str, Any] = IMPORTS | REGISTRY | REVIEWS

MAY_SEE = {
    "owner": PAGES,
    "reviewer": PAGES,
    "viewer": PAGES,
    "dispatcher": IMPORTS | REGISTRY,
    "integration_admin": IMPORTS,
    "employee": {},
}


@pytest.fixture
def everything(api: ApiCaller, tenant: Tenant) -> None:
    _review, known, _other = conflict(api, tenant)
    make_location(known)
    make_contact(known)


def _addresses(page: str) -> list[str]:
    row = PAGES[page].objects.first()
    addresses = [
        reverse(f"admin:{page}_changelist"),
        reverse(f"admin:{page}_export"),
        reverse(f"admin:{page}_change", args=[row.pk]),
    ]
    return [*addresses, reverse(f"admin:{page}_history", args=[row.pk])] if page in REGISTRY else addresses


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", MAY_SEE)
def test_a_role_sees_its_pages_and_no_other(
    everything: None, request: pytest.FixtureRequest, browser_of: Browsers, role: str, page: str
) -> None:
    browser = browser_of(request.getfixturevalue(role))
    answers = {browser.get(address).status_code for address in _addresses(page)}
    if page in MAY_SEE[role]:
        assert answers == {200}
    else:
        assert answers <= {302, 403}  # An employee is sent to the log-in, staff are refused.


@pytest.mark.parametrize("page", PAGES)
def test_a_row_of_another_tenant_answers_as_an_unknown_one(
    everything: None, browser_of: Browsers, other_owner: User, page: str
) -> None:
    browser = browser_of(other_owner)
    there, nowhere = PAGES[page].objects.first().pk, 987654321
    for view in ("change", "history", "delete"):
        foreign, unknown = (
            browser.get(reverse(f"admin:{page}_{view}", args=[number])) for number in (there, nowhere)
        )
        assert (foreign.status_code, foreign.headers.get("Location")) == (
            unknown.status_code,
            unknown.headers.get("Location"),
        )
        assert foreign.status_code in (302, 403)


@pytest.mark.parametrize("page", PAGES)
def test_lists_searches_and_exports_hold_rows_of_the_own_tenant_only(
    everything: None, browser_of: Browsers, other_owner: User, page: str
) -> None:
    browser = browser_of(other_owner)
    listed = browser.get(reverse(f"admin:{page}_changelist"))
    assert listed.context["cl"].result_count == 0
    for term in ("JOB-1", "CUST-1", "Rhein", "Essen", "Weber", "#1"):
        found = browser.get(reverse(f"admin:{page}_changelist"), {"q": term})
        assert found.context["cl"].result_count == 0
    exported = b"".join(browser.get(reverse(f"admin:{page}_export")))
    assert exported.count(b"\r\n") == 1  # The headings, and no row.


@pytest.mark.parametrize("page", [*IMPORTS, *REVIEWS])
@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_what_imports_wrote_is_neither_added_nor_deleted_by_hand(
    everything: None, request: pytest.FixtureRequest, browser_of: Browsers, role: str, page: str
) -> None:
    browser = browser_of(request.getfixturevalue(role))
    row = PAGES[page].objects.first()
    assert browser.get(reverse(f"admin:{page}_add")).status_code == 403
    assert browser.post(reverse(f"admin:{page}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert PAGES[page].objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("role", ["reviewer", "viewer", "dispatcher"])
@pytest.mark.parametrize("page", REGISTRY)
def test_only_the_owner_edits_the_registry(
    everything: None, request: pytest.FixtureRequest, browser_of: Browsers, role: str, page: str
) -> None:
    browser = browser_of(request.getfixturevalue(role))
    row = PAGES[page].objects.first()
    assert browser.post(reverse(f"admin:{page}_change", args=[row.pk]), {"name": "x"}).status_code == 403
    assert browser.get(reverse(f"admin:{page}_add")).status_code == 403


def test_autocomplete_offers_customers_of_the_own_tenant_only(
    everything: None, browser_of: Browsers, owner: User, other_owner: User
) -> None:
    ask = {"app_label": "customers", "model_name": "location", "field_name": "customer", "term": "rhein"}
    address = reverse("admin:autocomplete")
    assert len(browser_of(owner).get(address, ask).json()["results"]) == 1
    assert browser_of(other_owner).get(address, ask).json()["results"] == []
