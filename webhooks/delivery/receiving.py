"""A delivery from the receiver's side: is it ours, is it fresh, is it whole?

For `manage.py listen` and for tests. Pure: what came in goes in, a judgement comes out. Receivers of other makers
do the same: see docs/webhooks.md.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webhooks.delivery.signing import body_signature, signature

# Standard Webhooks: what is older, or from the future, may be a replay by somebody else.
TOLERANCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong with a delivery; nothing, where `problems` is empty.

    Attributes:
        age: seconds since it was signed; None where it does not say.
        body: as JSON; None where it is none.
    """

    problems: tuple[str, ...]
    event_id: str = ""
    event_type: str = ""
    delivery_id: str = ""
    age: float | None = None
    body: Any = None


def judged(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], now: datetime) -> Judgement:
    """Check a delivery against the secrets that may have signed it.

    Args:
        headers: of the request, by names in any case.
        secrets: as `whsec_…`; none: signatures are not checked.
    """
    given = {name.lower(): value for name, value in headers.items()}
    missing = [
        name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not given.get(name)
    ]
    problems = [f"The header {name} is missing." for name in missing]
    timestamp = given.get("webhook-timestamp", "")
    age = now.timestamp() - int(timestamp) if timestamp.isascii() and timestamp.isdigit() else None
    if age is not None and abs(age) > TOLERANCE_SECONDS:
        problems.append(
            f"It was signed {age:.0f} seconds ago: more than {TOLERANCE_SECONDS} are not accepted."
        )
    if secrets and not missing:
        problems += _signature_problems(given, body, secrets)
    content = _json(body)
    if content is None:
        problems.append("The body is not JSON.")
    return Judgement(
        tuple(problems),
        event_id=given.get("webhook-id", ""),
        event_type=given.get("x-ordinavo-event-type", ""),
        delivery_id=given.get("x-ordinavo-delivery-id", ""),
        age=age,
        body=content,
    )


def _signature_problems(given: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> list[str]:
    timestamp = given["webhook-timestamp"]
    if not (timestamp.isascii() and timestamp.isdigit()):
        return ["webhook-timestamp is no number of seconds."]
    sent = given["webhook-signature"].split()
    made = [
        signature(each, event_id=given["webhook-id"], timestamp=int(timestamp), body=body) for each in secrets
    ]
    # Every pair is compared, in constant time, so that the time tells nothing about the right one.
    fits = [hmac.compare_digest(one.encode(), other.encode()) for one in sent for other in made]
    problems = [] if any(fits) else ["webhook-signature is wrong: another secret, or a changed body."]
    older = given.get("x-ordinavo-signature", "").encode()
    if not any(hmac.compare_digest(older, body_signature(each, body).encode()) for each in secrets):
        problems.append("X-Ordinavo-Signature is wrong: it is of the newest secret alone.")
    return problems


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
