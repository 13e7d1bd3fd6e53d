"""A delivery as bytes on the wire: its headers, its signature recomputed, and the same request as a curl line."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from webhooks.delivery.destinations import MASK
from webhooks.delivery.models import Attempt, Delivery, Subscription
from webhooks.delivery.pages.marks import BAD, GOOD, WARN, Tone
from webhooks.delivery.sealing import Unreadable, header_names
from webhooks.delivery.signing import delivery_headers, signature
from webhooks.delivery.subscriptions import signing_keys


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The signature of an attempt, made again with the secret of now, beside the one that was sent."""

    text: str
    tone: Tone
    said: str
    sent: str = ""


def body_of(delivery: Delivery, attempt: Attempt | None) -> bytes:
    """The bytes that an attempt sent; before the first, and of attempts that did not keep it, the delivery's."""
    kept = attempt.body if attempt else None
    return bytes((kept or delivery.body).content)


def recomputed(delivery: Delivery, attempt: Attempt, *, now: datetime) -> Recomputed:
    """Compare what was sent with what the present secret makes of the same bytes and the same time."""
    sent = str(attempt.request_headers.get("webhook-signature", "")).split()
    timestamp = str(attempt.request_headers.get("webhook-timestamp", ""))
    if not sent or not timestamp.isdecimal():
        return Recomputed("", WARN, _("Nothing was signed: no request left."))
    try:
        keys = signing_keys(delivery.subscription, at=now)
    except Unreadable as error:
        return Recomputed("", BAD, str(error))
    body = body_of(delivery, attempt)
    made = [
        signature(key, event_id=delivery.event.event_id, timestamp=int(timestamp), body=body) for key in keys
    ]
    if made[0] in sent:
        said = _("It equals the one that was sent: signed with the present secret.")
        return Recomputed(made[0], GOOD, said, made[0])
    if set(made) & set(sent):
        said = _("The one that was sent is of the secret before, which still works.")
        return Recomputed(made[0], WARN, said, sent[0])
    said = _("Another one was sent: with a secret that has ended since. Sent again, it is signed anew.")
    return Recomputed(made[0], WARN, said, sent[0])


def curl(url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The request as a line for a POSIX shell; values that are kept secret as `$NAME`."""
    lines = [f"curl -sS -i {shlex.quote(url)}"]
    for name, value in headers.items():
        if name.lower() == "user-agent":
            continue
        if value == MASK:
            variable = "".join(letter if letter.isalnum() else "_" for letter in name).upper()
            lines.append(f'  -H {shlex.quote(name + ": ")}"${variable}"')
        else:
            lines.append("  -H " + shlex.quote(f"{name}: {value}"))
    lines.append("  --data-binary " + shlex.quote(body.decode()))
    return " \\\n".join(lines)


def signed_now(delivery: Delivery, *, now: datetime) -> dict[str, str]:
    """Headers of an attempt of this moment, its own headers masked.

    Raises:
        Unreadable: no key opens the secret.
    """
    subscription: Subscription = delivery.subscription
    headers = delivery_headers(
        event_id=delivery.event.event_id,
        event_type=delivery.event_type,
        delivery_id=delivery.pk,
        timestamp=int(now.timestamp()),
        body=bytes(delivery.body.content),
        keys=signing_keys(subscription, at=now),
    )
    return dict.fromkeys(header_names(subscription.headers), MASK) | headers
