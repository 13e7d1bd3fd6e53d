"""Which IP addresses a delivery may go to.

Only what is reachable on the public internet, or lies in a network that a setting allows. Looked at when a
subscription names an address, and again at the address that a request is really connected to.
Source: API contract, Webhooks; https://www.iana.org/assignments/iana-ipv4-special-registry/ and …-ipv6-….
"""

import ipaddress
import socket
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORBIDDEN_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host, by a public address
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
# All other addresses of IPv6 are no addresses of hosts on the internet.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_FORBIDDEN_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: leads to any IPv4 address
        "3fff::/20",
    )
)
# An IPv4 address written, or translated on its way, as one of IPv6: judged by what it leads to.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether a request may be connected to an address.

    Args:
        networks: that are allowed besides the public internet.
    """
    address = _meant(address)
    return any(address in network for network in networks) or _is_public(address)


def literal(host: str) -> Address | None:
    """The address that a host of a URL writes out; None where it is a name.

    IPv4 in each form that the resolver takes for one: `127.1`, `0x7f000001`, `017700000001`.

    Raises:
        ValueError: it looks like an address, and is none.
    """
    if ":" in host:
        return ipaddress.IPv6Address(host)
    last = host.rstrip(".").rpartition(".")[2]
    if not (last.isdecimal() or last.lower().startswith("0x")):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        raise ValueError(f"{host} is no address.") from None


def _meant(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _FORBIDDEN_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _FORBIDDEN_V6)
