from ipaddress import ip_network
from typing import Any

import pytest
from django.test import RequestFactory

from ordinavo_connect.api.client_address import address_of, caller

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:f::/48")]


@pytest.mark.parametrize(
    ("connection", "forwarded", "expected"),
    [
        pytest.param("192.0.2.1", "", "192.0.2.1", id="no proxy"),
        pytest.param("192.0.2.1", "203.0.113.9", "192.0.2.1", id="a stranger's word is not believed"),
        pytest.param("10.0.0.1", "203.0.113.9", "203.0.113.9", id="a proxy's is"),
        pytest.param("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9", id="what a client made up"),
        pytest.param("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9", id="through two proxies"),
        pytest.param("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3", id="from a proxy itself"),
        pytest.param("10.0.0.1", "", "10.0.0.1", id="a proxy that hands on nothing"),
        pytest.param("10.0.0.1", "203.0.113.9, rubbish", "10.0.0.1", id="rubbish ends the walk"),
        pytest.param("10.0.0.1", "203.0.113.9:4711", "203.0.113.9", id="with a port"),
        pytest.param("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1", id="v6 with a port"),
        pytest.param("10.0.0.1", "2001:DB8:0::1", "2001:db8::1", id="v6 in canonical form"),
        pytest.param("2001:db8:f::1", "203.0.113.9", "203.0.113.9", id="a v6 proxy"),
        pytest.param("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9", id="v4 in v6"),
        pytest.param("fe80::1%eth0", "", "fe80::1", id="with a zone"),
        pytest.param("", "203.0.113.9", None, id="a socket file"),
    ],
)
def test_the_address_of_a_caller(connection: str, forwarded: str, expected: str | None) -> None:
    found = caller(connection, forwarded.split(","), PROXIES)
    assert (str(found) if found else None) == expected


def test_no_proxy_is_trusted_by_default(settings: Any) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "203.0.113.9"})
    settings.TRUSTED_PROXIES = []
    assert address_of(request) == "10.0.0.1"
    settings.TRUSTED_PROXIES = PROXIES
    assert address_of(request) == "203.0.113.9"
