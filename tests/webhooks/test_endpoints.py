"""Which URLs and headers a subscription may have, by table."""

import ipaddress
from typing import Any

import pytest

from webhooks.delivery.endpoints import NotAllowed, checked_headers, checked_url, origin_of


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/hooks?tenant=1&x=%20#part",
        "https://EXAMPLE.com:8443/",
        "https://sub_domain.example.com./",
        "https://münchen.example/hooks",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8443/x",
        "https://does-not-resolve.invalid/",
        "https://localhost/",  # a name: its verdict tells
        "https://intranet/",
    ],
)
def test_urls_on_the_internet_are_allowed(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "scheme_not_allowed"),
        ("ftp://example.com/", "scheme_not_allowed"),
        ("file:///etc/passwd", "invalid_url"),
        ("example.com/hooks", "invalid_url"),
        ("https://", "invalid_url"),
        ("https:///hooks", "invalid_url"),
        ("", "invalid_url"),
        ("https://exa mple.com/", "invalid_url"),
        ("https://example.com/\r\nHost: x", "invalid_url"),
        ("https://example.com\\@127.0.0.1/", "invalid_url"),
        ("https://example.com:0/", "invalid_url"),
        ("https://example.com:65536/", "invalid_url"),
        ("https://example.com:x/", "invalid_url"),
        ("https://-example.com/", "invalid_url"),
        ("https://exa%6dple.com/", "invalid_url"),
        ("https://[::1/", "invalid_url"),
        ("https://1.2.3.4.5/", "invalid_url"),
        ("https://999.1.1.1/", "invalid_url"),
        ("https://user:pw@example.com/", "credentials_not_allowed"),
        ("https://user@example.com/", "credentials_not_allowed"),
        ("https://@example.com/", "credentials_not_allowed"),
        ("https://127.0.0.1/", "address_not_allowed"),
        ("https://127.1/", "address_not_allowed"),
        ("https://127.0.0.1./", "address_not_allowed"),
        ("https://2130706433/", "address_not_allowed"),
        ("https://0x7f.1/", "address_not_allowed"),
        ("https://0177.0.0.1/", "address_not_allowed"),
        ("https://１２７.0.0.1/", "address_not_allowed"),
        ("https://10.1.2.3/", "address_not_allowed"),
        ("https://169.254.169.254/latest/meta-data", "address_not_allowed"),
        ("https://[::1]/", "address_not_allowed"),
        ("https://[::ffff:127.0.0.1]/", "address_not_allowed"),
        ("https://[64:ff9b::7f00:1]/", "address_not_allowed"),
        ("https://[2002:7f00:1::]/", "address_not_allowed"),
        ("https://[fe80::1%25eth0]/", "invalid_url"),
        ("https://[2606:4700::1111%lo]/", "invalid_url"),
        ("https://[v1.x]/", "invalid_url"),
        ("https://example.com/\u202etxt", "invalid_url"),  # turns the direction of what follows
        ("https://example.com/\u2066x\u2069", "invalid_url"),
        ("https://exa\xadmple.com/", "invalid_url"),  # a soft hyphen is not seen
        ("https://example\u3164.com/", "invalid_url"),
        ("https://example.com/\ufe0f", "invalid_url"),
        ("https://example.com/\U000e0041", "invalid_url"),
        ("https://xn--/", "invalid_url"),
        ("https://[fd00:ec2::254]/", "address_not_allowed"),
        ("https://example.com/" + "x" * 2000, "too_long"),
    ],
)
def test_other_urls_are_refused_with_a_reason(url: str, code: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        checked_url(url)
    assert refusal.value.code == code


def test_a_character_that_is_not_seen_is_named() -> None:
    with pytest.raises(NotAllowed, match=r"U\+202E"):
        checked_url("https://example.com/\u202etxt")


@pytest.mark.parametrize(
    ("url", "is_same"),
    [
        ("https://EXAMPLE.com:443/other?x=1", True),
        ("https://example.com:8443/hooks", False),
        ("http://example.com/hooks", False),
        ("https://hooks.example.com/hooks", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, is_same: bool) -> None:
    assert (origin_of(url) == origin_of("https://example.com/hooks")) is is_same


def test_settings_allow_http_and_networks(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    assert checked_url("http://127.0.0.1:9000/x") == "http://127.0.0.1:9000/x"
    with pytest.raises(NotAllowed):
        checked_url("http://10.0.0.1/")


def test_headers_of_the_receiver_are_allowed() -> None:
    headers = {"Authorization": "Bearer a b", "X-Api-Key": "x", "User-Agent": "mine"}
    assert checked_headers(headers) == headers


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("Host", "x", "header_not_allowed"),
        ("content-length", "1", "header_not_allowed"),
        ("Content-Type", "text/plain", "header_not_allowed"),
        ("Transfer-Encoding", "chunked", "header_not_allowed"),
        ("Connection", "close", "header_not_allowed"),
        ("Webhook-Signature", "v1,x", "header_not_allowed"),
        ("X-Ordinavo-Event-Id", "x", "header_not_allowed"),
        ("", "x", "invalid_header"),
        ("X Y", "x", "invalid_header"),
        ("X:Y", "x", "invalid_header"),
        ("X-Ä", "x", "invalid_header"),
        ("X-A", "", "invalid_header"),
        ("X-A", "a\r\nX-B: c", "invalid_header"),
        ("X-A", "ä", "invalid_header"),
        ("X-A", " a", "invalid_header"),
        ("X-A", "a" * 1001, "invalid_header"),
    ],
)
def test_headers_of_the_connection_and_of_ours_are_refused(name: str, value: str, code: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        checked_headers({name: value})
    assert refusal.value.code == code


def test_a_header_is_there_once_and_there_are_20_at_most() -> None:
    with pytest.raises(NotAllowed):
        checked_headers({"X-A": "1", "x-a": "2"})
    with pytest.raises(NotAllowed):
        checked_headers({f"X-{n}": "1" for n in range(21)})
