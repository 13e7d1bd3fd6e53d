import pytest

from ordinavo_connect.clients.caller import effective_scopes, is_within
from ordinavo_connect.clients.models import IntegrationClient
from tests.api_caller import ApiCaller
from tests.factories import make_key


@pytest.mark.parametrize(
    ("of_client", "of_key", "effective"),
    [
        (["customers.map", "customers.read"], None, ("customers.map", "customers.read")),
        (["customers.map", "customers.read"], ["customers.read"], ("customers.read",)),
        (["customers.read"], [], ()),
        # The client lost a scope that its key still names.
        (["customers.read"], ["customers.map", "customers.read"], ("customers.read",)),
        # Who manages subscriptions may read them.
        (["webhooks.manage"], ["webhooks.read"], ("webhooks.read",)),
        (["webhooks.read"], ["webhooks.manage"], ("webhooks.read",)),
    ],
)
def test_a_caller_may_what_client_and_key_allow(
    of_client: list[str], of_key: list[str] | None, effective: tuple[str, ...]
) -> None:
    assert effective_scopes(of_client, of_key) == effective


@pytest.mark.parametrize(
    ("address", "networks", "is_inside"),
    [
        ("203.0.113.7", [], True),
        ("203.0.113.7", ["203.0.113.0/24"], True),
        ("203.0.114.7", ["203.0.113.0/24"], False),
        ("::ffff:203.0.113.7", ["203.0.113.0/24"], True),
        ("2001:db8::1", ["203.0.113.0/24", "2001:db8::/32"], True),
        ("2001:db9::1", ["2001:db8::/32"], False),
        ("", ["0.0.0.0/0"], False),
    ],
)
def test_an_address_lies_within_the_networks(address: str, networks: list[str], is_inside: bool) -> None:
    assert is_within(address, networks) is is_inside


def test_a_narrower_key_is_missing_what_its_client_has(erp: IntegrationClient) -> None:
    response = ApiCaller(make_key(erp, scopes=["customers.read"])).get("/integration/health")

    assert response.status_code == 403
    assert response.json()["error"]["requiredScope"] == "integration.health.read"


def test_a_client_may_be_bound_to_networks(erp: IntegrationClient, api: ApiCaller) -> None:
    erp.allowed_ips = ["203.0.113.0/24"]
    erp.save()

    assert api.get("/integration/health").json()["error"]["code"] == "ip_not_allowed"
