"""The address that a request comes from, as far as it can be trusted.

Source: API contract, Authentication: the connection's, or what TRUSTED_PROXIES hand on.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")


def address_of(request: HttpRequest | Request) -> str:
    """The caller's IP address in canonical text form; '' where the connection has none (a socket file)."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    address = caller(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES)
    return str(address) if address else ""


def caller(connection: str, forwarded: Iterable[str], trusted: Iterable[Network]) -> Address | None:
    """Walks back from the connection while the one who speaks is a trusted proxy.

    `forwarded` is X-Forwarded-For from left to right. Only a trusted proxy's own entry, the rightmost that is
    left, is believed; what stands left of a stranger may be made up. An entry that is no address ends the
    walk at the proxy that wrote it.
    """
    networks = tuple(trusted)
    address = _parsed(connection)
    entries = _from_the_right(forwarded)
    while address and any(address in network for network in networks):
        before = _parsed(next(entries, ""))
        if before is None:
            break
        address = before
    return address


def _from_the_right(forwarded: Iterable[str]) -> Iterator[str]:
    return iter([entry.strip() for entry in forwarded][::-1])


def _parsed(text: str) -> Address | None:
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A socket that listens on both families shows v4 callers as ::ffff:192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
