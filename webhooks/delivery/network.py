"""The edge to the network: one signed request out, what came back in. No other module opens a connection.

What it holds to (API contract, Webhooks):

1. The address is checked on the connection itself, before a byte is sent: whatever a name resolved to a moment
   ago, and however an address is spelled, does not matter.
2. Redirects are not followed, proxies and cookies of the environment are not used.
3. One limit bounds the whole exchange: name, connection, TLS, head and body of the answer.
4. Of an answer at most 64 KiB are read, then the connection is closed; nothing is decompressed.
5. Whatever goes wrong becomes a code and a sentence; nothing is raised but cancellation.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from http import HTTPStatus
from ipaddress import ip_address
from time import monotonic
from typing import Any, Self

import aiohttp
from aiohttp import abc, hdrs
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from webhooks.delivery.addresses import Network, is_allowed

# Of an answer: what is read, so that the connection can be used again, and what is kept to be looked at.
READ_BYTES = 64 * 1024
EXCERPT_BYTES = 1024
# A connection that nobody used for so long is closed; receivers commonly close theirs after 60 s or more.
IDLE_SECONDS = 30.0
# What comes in for one request at most, whatever it is: interim answers, extensions of chunks and trailers, too.
RECEIVED_BYTES = 512 * 1024
# How long an address that a name resolved to is taken for the next connection.
NAME_SECONDS = 10
# Look-ups under way: one that hangs holds a thread for some ten seconds.
LOOKUPS = 64
USER_AGENT = "Ordinavo-Connect-Webhooks/1"

_PHRASES = {int(status): status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Request:
    """One attempt of a delivery.

    Attributes:
        timeout_seconds: for the whole exchange.
        is_fresh: over a connection of its own, so that name, TLS and certificate are looked at again.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_seconds: float
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of a request.

    Attributes:
        status_code: None where no head of an answer came.
        error_code: empty where it was delivered.
        error_message: a sentence for people.
        excerpt: up to 1 KiB of the answer.
        retry_after: the header, as it came.
        location: of a redirect.
        phases: milliseconds of `dns`, `connect`, `tls`, `firstByte`; what did not happen is left out.
        failed_phase: the one of them that did not end; empty where a head came.
        address: the one that was connected to.
        certificate_expires_at: only where a TLS connection was made for this exchange.
    """

    duration_ms: int
    status_code: int | None = None
    error_code: str = ""
    error_message: str = ""
    excerpt: str = ""
    retry_after: str = ""
    content_type: str = ""
    location: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    failed_phase: str = ""
    address: str = ""
    certificate_expires_at: datetime | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


class ForbiddenAddress(OSError):
    """The address lies in a network that deliveries may not reach."""


class _ForbiddenScheme(Exception):
    """Only https is allowed."""


@dataclass(slots=True)
class _Trace:
    """When what happened to one request; monotonic seconds."""

    started: float = field(default_factory=monotonic)
    dns: tuple[float, float] | None = None
    connecting: float | None = None
    handshake: float | None = None
    connected: float | None = None
    head: float | None = None
    address: str = ""
    forbidden: str = ""
    tls: ssl.SSLObject | None = None
    looks_up: bool = False

    @property
    def is_reused(self) -> bool:
        """Whether it went over a connection that an earlier request had opened."""
        return self.connected is not None and self.connecting is None

    @property
    def phase(self) -> str:
        """The one that is under way."""
        if self.connected is not None:
            return "firstByte"
        if self.handshake is not None:
            return "tls"
        if self.connecting is not None:
            return "connect"
        return "dns" if self.looks_up else "connect"

    def begin_again(self) -> None:
        """Over another connection, within the same time."""
        self.connecting = self.handshake = self.connected = self.tls = None

    def phases(self) -> dict[str, float]:
        spans: dict[str, tuple[float | None, float | None]] = {
            "dns": self.dns or (None, None),
            "connect": (self.connecting, self.handshake or self.connected),
            "tls": (self.handshake, self.connected),
            "firstByte": (self.connected, self.head),
        }
        return {
            name: round((end - start) * 1000, 1)
            for name, (start, end) in spans.items()
            if start is not None and end is not None
        }

    def certificate_expires_at(self) -> datetime | None:
        certificate = self.tls.getpeercert() if self.tls is not None and self.connected is not None else None
        if not certificate or "notAfter" not in certificate:
            return None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


_trace: ContextVar[_Trace | None] = ContextVar("webhook_trace", default=None)


class Edge:
    """Sends requests; used as `async with Edge(networks) as edge: await edge.post(request)`.

    Args:
        networks: allowed in spite of the rule (setting WEBHOOK_ALLOWED_NETWORKS).
        allow_http: whether a URL may do without TLS (setting WEBHOOK_ALLOW_HTTP).
        authorities: a file of certificates to trust beside those of the system.
    """

    def __init__(
        self, networks: Sequence[Network] = (), *, allow_http: bool = False, authorities: str | None = None
    ) -> None:
        self._networks = tuple(networks)
        self._schemes = {"https", "http"} if allow_http else {"https"}
        self._tls = _tls_context(authorities)

    async def __aenter__(self) -> Self:
        self._resolver = _Resolver()
        self._kept = self._session(keepalive_timeout=IDLE_SECONDS, ttl_dns_cache=NAME_SECONDS)
        self._fresh = self._session(force_close=True, use_dns_cache=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._kept.close()
        await self._fresh.close()
        await self._resolver.close()

    def _session(self, **settings: Any) -> aiohttp.ClientSession:
        connector = _Connector(
            networks=self._networks, ssl=self._tls, resolver=self._resolver, limit=0, **settings
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
            headers={hdrs.USER_AGENT: USER_AGENT, hdrs.ACCEPT_ENCODING: "identity"},
        )

    async def post(self, request: Request) -> Exchange:
        """Send one request. Raises: asyncio.CancelledError, and nothing else."""
        trace = _Trace()
        try:
            async with asyncio.timeout(request.timeout_seconds):
                response = await self._head(request, trace)
        except TimeoutError:
            return _failed(trace, "timeout", _TIMEOUTS[trace.phase].format(request.timeout_seconds))
        except Exception as error:
            # Whatever a receiver provokes is its failure, to be counted and told, and never ends the sender.
            return _failed(trace, *_explained(error, trace))
        try:
            excerpt = await _read(response, until=trace.started + request.timeout_seconds)
        finally:
            # Does nothing where the whole answer was read; else the connection is of no more use.
            response.close()
        return _answered(response, excerpt, trace)

    async def _head(self, request: Request, trace: _Trace) -> aiohttp.ClientResponse:
        """The answer, as soon as its head is there."""
        try:
            return await self._send(self._fresh if request.is_fresh else self._kept, request, trace)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not trace.is_reused:
                raise
        # The receiver closed a connection that was idle while we wrote to it: no fault of its own.
        trace.begin_again()
        return await self._send(self._fresh, request, trace)

    async def _send(
        self, session: aiohttp.ClientSession, request: Request, trace: _Trace
    ) -> aiohttp.ClientResponse:
        _trace.set(trace)
        url = URL(request.url)
        if url.scheme not in self._schemes:
            raise _ForbiddenScheme
        response = await session.post(url, data=request.body, headers=request.headers, allow_redirects=False)
        trace.head = monotonic()
        return response


def _failed(trace: _Trace, code: str, message: str) -> Exchange:
    return Exchange(
        duration_ms=_milliseconds_since(trace.started),
        error_code=code,
        error_message=message[:500],
        phases=trace.phases(),
        failed_phase=trace.phase,
        address=trace.address,
    )


def _answered(response: aiohttp.ClientResponse, excerpt: bytes, trace: _Trace) -> Exchange:
    code, message = _judged(response)
    return Exchange(
        duration_ms=_milliseconds_since(trace.started),
        status_code=response.status,
        error_code=code,
        error_message=message[:500],
        excerpt=excerpt.decode(errors="replace").replace("\0", "\ufffd"),
        retry_after=response.headers.get(hdrs.RETRY_AFTER, "")[:100],
        content_type=response.headers.get(hdrs.CONTENT_TYPE, "")[:100],
        location=response.headers.get(hdrs.LOCATION, "")[:500],
        phases=trace.phases(),
        address=trace.address,
        certificate_expires_at=trace.certificate_expires_at(),
    )


def _judged(response: aiohttp.ClientResponse) -> tuple[str, str]:
    status = response.status
    if 200 <= status < 300:
        return "", ""
    named = f"{status} {_PHRASES[status]}" if status in _PHRASES else str(status)
    if 300 <= status < 400 and hdrs.LOCATION in response.headers:
        return "redirect", f"The endpoint answered {named}, and redirects are not followed."
    return "http_status", f"The endpoint answered {named}."


async def _read(response: aiohttp.ClientResponse, *, until: float) -> bytes:
    """Up to 1 KiB of the answer. The rest is read to its bound within the time that is left.

    Whatever happens after the head changes nothing of its verdict.
    """
    kept, read = b"", 0
    try:
        async with asyncio.timeout(until - monotonic()):
            while read < READ_BYTES and (part := await response.content.read(READ_BYTES - read)):
                read += len(part)
                kept += part[: EXCERPT_BYTES - len(kept)]
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass
    return kept


def _milliseconds_since(started: float) -> int:
    return round((monotonic() - started) * 1000)


# Connections


class _Bounded(ResponseHandler):
    """Ends a connection over which more comes than an answer may be: aiohttp bounds neither `100 Continue` nor
    extensions of chunks, and looks at no clock while it parses them."""

    received = 0

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self.received <= RECEIVED_BYTES:
            super().data_received(data)
        elif self.transport is not None:
            self.transport.abort()


class _Connector(aiohttp.TCPConnector):
    """Opens connections to allowed addresses only, and notes when."""

    def __init__(self, *, networks: tuple[Network, ...], **settings: Any) -> None:
        super().__init__(socket_factory=self._new_socket, **settings)
        self._networks = networks
        self._factory = partial(_Bounded, loop=self._loop)  # type: ignore[assignment]

    def _new_socket(self, where: tuple[Any, ...]) -> socket.socket:
        """A socket for the very address that it will be connected to."""
        family, kind, protocol, _, address = where
        trace = _trace.get() or _Trace()
        if trace.connecting is None:
            trace.connecting = monotonic()
        self._require_allowed(address, trace)
        return socket.socket(family, kind, protocol)

    async def connect(self, *arguments: Any, **settings: Any) -> Any:
        connection = await super().connect(*arguments, **settings)
        trace = _trace.get() or _Trace()
        try:
            # Once more, as the kernel sees it.
            transport = connection.transport
            assert transport is not None
            self._require_allowed(transport.get_extra_info("peername") or ("unknown",), trace)
        except BaseException:
            connection.close()
            raise
        assert isinstance(connection.protocol, _Bounded)
        connection.protocol.received = 0
        trace.connected = monotonic()
        return connection

    def _require_allowed(self, address: tuple[Any, ...], trace: _Trace) -> None:
        trace.address = str(address[0])
        if not _may_reach(trace.address, self._networks):
            trace.forbidden = trace.address
            raise ForbiddenAddress(errno.EACCES, f"{trace.address} is not allowed")


@lru_cache(maxsize=4096)
def _may_reach(address: str, networks: tuple[Network, ...]) -> bool:
    """`address` is as a socket tells it, a zone may follow: `fe80::1%eth0`."""
    try:
        return is_allowed(ip_address(address.partition("%")[0]), networks)
    except ValueError:
        return False


class _Resolver(abc.AbstractResolver):
    """Look-ups in threads of their own: those that hang keep nothing else waiting."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[abc.ResolveResult]:
        trace = _trace.get() or _Trace()
        started, trace.looks_up = monotonic(), True
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        trace.dns = (started, monotonic())
        return [
            abc.ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for family, _, protocol, _, address in found
            # A zone only goes with link-local addresses.
            if len(address) == 2 or not address[3]
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[Any]:
    return socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class _TlsContext(ssl.SSLContext):
    """Notes when a handshake begins, and with whom."""

    def wrap_bio(self, *arguments: Any, **settings: Any) -> ssl.SSLObject:
        made = super().wrap_bio(*arguments, **settings)
        trace = _trace.get()
        if trace is not None:
            trace.handshake, trace.tls = monotonic(), made
        return made


def _tls_context(authorities: str | None) -> ssl.SSLContext:
    context = _TlsContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


# What went wrong, for people

_TIMEOUTS = {
    "dns": "The host name was not resolved within {:g} s.",
    "connect": "No connection came about within {:g} s.",
    "tls": "The TLS handshake was not finished within {:g} s.",
    "firstByte": "No answer came within {:g} s.",
}
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.EADDRNOTAVAIL}


