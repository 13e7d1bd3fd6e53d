"""Which URLs and headers a subscription may have (API contract, Webhooks).

Names are not resolved here: a host that does not resolve, or resolves to what is forbidden, is accepted and gets
its verdict; every connection is checked again.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from yarl import URL

from webhooks.delivery.addresses import is_allowed, literal

MAX_URL_LENGTH = 2000
MAX_HEADERS = 20
MAX_HEADER_VALUE = 1000

# What RFC 3986 has no place for, and what nobody sees: besides what is not printable (controls of the direction of
# text, soft hyphens, blanks), letters and marks that are drawn as nothing. They make one address look like another.
_NO_URL_CHARACTERS = re.compile(
    r"[ \\\"<>^`{|}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Letters, digits and hyphens, in labels up to 63 long (RFC 1123); underscores occur in real names.
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")
_MAX_HOST_LENGTH = 253
_PORTS = {"https": 443, "http": 80}
# Of a token (RFC 9110, 5.6.2) what names in use are made of, since people copy them into shells; and the visible
# characters of a field value with spaces between them.
_HEADER_NAME = re.compile(r"[0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
# Of the connection (RFC 9110, 7.6.1), of the request's framing, or of our own.
_RESERVED_HEADERS = frozenset(
    (
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("host", "content-length", "content-type", "content-encoding", "expect", "accept-encoding"),
        *("date", "proxy-authorization", "proxy-authenticate", "cookie2"),
    )
)
_RESERVED_PREFIXES = ("webhook-", "x-ordinavo-")


class NotAllowed(Exception):
    """A URL or header that a subscription may not have; `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


def checked_url(url: str) -> str:
    """The URL, where deliveries may go to it as far as it can be told by looking at it.

    Raises:
        NotAllowed: `invalid_url`, `scheme_not_allowed`, `credentials_not_allowed` or `address_not_allowed`.
    """
    url = url.strip()
    if len(url) > MAX_URL_LENGTH:
        raise NotAllowed("too_long", f"At most {MAX_URL_LENGTH} characters are allowed.")
    parts = _parts(url)
    _check_scheme(parts.scheme)
    if "@" in parts.netloc:
        message = (
            "A user or password in the URL is not allowed; use `headers` for what the receiver asks for."
        )
        raise NotAllowed("credentials_not_allowed", message)
    _check_host(parts)
    return url


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL: who gets what is sent there (RFC 6454). `checked_url` accepted it."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that each delivery carries besides ours.

    Raises:
        NotAllowed: `too_many`, `invalid_header` or `header_not_allowed`.
    """
    if len(headers) > MAX_HEADERS:
        raise NotAllowed("too_many", f"At most {MAX_HEADERS} headers are allowed.")
    if len({name.lower() for name in headers}) < len(headers):
        raise NotAllowed("duplicate_header", "A header is there twice; case does not tell names apart.")
    for name, value in headers.items():
        check_header(name, value)
    return dict(headers)


def check_header(name: str, value: str) -> None:
    """Refuse one header that a delivery may not carry.

    Raises:
        NotAllowed: `invalid_header` or `header_not_allowed`.
    """
    if not _HEADER_NAME.fullmatch(name):
        raise NotAllowed("invalid_header", "The name of a header is letters, digits and hyphens.")
    if name.lower() in _RESERVED_HEADERS or name.lower().startswith(_RESERVED_PREFIXES):
        raise NotAllowed("header_not_allowed", "This header is set by the delivery itself.")
    if len(value) > MAX_HEADER_VALUE or not _HEADER_VALUE.fullmatch(value):
        message = (
            f"1 to {MAX_HEADER_VALUE} printable ASCII characters are expected, without blanks at the ends."
        )
        raise NotAllowed("invalid_header", message)


def _parts(url: str) -> SplitResult:
    _check_characters(url)
    try:
        parts = urlsplit(url)
        if not parts.netloc or parts.port == 0:  # reading the port checks it
            raise ValueError
    except ValueError:
        raise NotAllowed("invalid_url", "A URL such as https://example.com/hooks is expected.") from None
    return parts


def _check_characters(url: str) -> None:
    for character in url:
        if not character.isprintable() or _NO_URL_CHARACTERS.match(character):
            raise NotAllowed(
                "invalid_url", f"The URL holds a character that no URL may have: U+{ord(character):04X}."
            )


def _check_scheme(scheme: str) -> None:
    if scheme == "https" or (scheme == "http" and settings.WEBHOOK_ALLOW_HTTP):
        return
    raise NotAllowed("scheme_not_allowed", "The URL must begin with https://.")


def _check_host(parts: SplitResult) -> None:
    host = parts.hostname or ""
    if "%" in host:
        message = "The zone of an address (%…) means something on one machine only; leave it out."
        raise NotAllowed("invalid_url", message)
    try:
        # Brackets hold an IPv6 address; what else RFC 3986 has for them leads nowhere today.
        address = IPv6Address(host) if "[" in parts.netloc else literal(_ascii(host))
        URL(parts.geturl())  # what sends has to read it, too
    except ValueError:
        raise NotAllowed("invalid_url", "The host of the URL is neither a name nor an address.") from None
    if address is not None and not is_allowed(address, settings.WEBHOOK_ALLOWED_NETWORKS):
        message = "Loopback, private, link-local and other addresses off the internet are not allowed."
        raise NotAllowed("address_not_allowed", message)


def _ascii(host: str) -> str:
    """The host as it is resolved. Unicode is reduced first: full-width digits make an address too.

    Raises:
        ValueError: no host is called so.
    """
    if ":" in host:
        return host
    text = host if host.isascii() else host.encode("idna").decode()
    if len(text.rstrip(".")) > _MAX_HOST_LENGTH or not _HOST.fullmatch(text.lower()):
        raise ValueError(host)
    return text
