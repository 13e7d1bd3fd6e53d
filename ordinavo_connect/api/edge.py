"""The HTTP edge: everything of a request is here, whole and within bounds, before a thread works on it.

What a client can do slowly (send a body, read an answer) happens in the event loop, where it occupies no
thread; what is left for the threads of Django is work. Liveness is answered here, too, so that no number of
slow or of waiting requests delays it.

Source: API contract, Errors (which error wins) and Import (the bound); architecture, One way in.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from io import BytesIO
from typing import Any

import structlog
from a2wsgi import WSGIMiddleware

from ordinavo_connect.api.correlation import HEADER as CORRELATION_HEADER
from ordinavo_connect.api.correlation import accepted_or_new
from ordinavo_connect.api.errors import ApiError, envelope, service_unavailable
from ordinavo_connect.api.json import dumps

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Header = tuple[bytes, bytes]

LIVENESS_PATH = "/healthz"

# Requests that a process holds for its threads, whole ones. Their callers wait for seconds by then; the next
# one hears at once that it should try later.
MAX_REQUESTS = 512

# Bytes of bodies that a process holds at once, in largest bodies: what a crowd of senders costs in memory.
MAX_HELD_BODIES = 8

# A client that is refused in the middle of its sending sees a broken connection instead of the answer, if
# nobody takes the rest of the body. It is thrown away, for this long.
LINGER_SECONDS = 5

_CORRELATION = CORRELATION_HEADER.lower().encode()
_BODY = "ordinavo.body"
_NOT_ASCII = re.compile(rb"[\x80-\xff]")

log = structlog.get_logger(__name__)


class Edge:
    """Outermost ASGI application. What it hands on has its body in one piece and its length in the header.

    It refuses by itself: 413 by the announced length before anything is read, 413 past the bound where no
    length is announced, 400 where the body ends before its announced length, 408 where it is not whole in
    time, 503 where too much waits already. Every answer that passes, its own and others', carries the
    correlation id, and the application sees the id that was decided.
    """

    def __init__(
        self,
        app: App,
        *,
        max_body_bytes: int,
        body_timeout_seconds: float,
        max_requests: int = MAX_REQUESTS,
        max_held_bytes: int | None = None,
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._body_timeout_seconds = body_timeout_seconds
        self._max_requests = max_requests
        self._max_held_bytes = max_held_bytes or MAX_HELD_BODIES * max_body_bytes
        self._requests = 0
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = accepted_or_new(_header(scope, _CORRELATION))
        answer = _Answer(send, correlation_id)
        body = _Body(self)
        try:
            if scope["path"] == LIVENESS_PATH:
                await answer.liveness(scope["method"])
            else:
                await self._pass_on(scope, receive, answer, body)
        except ApiError as error:
            log.info("request_refused", code=error.code, path=scope["path"], correlation_id=correlation_id)
            await answer.refuse(error, last=not body.whole)
            if not body.whole:
                await _linger(scope, receive)
        except Exception:
            log.exception("request_failed", path=scope["path"], correlation_id=correlation_id)
            if answer.started:
                raise  # The server breaks the connection: half an answer must not look like a whole one.
            await answer.refuse(ApiError("internal_error"), last=not body.whole)
        finally:
            body.release()

    async def _pass_on(self, scope: Scope, receive: Receive, answer: "_Answer", body: "_Body") -> None:
        announced = _announced_length(scope)
        if announced is not None and announced > self._max_body_bytes:
            raise self.too_large()
        try:
            async with asyncio.timeout(self._body_timeout_seconds):
                await body.gather(receive, announced)
        except TimeoutError:
            raise ApiError("request_timeout") from None
        await self._hand_over(_with_whole_body(scope, body, answer.correlation_id), body, answer)

    async def _hand_over(self, scope: Scope, body: "_Body", answer: "_Answer") -> None:
        if self._requests >= self._max_requests:
            raise service_unavailable("Too many requests are waiting; try again later.")
        self._requests += 1
        answer.on_start = self._leave
        try:
            await self._app(scope, body.receive, answer.send)
        finally:
            answer.start()

    def _leave(self) -> None:
        """A request whose answer begins needs its thread no more, however slowly the answer is read."""
        self._requests -= 1

    def too_large(self) -> ApiError:
        return ApiError(
            "payload_too_large", f"The body is too large; at most {self._max_body_bytes} bytes are taken."
        )

    def hold(self, size: int) -> None:
        """Raises: ApiError: service_unavailable."""
        if self._held_bytes + size > self._max_held_bytes:
            raise service_unavailable("Too many large bodies are under way; try again later.")
        self._held_bytes += size

    def let_go(self, size: int) -> None:
        self._held_bytes -= size

    @property
    def max_body_bytes(self) -> int:
        return self._max_body_bytes


class _Body:
    """A request's body on its way in. It grows in one buffer, which is what the application reads from."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.size = 0
        self.whole = False
        self.buffer = BytesIO()

    async def gather(self, receive: Receive, announced: int | None) -> None:
        """Raises: ApiError: payload_too_large, invalid_json (cut short), service_unavailable."""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _cut_short()
            self._take(message.get("body", b""))
            more = message.get("more_body", False)
        if announced is not None and self.size != announced:
            raise _cut_short()
        self.whole = True
        self.buffer.getvalue()  # Cuts off what was allocated ahead: a read of all of it then copies nothing.
        self.buffer.seek(0)

    def _take(self, chunk: bytes) -> None:
        if self.size + len(chunk) > self._edge.max_body_bytes:
            raise self._edge.too_large()
        self._edge.hold(len(chunk))
        self.size += len(chunk)
        self.buffer.write(chunk)

    async def receive(self) -> Message:
        """The whole body as ASGI hands it on."""
        return {"type": "http.request", "body": self.buffer.getvalue(), "more_body": False}

    def release(self) -> None:
        """Lets go of the bytes, too, whoever still refers to the buffer: requests are cycles, and wait long
        for the garbage collector."""
        self._edge.let_go(self.size)
        self.size = 0
        self.buffer.close()


