"""Texts that lie encrypted in the database: secrets and headers of subscriptions.

`ENCRYPTION_KEYS` names Fernet keys: the first encrypts, all of them decrypt, so that a key can be replaced while
the old one still opens what it closed (https://github.com/fernet/spec).
"""

import functools
import json
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """A sealed text that none of the keys opens: the key that closed it is missing."""


def sealed(text: str) -> str:
    """The text encrypted, '' for ''."""
    return _box().encrypt(text.encode()).decode() if text else ""


def unsealed(token: str) -> str:
    """What `sealed` closed.

    Raises:
        Unreadable: no key of ENCRYPTION_KEYS opens it.
    """
    if not token:
        return ""
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken:
        raise Unreadable("No key of ENCRYPTION_KEYS opens a sealed text.") from None


def sealed_headers(headers: Mapping[str, str]) -> str:
    """Headers of a subscription, for its column: names as they are, values encrypted; '' where there are none."""
    return json.dumps({name: sealed(value) for name, value in headers.items()}) if headers else ""


def unsealed_headers(text: str) -> dict[str, str]:
    """What `sealed_headers` made, values by name.

    Raises:
        Unreadable: as `unsealed`.
    """
    return {name: unsealed(value) for name, value in json.loads(text or "{}").items()}


def header_names(text: str) -> list[str]:
    """The names of what `sealed_headers` made: they need no key."""
    return list(json.loads(text or "{}"))


def _box() -> MultiFernet:
    return _box_of(tuple(settings.ENCRYPTION_KEYS))


@functools.cache
def _box_of(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
