"""The events that an import wrote."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from imports.models import ImportItem, ImportJob
from ordinavo_connect.clients.admin_lists import moment
from webhooks.events.models import Event

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Events of a job are written between its beginning and a little after its end; clocks of processes may differ.
_SLACK = timedelta(minutes=1)
# A target's newest events.
MOST_EVENTS = 50


@dataclass(frozen=True, slots=True)
class Told:
    """An event: what, when, and its id."""

    type: str
    event_id: str
    at: datetime
    shown: SafeString | str


def of_item(item: ImportItem, job: ImportJob) -> list[Told]:
    """Events of one item of a job, in the order of cause.

    The ids of events are ULIDs, so the unique index on them finds those of the job's time.
    """
    end = (job.completed_at or timezone.now()) + _SLACK
    rows = Event.objects.filter(
        tenant_id=item.tenant_id,
        event_id__gte=_first_id(job.created_at - _SLACK),
        event_id__lt=_first_id(end),
        facts__importJob__id=job.pk,
        facts__importJob__itemIndex=item.index,
    )
    return [_told(row) for row in rows.order_by("pk")[:MOST_EVENTS]]


def of_target(*, tenant_id: int, target_id: int) -> list[Told]:
    """The newest events of a target, in the order of cause."""
    rows = Event.objects.filter(tenant_id=tenant_id, facts__target__id=target_id).order_by("-pk")
    return [_told(row) for row in reversed(rows[:MOST_EVENTS])]


def _told(row: Event) -> Told:
    return Told(row.type, row.event_id, row.occurred_at, moment(row.occurred_at))


def _first_id(at: datetime) -> str:
    """The lowest id of an event of that moment (ULID: 48 bits of milliseconds come first)."""
    number: Any = int(at.astimezone(UTC).timestamp() * 1000) << 80
    return "evt_" + "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
