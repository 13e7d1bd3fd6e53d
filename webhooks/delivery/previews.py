"""Which of the newest events a subscription would get, before it is saved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webhooks.delivery.conditions import Condition, Mismatch, mismatch
from webhooks.events.catalogue import WEBHOOK_TEST
from webhooks.events.models import Event

EVENTS_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """Events that were looked at, the newest first, each with the reason where it does not match."""

    events: list[tuple[Event, Mismatch | None]]

    @property
    def matching(self) -> list[Event]:
        return [event for event, reason in self.events if reason is None]


def preview(
    tenant_id: int, *, event_types: Sequence[str], conditions: Iterable[Condition], source_system: str
) -> Preview:
    """Which of the last 100 events of a tenant would match. One query."""
    wanted = list(conditions)
    newest = Event.objects.filter(tenant_id=tenant_id).exclude(type=WEBHOOK_TEST).order_by("-id")
    events = newest.select_related("tenant")[:EVENTS_LOOKED_AT]
    return Preview(
        [
            (
                event,
                mismatch(event, event_types=event_types, conditions=wanted, source_system=source_system),
            )
            for event in events
        ]
    )
