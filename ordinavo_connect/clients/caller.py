"""Who is calling: an Integration Client, as one of its keys may use it."""

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ordinavo_connect.clients import scopes as catalogue
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Tenant

if TYPE_CHECKING:
    from ordinavo_connect.api.protocol import ApiClient


@dataclass(frozen=True, slots=True)
class Caller:
    """The `request.auth` and `request.user` of an API request.

    Tenant, source system and scopes come from the key alone, never from a payload. `scopes` are what client
    and key allow together, by their full names. `client` is the row itself, with its rules of mapping.
    """

    client: IntegrationClient = field(repr=False)
    key: ApiKey = field(repr=False)
    scopes: tuple[str, ...]

    # What Django and its packages ask of a user.
    is_authenticated = True
    is_anonymous = False
    is_active = True
    pk = None

    @property
    def id(self) -> int:
        return self.client.pk

    @property
    def tenant(self) -> Tenant:
        return self.client.tenant

    @property
    def tenant_id(self) -> int:
        return self.client.tenant_id

    @property
    def key_id(self) -> int:
        return self.key.pk

    @property
    def source_system(self) -> str:
        return self.client.source_system

    @property
    def environment(self) -> str:
        return self.tenant.environment

    @property
    def rate_limit(self) -> int:
        return self.client.rate_limit

    def has_scope(self, name: str, /) -> bool:
        return catalogue.allows(self.scopes, name)

    def allows_ip(self, address: str, /) -> bool:
        return is_within(address, self.client.allowed_ips)


def caller_of(key: ApiKey) -> Caller:
    """The caller that a key makes. `key.client` and its tenant should be loaded."""
    return Caller(client=key.client, key=key, scopes=effective_scopes(key.client.scopes, key.scopes))


def effective_scopes(of_client: list[str], of_key: list[str] | None) -> tuple[str, ...]:
    """What client and key allow together; a key without scopes of its own has all of its client's."""
    if of_key is None:
        return tuple(of_client)
    named = {*of_client, *of_key}
    return tuple(
        name
        for name in catalogue.SCOPES
        if name in named and catalogue.allows(of_client, name) and catalogue.allows(of_key, name)
    )


def is_within(address: str, networks: list[str]) -> bool:
    """Whether an IP address lies in one of the CIDRs; no CIDRs allow every address."""
    if not networks:
        return True
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network) for network in networks)


if TYPE_CHECKING:

    def _conforms(caller: Caller) -> ApiClient:
        return caller
