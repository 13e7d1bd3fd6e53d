"""Events to pull: in the order of their positions, which no late commit ever slips behind.

Fan-out gives positions to committed events alone, one fan-out at a time, so that whoever read up to a position has
seen all before it. Source: API contract, Webhooks.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max

from webhooks.events.catalogue import WEBHOOK_TEST
from webhooks.events.models import Event

_POSITION_BYTES = 8
_CHECK_BYTES = 4


@dataclass(frozen=True, slots=True)
class EventsPage:
    """`position` is where to go on: all up to it was seen."""

    events: list[Event]
    position: int


def events_after(
    position: int, *, tenant_id: int, limit: int, types: Sequence[str] | None = None
) -> EventsPage:
    """Events of a tenant behind a position, their tenant loaded; tests of endpoints are none of them.

    Args:
        types: exact names; None: all.
    """
    rows = Event.objects.filter(tenant_id=tenant_id, position__gt=position)
    # Asked first: what gets a position after it is left for the next page.
    end = rows.aggregate(end=Max("position"))["end"]
    if end is None:
        return EventsPage([], position)
    wanted = rows.filter(position__lte=end).exclude(type=WEBHOOK_TEST)
    if types is not None:
        wanted = wanted.filter(type__in=types)
    events = list(wanted.select_related("tenant").order_by("position")[:limit])
    last = events[-1].position if len(events) == limit else end
    return EventsPage(events, last or end)


# A cursor outlives pages, processes and keys: a receiver stores it. So it is not sealed, but checked against typing
# errors and against the cursor of another tenant.


def cursor_of(position: int, *, tenant_id: int) -> str:
    text = position.to_bytes(_POSITION_BYTES)
    return base64.urlsafe_b64encode(text + _check(text, tenant_id)).decode()


def position_of(cursor: str, *, tenant_id: int) -> int:
    """The position that a cursor means.

    Raises:
        ValueError: it is none of this tenant's.
    """
    if not cursor.isascii():
        raise ValueError("A cursor is ASCII.")
    raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
    text = raw[:_POSITION_BYTES]
    if raw[_POSITION_BYTES:] != _check(text, tenant_id):
        raise ValueError("No cursor of this tenant.")
    return int.from_bytes(text)


def _check(text: bytes, tenant_id: int) -> bytes:
    return hashlib.blake2b(b"%d:%s" % (tenant_id, text), digest_size=_CHECK_BYTES).digest()
