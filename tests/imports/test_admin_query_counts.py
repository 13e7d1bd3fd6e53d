"""Pages run the same number of statements for one row as for many."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer, MappingReview
from imports.models import ImportItem, ImportJob, Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_contact, make_customer, make_location, make_reference
from tests.imports.admin_cases import job, unknown_customer

Browsers = Callable[[User], Client]

LISTS = (
    *("imports_importjob", "imports_importitem", "imports_target", "customers_mappingreview"),
    *("customers_customer", "customers_location", "customers_contact"),
)


def _fill(tenant: Tenant, api: ApiCaller, numbers: range) -> None:
    """Jobs of known customers with a location, and of unknown ones that wait for a review."""
    items = []
    for number in numbers:
        customer = make_customer(tenant, name=f"Customer {number}", number=f"N-{number}")
        make_reference(customer, f"CUST-{number}")
        make_reference(make_location(customer), f"LOC-{number}")
        make_contact(customer)
        known = {"customer": {"externalId": f"CUST-{number}"}, "location": {"externalId": f"LOC-{number}"}}
        items += [job(f"K-{number}", **known), job(f"U-{number}", customer={"externalId": f"X-{number}"})]
        assert api.post("/inbound/targets", job(f"S-{number}", **known)).status_code == 202
    assert api.post("/inbound/targets/batch", {"items": items}).status_code == 202


def _statements(browser: Client, address: str) -> int:
    browser.get(address)  # Sessions and content types are read once.
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def test_lists_run_the_same_statements_for_one_row_and_for_fifty(
    tenant: Tenant, api: ApiCaller, browser_of: Browsers, owner: User
) -> None:
    browser = browser_of(owner)
    addresses = [reverse(f"admin:{page}_changelist") for page in LISTS]
    _fill(tenant, api, range(1))
    few = [_statements(browser, address) for address in addresses]
    _fill(tenant, api, range(1, 50))
    assert [_statements(browser, address) for address in addresses] == few


def test_pages_run_the_same_statements_for_little_and_for_much(
    tenant: Tenant, api: ApiCaller, browser_of: Browsers, owner: User
) -> None:
    _fill(tenant, api, range(3))
    browser = browser_of(owner)
    small, first = Target.objects.get(external_id="S-0"), ImportJob.objects.latest("pk")
    customer = Customer.objects.get(number="N-0")
    addresses = [
        reverse("admin:index"),
        reverse("admin:imports_importjob_change", args=[first.pk]),
        reverse("admin:imports_target_change", args=[small.pk]),
        reverse(
            "admin:imports_importitem_change", args=[ImportItem.objects.filter(target=small).latest("pk").pk]
        ),
        reverse("admin:customers_customer_history", args=[customer.pk]),
    ]
    few = [_statements(browser, address) for address in addresses]
    for number in range(5):
        api.post("/inbound/targets", job("S-0", description=str(number)))
        customer.name = f"Customer 0.{number}"
        customer.save()
    _fill(tenant, api, range(3, 20))
    last = ImportJob.objects.latest("pk")
    addresses[1] = reverse("admin:imports_importjob_change", args=[last.pk])
    assert [_statements(browser, address) for address in addresses] == few


def test_a_review_runs_the_same_statements_for_one_candidate_and_for_five(
    tenant: Tenant, api: ApiCaller, browser_of: Browsers, owner: User
) -> None:
    review, browser = unknown_customer(api), browser_of(owner)
    records = [make_customer(tenant, name=f"New {number}").pk for number in range(5)]
    address = reverse("admin:customers_mappingreview_change", args=[review.pk])
    counted = []
    for candidates in (records[:1], records):
        MappingReview.objects.update(candidates=candidates)
        counted.append(_statements(browser, address))
    assert counted[0] == counted[1]
