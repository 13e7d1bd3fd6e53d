"""`manage.py create_client`: what automation gets, and what it is told when something is wrong."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Tenant
from tests.api_caller import ApiCaller

BASE = ["--tenant", "acme", "--name", "ERP", "--source-system", "SAP", "--scopes", "integration.health.read"]


def run(*flags: str) -> str:
    out = StringIO()
    call_command("create_client", *BASE, *flags, stdout=out)
    return out.getvalue()


def made(*flags: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run("--json", *flags))
    return result


def refused(*flags: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*flags)
    return str(error.value)


@pytest.mark.django_db
def test_it_makes_tenant_client_and_a_key_that_works() -> None:
    result = made()

    assert result.keys() == {
        *("apiKey", "publicId", "integrationClientId", "tenant", "sourceSystem", "environment", "scopes"),
        "expiresAt",
    }
    assert (result["tenant"], result["sourceSystem"], result["environment"]) == ("acme", "SAP", "live")
    assert (result["scopes"], result["expiresAt"]) == (["integration.health.read"], None)
    assert result["publicId"] in result["apiKey"]
    client = IntegrationClient.objects.get(pk=result["integrationClientId"])
    assert client.tenant.slug == "acme"
    assert ApiCaller(result["apiKey"]).get("/integration/health").status_code == 200


def test_it_takes_a_tenant_that_is_there(tenant: Tenant) -> None:
    result = made()

    assert Tenant.objects.count() == 1
    assert IntegrationClient.objects.get(pk=result["integrationClientId"]).tenant == tenant


def test_a_person_reads_the_key_without_json(tenant: Tenant) -> None:
    text = run()

    assert ApiCaller(text.split()[2]).get("/integration/health").status_code == 200


def test_a_test_client_works_in_the_sandbox(tenant: Tenant) -> None:
    result = made("--environment", "test")

    assert (result["tenant"], result["environment"]) == ("acme-sandbox", "test")
    assert result["apiKey"].startswith("oc_test_")


def test_every_setting_has_a_flag(tenant: Tenant) -> None:
    result = made(
        *("--scopes", "targets.write, customers.write", "--strategy", "ExternalIdOnly"),
        *("--auto-create-customers", "--auto-create-locations", "--auto-create-contacts"),
        *("--update-policy", "overwrite", "--refuse-unmapped", "--no-review-unknown"),
        *("--expires-at", "2099-01-31T12:00:00+01:00", "--allowed-ips", "10.0.0.1,2001:db8::/32"),
        *("--rate-limit", "60"),
    )

    client = IntegrationClient.objects.get(pk=result["integrationClientId"])
    assert client.scopes == result["scopes"] == ["inbound.targets.write", "customers.write"]
    assert (client.strategy, client.update_policy, client.rate_limit) == ("ExternalIdOnly", "overwrite", 60)
    assert client.auto_create_customers
    assert client.auto_create_locations
    assert client.auto_create_contacts
    assert (client.refuse_unmapped, client.review_unknown) == (True, False)
    assert client.allowed_ips == ["10.0.0.1/32", "2001:db8::/32"]
    assert result["expiresAt"] == "2099-01-31T11:00:00Z"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--tenant", "Acme GmbH"], "--tenant: Lower-case"),
        (["--tenant", "acme-sandbox"], "--tenant: A slug that ends in -sandbox"),
        (["--source-system", "S A P"], "--source-system: 1 to 64"),
        (["--scopes", "customers.map,nonsense"], "--scopes: Unknown scope: nonsense"),
        (
            ["--link-threshold", "0.4"],
            "--link-threshold: The threshold for linking must not be under the one for review.",
        ),
        (["--margin", "2"], "--margin: "),
        (
            ["--auto-create-customers"],
            "--auto-create-customers: Creating records needs the scope customers.write",
        ),
        (["--allowed-ips", "office"], "--allowed-ips: “office” is no IP address"),
        (["--rate-limit", "0"], "--rate-limit: "),
        (["--expires-at", "tomorrow"], "--expires-at: tomorrow is no time"),
        (["--expires-at", "2099-13-01T00:00:00Z"], "--expires-at: 2099-13-01T00:00:00Z is no time"),
        (["--expires-at", "2099-01-31T12:00:00"], "--expires-at: A time needs its zone"),
        (["--expires-at", "2020-01-31T12:00:00Z"], "--expires-at: The time has passed"),
    ],
)
def test_a_fault_is_told_under_its_flag_and_nothing_is_half_made(flags: list[str], told: str) -> None:
    assert told in refused(*flags)
    assert not Tenant.objects.exists()
    assert not ApiKey.objects.exists()


def test_a_name_that_is_taken_is_refused(tenant: Tenant) -> None:
    run()

    assert "There is an Integration Client of this name already." in refused()
    assert IntegrationClient.objects.count() == 1


def test_all_faults_are_told_at_once(tenant: Tenant) -> None:
    told = refused("--source-system", "S A P", "--rate-limit", "0", "--allowed-ips", "x")

    assert [line.partition(":")[0] for line in sorted(told.splitlines())] == [
        *("--allowed-ips", "--rate-limit", "--source-system")
    ]
