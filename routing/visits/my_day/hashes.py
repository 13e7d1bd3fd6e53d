"""SHA-256 in hex, as a phone names what it will send."""

import re

from django.http import QueryDict

from routing.visits.attachments import MAX_PHOTOS

_HASH = re.compile(r"[0-9a-f]{64}")


class HashConverter:
    """In an address."""

    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def named_hashes(data: QueryDict) -> list[str]:
    """The photos that a form names; what is no hash names none. One more than allowed is refused further on."""
    return [each for each in data.getlist("photo") if _HASH.fullmatch(each)][: MAX_PHOTOS + 1]
