"""Events of several source systems, written in an order that keeps the cause of each target's before its effect."""

from collections.abc import Iterable
from datetime import datetime

from webhooks.events.outbox import Fact, emit


def emit_by_source(told: Iterable[tuple[str, Fact]], *, tenant_id: int, now: datetime) -> None:
    """Write facts, each with the source system that it belongs to ('' for none): a statement for each system.

    Those of one system keep their order, and so do those of one target; systems come in the order in which they are
    first named. A transaction must be open.
    """
    by_source: dict[str, list[Fact]] = {}
    for source_system, fact in told:
        by_source.setdefault(source_system, []).append(fact)
    for source_system, facts in by_source.items():
        emit(facts, tenant_id=tenant_id, source_system=source_system, occurred_at=now)
