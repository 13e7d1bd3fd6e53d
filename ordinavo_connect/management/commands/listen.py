"""`manage.py listen`: a receiver on this machine that prints deliveries and checks them, for integrators."""

import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webhooks.delivery.receiving import Judgement, judged
from webhooks.delivery.signing import key_of

# More than any event has; what claims to be longer is not read.
MOST_BYTES = 8 * 1024 * 1024
# A sender that says nothing for so long is gone.
SILENCE_SECONDS = 30


class Command(BaseCommand):
    help = (
        "Receives webhooks on this machine, prints them, and says whether their signatures are right. "
        "The product that sends must allow it: WEBHOOK_ALLOW_HTTP=true WEBHOOK_ALLOWED_NETWORKS=127.0.0.0/8."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=9000, help="port to listen on (9000)")
        parser.add_argument(
            "--secret", action="append", default=[], help="whsec_…; twice while it rotates; without: no check"
        )
        parser.add_argument("--status", type=int, default=200, help="what to answer (200)")

    def handle(self, *_args: Any, **options: Any) -> None:
        for secret in options["secret"]:
            _check_secret(secret)
        try:
            receiver = Receiver(
                (options["host"], options["port"]),
                secrets=options["secret"],
                status=options["status"],
                say=self.stdout.write,
            )
        except OSError as error:
            raise CommandError(f"Cannot listen on port {options['port']}: {error.strerror}.") from None
        host, port = receiver.server_address[:2]
        self.stdout.write(f"Listening on http://{host!s}:{port}/ – any path; Ctrl-C ends it.")
        if not options["secret"]:
            self.stdout.write("Signatures are not checked: --secret whsec_… is missing.")
        with receiver:
            try:
                receiver.serve_forever()
            except KeyboardInterrupt:
                self.stdout.write("")


class Receiver(ThreadingHTTPServer):
    """Answers every POST with `status`, after it told what came.

    Args:
        say: takes a text of some lines.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], *, secrets: list[str], status: int, say: Any) -> None:
        self.secrets, self.status, self.say = secrets, status, say
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            self._answer(411 if not length.isdecimal() else 413)
            return
        body = self.rfile.read(int(length))
        found = judged(dict(self.headers), body, secrets=self.server.secrets, now=datetime.now(UTC))
        self.server.say(told(found, checks_signatures=bool(self.server.secrets)))
        self._answer(self.server.status)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """What came is told in our own words."""


def told(found: Judgement, *, checks_signatures: bool) -> str:
    """What came, for a terminal."""
    age = "unknown" if found.age is None else f"{found.age:.0f} s"
    verdict = "signature right" if checks_signatures else "signature not checked"
    if found.problems:
        verdict = "NOT RIGHT: " + " ".join(found.problems)
    # What comes from outside must not steer the terminal: JSON escapes control characters, headers are printable.
    head = f"{found.event_type or 'no event type'}  {found.event_id}  delivery {found.delivery_id}  age {age}"
    lines = ["", f"{datetime.now():%H:%M:%S}  {_printable(head)}", f"  {_printable(verdict)}"]
    if found.body is not None:
        lines.append(_indented(json.dumps(found.body, indent=2)))
    return "\n".join(lines)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _check_secret(secret: str) -> None:
    try:
        key_of(secret)
    except ValueError as error:
        raise CommandError(str(error)) from None
