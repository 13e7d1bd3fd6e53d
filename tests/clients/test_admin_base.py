"""Another tenant's row is not there, on any page of the base (here: those of Integration Clients)."""

from collections.abc import Callable

import pytest
from django.test import Client

from ordinavo_connect.clients.admin_base import has_tenant, of_tenant
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from tests.factories import make_client

BrowserOf = Callable[[User], Client]
LIST = "/admin/clients/integrationclient/"
UNKNOWN = 999_999


def test_a_list_holds_the_active_tenants_rows(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient, other_erp: IntegrationClient
) -> None:
    page = browser_of(owner).get(LIST).content.decode()

    assert erp.name in page
    assert other_erp.name not in page


def test_a_search_finds_the_active_tenants_rows(
    browser_of: BrowserOf, owner: User, other_erp: IntegrationClient
) -> None:
    assert other_erp.name not in browser_of(owner).get(f"{LIST}?q=Umbrella").content.decode()


@pytest.mark.parametrize("page", ["change", "delete", "history", "keys/new"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_tenants_id_answers_as_an_unknown_one(
    browser_of: BrowserOf, owner: User, other_erp: IntegrationClient, page: str, method: str
) -> None:
    browser = browser_of(owner)

    def answer(number: int) -> tuple[int, str, list[str]]:
        response = getattr(browser, method)(f"{LIST}{number}/{page}/", {"post": "yes"})
        told = [str(message) for message in browser.get("/admin/").context["messages"]]
        return (
            response.status_code,
            response.headers["Location"],
            [text.replace(str(number), "N") for text in told],
        )

    assert answer(other_erp.pk) == answer(UNKNOWN)
    assert IntegrationClient.objects.filter(pk=other_erp.pk, name=other_erp.name).exists()


def test_a_new_row_is_the_active_tenants(tenant: Tenant, other_tenant: Tenant) -> None:
    mine, theirs = make_client(tenant), make_client(other_tenant)

    assert list(of_tenant(IntegrationClient.objects.all(), tenant)) == [mine]
    assert list(of_tenant(IntegrationClient.objects.all(), other_tenant)) == [theirs]
    assert list(of_tenant(IntegrationClient.objects.all(), None)) == []


def test_people_of_a_tenant_are_its_members(
    owner: User, other_owner: User, superuser: User, tenant: Tenant
) -> None:
    assert list(of_tenant(User.objects.all(), tenant)) == [owner]
    assert has_tenant(User)
    assert not has_tenant(Tenant)
