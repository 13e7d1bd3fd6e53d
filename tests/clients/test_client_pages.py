"""The admin's pages of Integration Clients."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from imports.models import ImportJob
from ordinavo_connect.clients import figures
from ordinavo_connect.clients.key_lifecycle import create_key
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from tests.factories import make_client

LIST = "/admin/clients/integrationclient/"
ADD = f"{LIST}add/"
BrowserOf = Callable[[User], Client]

SETTINGS = {
    "name": "Web shop",
    "source_system": "shop",
    "is_active": "on",
    "environment": "live",
    "scopes": ["inbound.targets.write", "customers.map"],
    "strategy": "ExternalIdFirst",
    "update_policy": "fillBlanks",
    "review_unknown": "on",
    "allowed_ips": "203.0.113.7\n2001:db8::/32",
    "rate_limit": "600",
    **{"link_threshold": "0.8", "review_threshold": "0.5", "margin": "0.05"},
}


def page_of(client: IntegrationClient) -> str:
    return reverse("admin:clients_integrationclient_change", args=[client.pk])


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def test_a_client_is_made_with_its_settings(
    browser_of: BrowserOf, integration_admin: User, tenant: Tenant
) -> None:
    response = browser_of(integration_admin).post(ADD, SETTINGS)

    client = IntegrationClient.objects.get()
    assert response.headers["Location"] == page_of(client)
    assert (client.tenant, client.name, client.source_system) == (tenant, "Web shop", "shop")
    assert client.scopes == ["inbound.targets.write", "customers.map"]
    assert client.allowed_ips == ["203.0.113.7/32", "2001:db8::/32"]
    assert (client.review_unknown, client.refuse_unmapped) == (True, False)


def test_every_choice_says_what_it_means(browser_of: BrowserOf, owner: User) -> None:
    page = browser_of(owner).get(ADD).content.decode()

    for sentence in (
        "Link imported targets to known customers, locations and contacts.",
        "Only what staff linked by hand; everything else goes to review.",
        "An import fills what is blank, and never replaces what is there.",
        "A customer that is not found is created from what was sent.",
        "is rejected, not imported.",
        "Works in the sandbox",
    ):
        assert sentence in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"source_system": "S A P"}, "source_system"),
        ({"scopes": ["nonsense"]}, "scopes"),
        ({"link_threshold": "0.4"}, "link_threshold"),
        ({"margin": "2"}, "margin"),
        ({"auto_create_customers": "on"}, "auto_create_customers"),
        ({"allowed_ips": "office"}, "allowed_ips"),
        ({"rate_limit": "0"}, "rate_limit"),
    ],
)
def test_a_fault_is_told_beside_its_field(
    browser_of: BrowserOf, owner: User, change: dict[str, Any], field: str
) -> None:
    assert errors_of(browser_of(owner).post(ADD, SETTINGS | change)).keys() == {field}
    assert not IntegrationClient.objects.exists()


def test_a_name_that_is_taken_is_told(browser_of: BrowserOf, owner: User, erp: IntegrationClient) -> None:
    errors = errors_of(browser_of(owner).post(ADD, SETTINGS | {"name": erp.name}))

    assert errors == {"__all__": ["There is an Integration Client of this name already."]}


def test_a_sandbox_client_goes_to_the_sandbox_and_so_does_the_person(
    browser_of: BrowserOf, owner: User, tenant: Tenant
) -> None:
    browser = browser_of(owner)
    response = browser.post(ADD, SETTINGS | {"environment": "test"}, follow=True)

    client = IntegrationClient.objects.get()
    assert client.tenant.sandbox_of == tenant
    assert response.status_code == 200
    assert "You work in Acme Field Service (sandbox) now" in response.content.decode()
    assert "Web shop" in browser.get(LIST).content.decode()


def test_a_client_never_changes_its_environment(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    browser_of(owner).post(page_of(erp), SETTINGS | {"environment": "test"})

    erp.refresh_from_db()
    assert (erp.name, erp.tenant.environment) == ("Web shop", "live")


def test_the_page_tells_what_happens_to_an_unknown_customer(
    browser_of: BrowserOf, owner: User, tenant: Tenant
) -> None:
    refusing = make_client(tenant, source_system="a", refuse_unmapped=True)
    creating = make_client(tenant, source_system="b", auto_create_customers=True)
    browser = browser_of(owner)

    assert "rejected with mapping_required" in browser.get(page_of(refusing)).content.decode()
    assert "mapping status Created" in browser.get(page_of(creating)).content.decode()


def test_the_page_shows_the_figures_that_an_upper_app_gives(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "_providers", [lambda client: [figures.Figure("Frobnicated", 4711)]])

    page = browser_of(owner).get(page_of(erp)).content.decode()
    assert "Frobnicated" in page
    assert "4,711" in page


def test_a_client_without_imports_is_deleted(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    browser_of(owner).post(f"{LIST}{erp.pk}/delete/", {"post": "yes"})

    assert not IntegrationClient.objects.exists()


def test_a_client_with_imports_is_kept(browser_of: BrowserOf, owner: User, erp: IntegrationClient) -> None:
    ImportJob.objects.create(
        tenant=erp.tenant, client=erp, source_system="erp", status="Completed", created_at=timezone.now()
    )
    response = browser_of(owner).post(f"{LIST}{erp.pk}/delete/", {"post": "yes"}, follow=True)

    assert "Disable it instead" in response.content.decode()
    assert IntegrationClient.objects.exists()


def test_many_at_once_are_not_deleted(browser_of: BrowserOf, owner: User, erp: IntegrationClient) -> None:
    browser_of(owner).post(LIST, {"action": "delete_selected", "_selected_action": [erp.pk], "post": "yes"})

    assert IntegrationClient.objects.exists()


def test_a_viewer_sees_the_settings_but_no_keys(
    browser_of: BrowserOf, viewer: User, erp: IntegrationClient
) -> None:
    response = browser_of(viewer).get(page_of(erp))

    assert response.status_code == 200
    assert "API keys" not in response.content.decode()
    assert browser_of(viewer).post(page_of(erp), SETTINGS).status_code == 403
    assert browser_of(viewer).get(ADD).status_code == 403


def test_an_empty_list_says_what_to_do(browser_of: BrowserOf, owner: User) -> None:
    assert "No Integration Client yet" in browser_of(owner).get(LIST).content.decode()


def test_the_pages_ask_a_constant_number_of_queries(
    browser_of: BrowserOf, owner: User, tenant: Tenant, erp: IntegrationClient
) -> None:
    browser = browser_of(owner)
    few = [queries_of(browser, page) for page in (LIST, page_of(erp))]
    for number in range(5):
        create_key(make_client(tenant, source_system=f"s{number}"), name="k")
        create_key(erp, name=f"k{number}")

    assert [queries_of(browser, page) for page in (LIST, page_of(erp))] == few


def queries_of(browser: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page).status_code == 200
    return len(queries)