def _explained(error: Exception, trace: _Trace) -> tuple[str, str]:
    """A stable code, and a sentence."""
    if trace.forbidden:
        return (
            "address_forbidden",
            f"The host leads to {trace.forbidden}, an address that deliveries may not reach.",
        )
    for kind, explain in _EXPLANATIONS:
        if isinstance(error, kind):
            is_handshake = explain is _explain_connection and trace.phase == "tls"
            return _explain_tls(error) if is_handshake else explain(error)
    return "failed", f"The request could not be sent ({type(error).__name__})."


def _explain_name(error: Any) -> tuple[str, str]:
    return "host_not_found", f"The host name {error.host} could not be resolved."


def _explain_certificate(error: Any) -> tuple[str, str]:
    reason = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
    return "certificate_invalid", f"The certificate of {error.host} is not accepted: {reason.rstrip('.')}."


def _explain_tls(error: Any) -> tuple[str, str]:
    reason = getattr(error.os_error, "reason", None) or "the endpoint closed the connection"
    return "tls_failed", f"The TLS handshake failed: {str(reason).replace('_', ' ').lower()}."


def _explain_connection(error: Any) -> tuple[str, str]:
    number = error.os_error.errno
    if number == errno.ECONNREFUSED:
        return "connection_refused", f"{error.host} refused the connection on port {error.port}."
    if number in _UNREACHABLE:
        return "unreachable", f"{error.host} cannot be reached: {error.os_error.strerror}."
    return "connection_failed", f"No connection to {error.host} on port {error.port} came about."


