"""A page has one name: in the menu, above the page, and in the browser."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from tests.factories import make_customer

BrowserOf = Callable[[User], Client]


def _title(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert found
    return " ".join(found[1].split())


def _heading(page: str) -> str:
    found = re.search(r'class="oc-heading">.*?<h1>(.*?)</h1>', page, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("admin:customers_mappingreview_changelist", "Review"),
        ("admin:imports_importjob_changelist", "Import jobs"),
        ("admin:imports_importitem_changelist", "Items"),
        ("admin:customers_customer_changelist", "Customers"),
        ("admin:clients_integrationclient_changelist", "Clients and keys"),
        ("admin:clients_membership_changelist", "Staff"),
        ("admin:clients_tenant_changelist", "Tenant"),
        ("admin:index", "Home"),
    ],
)
def test_a_list_is_called_as_in_the_menu(browser_of: BrowserOf, owner: User, address: str, name: str) -> None:
    page = browser_of(owner).get(reverse(address)).content.decode()
    assert (_title(page), _heading(page)) == (f"{name} | Ordinavo Connect", name)


def test_a_record_comes_before_its_list(browser_of: BrowserOf, owner: User, tenant: Tenant) -> None:
    customer = make_customer(tenant, number="RRM-001")
    page = browser_of(owner).get(reverse("admin:customers_customer_change", args=[customer.pk]))
    assert _title(page.content.decode()) == f"{customer} | Customers | Ordinavo Connect"
    assert _heading(page.content.decode()) == str(customer)


def test_a_page_about_a_client_names_the_client(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    page = browser_of(owner).get(reverse("admin:clients_key_new", args=[erp.pk])).content.decode()
    assert _title(page) == "New API key | Clients and keys | Ordinavo Connect"
    assert _heading(page) == "Acme ERP"


def test_what_is_wrong_in_a_form_is_said_at_its_top_with_the_way_there(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    address = reverse("admin:clients_integrationclient_change", args=[erp.pk])
    settings = {"name": "", "source_system": "erp", "scopes": [], "strategy": "ExternalIdFirst"}
    page = browser_of(owner).post(address, settings | {"allowed_ips": "nonsense"}).content.decode()
    above, _form, below = page.partition('id="integrationclient_form"')
    for field in ("name", "allowed_ips"):
        assert f'href="#id_{field}"' in above
        assert f'id="id_{field}"' in below


def test_every_link_to_a_choice_leads_somewhere(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    address = reverse("admin:clients_integrationclient_change", args=[erp.pk])
    page = browser_of(owner).post(address, {}).content.decode()
    linked = set(re.findall(r'href="#(id_[^"]+)"', page))
    assert linked
    assert linked <= set(re.findall(r'id="(id_[^"]+)"', page))
