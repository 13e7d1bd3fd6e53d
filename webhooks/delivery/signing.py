"""Signatures of deliveries: Standard Webhooks, and the older headers beside them.

Source: API contract, Webhooks; https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
VERSION = "v1"

# Standard Webhooks: a key has 24 to 64 bytes.
_KEY_BYTES = 32
_MIN_KEY_BYTES, _MAX_KEY_BYTES = 24, 64


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that sign, of `whsec_<base64>`.

    Raises:
        ValueError: it is no such text, or does not hold 24 to 64 bytes.
    """
    if not secret.startswith(PREFIX):
        raise ValueError(f"A secret begins with {PREFIX}.")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("A secret is base64.") from error
    if not _MIN_KEY_BYTES <= len(key) <= _MAX_KEY_BYTES:
        raise ValueError(f"A secret holds {_MIN_KEY_BYTES} to {_MAX_KEY_BYTES} bytes.")
    return key


def signature(secret: str, *, event_id: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64 HMAC-SHA256 of "<event id>.<epoch seconds>.<body>">`: signs the time, too."""
    signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    return f"{VERSION},{base64.b64encode(hmac.digest(key_of(secret), signed, 'sha256')).decode()}"


def body_signature(secret: str, body: bytes) -> str:
    """`sha256=<hex HMAC-SHA256 of the body alone>`."""
    return f"sha256={hmac.new(key_of(secret), body, hashlib.sha256).hexdigest()}"


def delivery_headers(
    *, event_id: str, event_type: str, delivery_id: int, timestamp: int, body: bytes, keys: Sequence[str]
) -> dict[str, str]:
    """The headers of one attempt.

    Args:
        timestamp: epoch seconds of this attempt.
        keys: secrets as `whsec_…`, the newest first; more than one while they rotate.
    """
    sign = [signature(each, event_id=event_id, timestamp=timestamp, body=body) for each in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign),
        "X-Ordinavo-Event-Id": event_id,
        "X-Ordinavo-Event-Type": event_type,
        "X-Ordinavo-Delivery-Id": str(delivery_id),
        "X-Ordinavo-Timestamp": str(timestamp),
        "X-Ordinavo-Signature": body_signature(keys[0], body),
        "X-Ordinavo-Webhook-Version": VERSION,
    }
