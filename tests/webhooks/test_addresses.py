"""Where deliveries may go."""

import ipaddress

import pytest

from webhooks.delivery.addresses import is_allowed, literal


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.9", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
        *("224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
        ),
        *("64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "100::1"),
    ],
)
def test_what_is_not_public_is_forbidden(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address), [])


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ],
)
def test_what_is_public_is_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), [])


def test_a_setting_opens_a_network_and_no_other() -> None:
    networks = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8")]
    opened = [
        is_allowed(ipaddress.ip_address(each), networks)
        for each in ("127.0.0.1", "::ffff:127.0.0.1", "fd00::5")
    ]
    closed = [is_allowed(ipaddress.ip_address(each), networks) for each in ("10.0.0.1", "::1")]
    assert (opened, closed) == ([True] * 3, [False] * 2)


@pytest.mark.parametrize(
    ("host", "spelled"),
    [
        *(("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.1", "127.0.0.1"), ("0x7f000001", "127.0.0.1")),
        *(("2130706433", "127.0.0.1"), ("017700000001", "127.0.0.1"), ("example.com", "None"), ("", "None")),
    ],
)
def test_a_host_that_spells_an_address_out(host: str, spelled: str) -> None:
    assert str(literal(host)) == spelled


def test_what_only_looks_like_an_address_is_none() -> None:
    with pytest.raises(ValueError, match=r"1\.2\.3\.4\.5"):
        literal("1.2.3.4.5")
