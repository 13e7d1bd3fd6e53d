"""Where deliveries of a subscription go, and what goes with them: its row, decrypted, as a sender needs it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from webhooks.delivery.claims import Claimed
from webhooks.delivery.health import needs_record
from webhooks.delivery.models import Subscription
from webhooks.delivery.network import USER_AGENT, Request
from webhooks.delivery.sealing import Unreadable, unsealed, unsealed_headers
from webhooks.delivery.signing import delivery_headers
from webhooks.events.catalogue import WEBHOOK_TEST

# What is kept in place of the values of the subscription's own headers.
MASK = "***"


@dataclass(frozen=True, slots=True)
class Destination:
    """A subscription as it was when its row had this version.

    Attributes:
        version: of the row, which any change of it moves on.
        secrets: with the end of each, the newest first.
        records_success: whether a success changes something of the row.
        problem: why nothing can be sent there; empty where it can.
    """

    id: int
    version: int
    url: str
    timeout_seconds: float
    max_in_flight: int
    secrets: tuple[tuple[str, datetime | None], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    records_success: bool = True
    problem: str = ""

    def request(self, claimed: Claimed, *, at: datetime) -> Request:
        """The attempt of a delivery that begins at `at`."""
        headers = delivery_headers(
            event_id=claimed.event_id,
            event_type=claimed.event_type,
            delivery_id=claimed.id,
            timestamp=int(at.timestamp()),
            body=claimed.body,
            keys=[secret for secret, until in self.secrets if until is None or at < until],
        )
        # A test looks at name, TLS and certificate, so it opens a connection of its own.
        is_test = claimed.event_type == WEBHOOK_TEST
        return Request(
            self.url, {**self.headers, **headers}, claimed.body, self.timeout_seconds, is_fresh=is_test
        )

    def shown_headers(self, request: Request) -> dict[str, str]:
        """The headers of a request as they may be looked at."""
        shown = {name: MASK if name in self.headers else value for name, value in request.headers.items()}
        has_own = any(name.lower() == "user-agent" for name in shown)
        return shown if has_own else shown | {"User-Agent": USER_AGENT}


def destinations(ids: Collection[int] | None = None) -> dict[int, Destination]:
    """By id: of these subscriptions, or of all. One that is gone is not among them."""
    rows = Subscription.objects.annotate(
        version=RawSQL("delivery_subscription.xmin::text::bigint", [], output_field=BigIntegerField())
    )
    chosen = rows if ids is None else rows.filter(pk__in=ids)
    now = timezone.now()
    return {row.pk: _destination(row, now) for row in chosen}


def _destination(row: Any, now: datetime) -> Destination:
    columns: dict[str, Any] = {
        "id": row.pk,
        "version": row.version,
        "url": row.url,
        "timeout_seconds": float(row.timeout_seconds),
        "max_in_flight": row.max_in_flight,
        "records_success": needs_record(row, at=now),
    }
    try:
        return Destination(**columns, secrets=_secrets(row), headers=unsealed_headers(row.headers))
    except Unreadable:
        return Destination(
            **columns, problem="No key of ENCRYPTION_KEYS opens the secret of this subscription."
        )


def _secrets(row: Subscription) -> tuple[tuple[str, datetime | None], ...]:
    newest = (unsealed(row.secret), None)
    if not row.previous_secret or row.previous_secret_until is None:
        return (newest,)
    return (newest, (unsealed(row.previous_secret), row.previous_secret_until))
