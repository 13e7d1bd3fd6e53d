"""The two doors of the product: the API as an ERP calls it, and pages as a browser opens them."""

import html
import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 30.0
_MOST_SAID = 500


class DoorClosed(Exception):
    """What the product answered was not what the step needs; the message says what it was."""


@dataclass(frozen=True, slots=True)
class Api:
    """The API with a key."""

    base_url: str
    key: str

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", path, json.dumps(body).encode())

    def _call(self, method: str, path: str, data: bytes | None = None) -> Any:
        """Raises: DoorClosed for anything from 400 on, with what the answer says."""
        request = urllib.request.Request(f"{self.base_url}/api/connect/v1{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self.key}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise DoorClosed(f"{method} {path} answered {error.code}: {_said(error)}") from None
        except urllib.error.URLError as error:
            raise DoorClosed(f"{self.base_url} gives no answer: {error.reason}") from None


class Browser:
    """A browser without a screen: it keeps cookies, follows redirects, and sends forms with their token."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self.address = ""

    def open(self, path: str) -> str:
        """The page at a path, as text."""
        return self._send(path, None)

    def log_in(self, path: str, *, user: str, password: str) -> None:
        """Fill in the log-in form of a page.

        Raises:
            DoorClosed: the page asks again.
        """
        self.open(path)
        form = self.address
        self.submit(form, username=user, password=password)
        if self.address.split("?")[0] == form.split("?")[0]:
            raise DoorClosed(f"{user} cannot log in at {form}.")

    def submit(self, path: str, **fields: str | list[str]) -> str:
        """Send a form; the page that it leads to."""
        data = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": self._token()}, doseq=True)
        return self._send(path, data.encode(), "application/x-www-form-urlencoded")

    def send(self, path: str, content: bytes, content_type: str) -> str:
        """Send a file as the scripts of a page do."""
        return self._send(path, content, content_type)

    def json(self, path: str) -> Any:
        return json.loads(self.open(path))

    def _token(self) -> str:
        return next((str(cookie.value) for cookie in self._cookies if "csrf" in cookie.name), "")

    def _send(self, path: str, data: bytes | None, content_type: str = "") -> str:
        address = urllib.parse.urljoin(f"{self._base_url}/", path)
        request = urllib.request.Request(address, data)
        request.add_header("Referer", address)
        if data is not None:
            request.add_header("Content-Type", content_type)
            request.add_header("X-CSRFToken", self._token())
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                self.address = answer.url
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise DoorClosed(f"{path} answered {error.code}: {_said(error)}") from None
        except urllib.error.URLError as error:
            raise DoorClosed(f"{self._base_url} gives no answer: {error.reason}") from None


def errors_on(page: str) -> list[str]:
    """What a page of the admin says went wrong: its messages of the kind error."""
    found = re.findall(r'class="errornote[^>]*>\s*([^<]+)', page)
    return [html.unescape(" ".join(text.split())) for text in found if text.strip()]


def _said(error: urllib.error.HTTPError) -> str:
    return " ".join(error.read(20_000).decode(errors="replace").split())[:_MOST_SAID]
