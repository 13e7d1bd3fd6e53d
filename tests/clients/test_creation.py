"""Making clients: what goes together and what does not."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from ordinavo_connect.clients.client_rules import networks
from ordinavo_connect.clients.creation import create_client
from ordinavo_connect.clients.models import IntegrationClient, Tenant
from ordinavo_connect.clients.tenants import create_tenant, in_environment, sandbox_of


def faults(tenant: Tenant, **settings: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        create_client(tenant, **{"name": "ERP", "source_system": "SAP"} | settings)
    assert not IntegrationClient.objects.filter(name="ERP").exists()
    return refused.value.message_dict


def test_it_has_the_documented_defaults(tenant: Tenant) -> None:
    client = create_client(tenant, name=" ERP ", source_system="SAP")
    client.refresh_from_db()

    assert client.name == "ERP"
    assert (client.strategy, client.update_policy) == ("ExternalIdFirst", "fillBlanks")
    assert not any((client.auto_create_customers, client.auto_create_locations, client.auto_create_contacts))
    assert (client.refuse_unmapped, client.review_unknown, client.rate_limit) == (False, True, 600)
    assert client.scopes == client.allowed_ips == []


def test_an_alias_is_stored_by_the_full_name_and_each_scope_once(tenant: Tenant) -> None:
    client = create_client(
        tenant,
        name="ERP",
        source_system="SAP",
        scopes=["customers.map", "targets.write", "inbound.targets.write"],
    )

    assert client.scopes == ["inbound.targets.write", "customers.map"]


def test_unknown_scopes_are_named(tenant: Tenant) -> None:
    (message,) = faults(tenant, scopes=["customers.map", "nonsense", "admin"])["scopes"]

    assert "admin, nonsense" in message


@pytest.mark.parametrize("records", ["customers", "locations", "contacts"])
def test_creating_records_needs_the_scope_to_write_them(tenant: Tenant, records: str) -> None:
    field = f"auto_create_{records}"

    assert "customers.write" in faults(tenant, **{field: True})[field][0]
    assert create_client(
        tenant, name="ERP", source_system="SAP", scopes=["customers.write"], **{field: True}
    ).pk


def test_the_threshold_for_linking_is_not_under_the_one_for_review(tenant: Tenant) -> None:
    found = faults(tenant, link_threshold=0.4, review_threshold=0.5)
    assert "must not be under" in found["link_threshold"][0]


@pytest.mark.parametrize("name", ["link_threshold", "review_threshold", "margin"])
def test_a_threshold_lies_between_0_and_1(tenant: Tenant, name: str) -> None:
    assert name in faults(tenant, **{name: 1.5})


def test_all_faults_are_told_together(tenant: Tenant) -> None:
    found = faults(
        tenant,
        name="",
        source_system="no spaces",
        scopes=["nonsense"],
        allowed_ips=["300.1.1.1"],
        rate_limit=0,
        strategy="Guess",
        update_policy="maybe",
    )

    assert found.keys() == {
        *("name", "source_system", "scopes", "allowed_ips", "rate_limit", "strategy", "update_policy")
    }


def test_a_name_is_given_once_a_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    create_client(tenant, name="ERP", source_system="SAP")

    with pytest.raises(ValidationError, match="name"):
        create_client(tenant, name="ERP", source_system="other")
    assert create_client(other_tenant, name="ERP", source_system="SAP").pk
    assert create_client(tenant, name="ERP", source_system="SAP", environment="test").pk


def test_two_clients_may_share_a_source_system(tenant: Tenant) -> None:
    create_client(tenant, name="ERP", source_system="SAP")

    assert create_client(tenant, name="ERP 2", source_system="SAP").pk


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["10.1.2.3"], ["10.1.2.3/32"]),
        ([" 203.0.113.0/24 ", "203.0.113.0/24"], ["203.0.113.0/24"]),
        (["2001:DB8::/32", "2001:db8:0::1"], ["2001:db8::/32", "2001:db8::1/128"]),
    ],
)
def test_networks_are_kept_in_their_normal_form(given: list[str], kept: list[str]) -> None:
    assert networks(given) == kept


def test_every_wrong_network_is_named() -> None:
    with pytest.raises(ValueError, match="office.*203.0.113.1/24"):
        networks(["office", "10.0.0.1", "203.0.113.1/24"])


def test_a_sandbox_is_made_once(tenant: Tenant) -> None:
    sandbox = sandbox_of(tenant)

    assert (sandbox.slug, sandbox.name) == ("acme-sandbox", "Acme Field Service (sandbox)")
    assert sandbox_of(tenant) == sandbox == sandbox_of(sandbox)
    assert (tenant.environment, sandbox.environment) == ("live", "test")


def test_a_sandbox_is_never_live(tenant: Tenant) -> None:
    with pytest.raises(ValidationError, match="sandbox"):
        in_environment(sandbox_of(tenant), "live")


@pytest.mark.parametrize("slug", ["", "Acme", "-a", "a_b", "a" * 64, "acme-sandbox"])
def test_a_slug_has_a_form(db: None, slug: str) -> None:
    with pytest.raises(ValidationError):
        create_tenant(slug)