class _Answer:
    """The way out: puts the correlation id on whatever is sent, and knows whether anything was."""

    def __init__(self, send: Send, correlation_id: str) -> None:
        self._send = send
        self.correlation_id = correlation_id
        self.started = False
        self.on_start: Callable[[], None] | None = None

    def start(self) -> None:
        if self.on_start:
            self.on_start()
            self.on_start = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.start()
            headers = [header for header in message.get("headers", ()) if header[0].lower() != _CORRELATION]
            message = {**message, "headers": [*headers, (_CORRELATION, self.correlation_id.encode())]}
        await self._send(message)

    async def json(self, status: int, content: Any, headers: Iterable[Header] = ()) -> None:
        body = dumps(content)
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(body)).encode()),
                    *headers,
                ],
            }
        )
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, error: ApiError, *, last: bool) -> None:
        """`last`: the connection ends with this, as what may still come of the body is no next request."""
        headers = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        if last:
            headers.append((b"connection", b"close"))
        await self.json(error.status, envelope(error, self.correlation_id), headers)

    async def liveness(self, method: str) -> None:
        """Raises: ApiError: method_not_allowed."""
        if method not in ("GET", "HEAD"):
            raise ApiError("method_not_allowed", headers={"Allow": "GET, HEAD"})
        await self.json(HTTPStatus.OK, {"status": "ok"})


def _cut_short() -> ApiError:
    return ApiError("invalid_json", "The body was cut short: it ended before it was whole.")


async def _linger(scope: Scope, receive: Receive) -> None:
    if _header(scope, b"expect"):
        return  # The client waits for our word, and has it now.
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        return


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def _announced_length(scope: Scope) -> int | None:
    """Raises: ApiError: invalid_json (a length that is none; servers refuse it themselves)."""
    text = _header(scope, b"content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ApiError("invalid_json", "Content-Length is not a number.")
    return int(text)


def _with_whole_body(scope: Scope, body: _Body, correlation_id: str) -> Scope:
    return {
        **scope,
        "headers": list(_handed_on(scope, body, correlation_id)),
        # Some send letters of other alphabets as they are; the application takes a query for ASCII.
        "query_string": _NOT_ASCII.sub(lambda match: b"%%%02X" % match[0][0], scope.get("query_string", b"")),
        _BODY: body.buffer,
    }


def _handed_on(scope: Scope, body: _Body, correlation_id: str) -> Iterable[Header]:
    """The request's headers as the application may believe them.

    Names with an underscore go: WSGI cannot tell `X_Forwarded_For` from `X-Forwarded-For`.
    """
    decided = (_CORRELATION, b"content-length", b"transfer-encoding")
    yield from ((name, value) for name, value in scope["headers"] if b"_" not in name and name not in decided)
    yield _CORRELATION, correlation_id.encode()
    if body.size or _header(scope, b"content-length"):
        yield b"content-length", str(body.size).encode()


# To Django


def threaded(wsgi_app: WsgiApp, *, threads: int) -> App:
    """A WSGI application behind an Edge, in a pool of threads.

    The body goes over as the edge's own buffer: a2wsgi would copy it three times. Answers queue up without
    bound (0), since a thread that waits for a slow reader is a thread lost; they are no larger than what
    Django holds in memory anyway.
    """

    def with_body(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = environ.pop("asgi.scope")[_BODY]
        return wsgi_app(environ, start_response)

    app: App = WSGIMiddleware(with_body, workers=threads, send_queue_size=0)  # type: ignore[arg-type, assignment]
    return app
