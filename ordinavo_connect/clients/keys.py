"""The text of an API key: made, read and hashed. Pure; nothing here touches the database.

`oc_live_<publicId>_<secret><checksum>`, `oc_test_…` for a sandbox (API contract, Authentication). The
checksum tells a typing error from a wrong key without a look-up, and lets secret scanners match a key by a
pattern.
"""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PUBLIC_ID_LENGTH = 12
SECRET_BYTES = 32
SECRET_LENGTH = 43  # 62^43 > 2^256: every secret fits
CHECKSUM_LENGTH = 6  # 62^6 > 2^32

_KEY = re.compile(
    rf"oc_(?P<environment>live|test)_(?P<public_id>[0-9A-Za-z]{{{PUBLIC_ID_LENGTH}}})"
    rf"_(?P<secret>[0-9A-Za-z]{{{SECRET_LENGTH}}})(?P<checksum>[0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as a caller showed it: its form and checksum are right, whether it exists is not known."""

    environment: str
    public_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the text is shown once, the hash is kept."""

    public_id: str
    text: str = field(repr=False)
    secret_hash: bytes = field(repr=False)


def new_key(environment: str) -> NewKey:
    """A random key for `live` or `test`."""
    if environment not in ("live", "test"):
        raise ValueError(f"An environment is live or test, not {environment!r}.")
    public_id = "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC_ID_LENGTH))
    secret = base62(int.from_bytes(secrets.token_bytes(SECRET_BYTES)), SECRET_LENGTH)
    return NewKey(public_id, compose(environment, public_id, secret), hash_of(secret))


def compose(environment: str, public_id: str, secret: str) -> str:
    """The whole text of a key, its checksum added."""
    rest = f"oc_{environment}_{public_id}_{secret}"
    return rest + checksum(rest)


def parse(text: str) -> KeyText | None:
    """The parts of a key; None where its form or its checksum is wrong."""
    found = _KEY.fullmatch(text)
    if found is None or checksum(text[:-CHECKSUM_LENGTH]) != found["checksum"]:
        return None
    return KeyText(found["environment"], found["public_id"], found["secret"])


def hash_of(secret: str) -> bytes:
    """SHA-256: a secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode("ascii")).digest()


def checksum(text: str) -> str:
    """CRC32 of everything before it, as 6 base62 characters."""
    return base62(zlib.crc32(text.encode("ascii")), CHECKSUM_LENGTH)


def base62(number: int, length: int) -> str:
    """A number in base 62, left-padded with `0`."""
    digits = []
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits)).rjust(length, ALPHABET[0])