def _explain_disconnect(_error: Any) -> tuple[str, str]:
    return "connection_closed", "The endpoint closed the connection before it had answered."


def _explain_answer(_error: Any) -> tuple[str, str]:
    return "answer_invalid", "What came back is no answer in HTTP."


def _explain_scheme(_error: Any) -> tuple[str, str]:
    return "scheme_forbidden", "Deliveries go by https only."


def _explain_url(_error: Any) -> tuple[str, str]:
    return "url_invalid", "The URL cannot be called."


# The first that fits: special ones stand before what they derive from.
_EXPLANATIONS = (
    (_ForbiddenScheme, _explain_scheme),
    (aiohttp.ClientConnectorCertificateError, _explain_certificate),
    (aiohttp.ClientConnectorSSLError, _explain_tls),
    (aiohttp.ClientConnectorDNSError, _explain_name),
    (aiohttp.ClientConnectorError, _explain_connection),
    (aiohttp.ServerDisconnectedError, _explain_disconnect),
    (aiohttp.ClientOSError, _explain_disconnect),
    (ConnectionError, _explain_disconnect),
    (aiohttp.ClientResponseError, _explain_answer),
    (aiohttp.ClientPayloadError, _explain_answer),
    (aiohttp.InvalidURL, _explain_url),
    (ValueError, _explain_url),
)
