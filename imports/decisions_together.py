"""One decision for many questions that are alike, and its undo: all of it in one transaction.

Each question is decided as if alone, and can be undone alone; what was decided together is known by the first of
them (`undo["together"]`). The targets of all are mapped again in one go.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F, JSONField, Value
from django.db.models.expressions import CombinedExpression
from django.utils.translation import gettext as _

from customers import reviews as single
from customers.matching.context import Key
from customers.models import MappingReview, ReviewKind
from customers.reviews import DECIDED, AlreadyDecided, DecisionRefused
from imports.decisions import undo_review
from imports.relinking import relink
from ordinavo_connect.clients.models import User

# Questions that are decided in one transaction: a second or two of locks, and five to take all of it back. Of more, the
# rest is offered again.
MOST_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision for many.

    Args:
        lead: the first question; its id is what undo is called with. None: everything was decided by others.
        decided: how many questions.
        overtaken: how many somebody else had decided before.
        changed: how many targets changed.
    """

    lead: int | None
    decided: int
    overtaken: int
    changed: int


def link_together(reviews: Iterable[MappingReview], *, record_id: int, by: User, note: str = "") -> Outcome:
    """Link many references to one record.

    Raises:
        DecisionRefused: the record is unknown, or one of the questions is a conflict; nothing is decided then.
    """
    return _together(reviews, by, lambda row: single.link(row, record_id=record_id, by=by, note=note))


def create_together(reviews: Iterable[MappingReview], *, by: User, note: str = "") -> Outcome:
    """Make one new record of the first question, and link the others to it.

    Raises:
        DecisionRefused: what came in does not make a record; nothing is decided then.
    """
    made: list[int] = []

    def create_or_link(row: MappingReview) -> None:
        if made:
            single.link(row, record_id=made[0], by=by, note=note)
            return
        single.create(row, by=by, note=note)
        row.refresh_from_db()
        made.append(getattr(row, f"{row.entity_type}_id"))

    return _together(reviews, by, create_or_link)


def dismiss_together(reviews: Iterable[MappingReview], *, by: User, note: str = "") -> Outcome:
    """Leave many references unlinked."""
    return _together(reviews, by, lambda row: single.dismiss(row, by=by, note=note))


def undo_together(lead: MappingReview, *, by: User) -> Outcome:
    """Take back what was decided together: all of it, or nothing.

    Raises:
        DecisionRefused: something newer contradicts; the message lists what, for which reference.
    """
    with transaction.atomic():
        rows = decided_with(lead)
        if not rows:
            raise DecisionRefused(_("This decision was undone already."))
        # The record that was created goes last, when nothing hangs on it.
        changed = sum(_undone(row, by) for row in rows)
    return Outcome(lead.pk, len(rows), 0, changed)


def decided_with(lead: MappingReview) -> list[MappingReview]:
    """The decisions that were made together with a first one and hold; the first is the last in the list."""
    rows = MappingReview.objects.filter(
        tenant_id=lead.tenant_id, status__in=DECIDED, undo__together=lead.pk
    ).order_by("-pk")
    return sorted(rows, key=lambda row: row.pk == lead.pk)


def _together(reviews: Iterable[MappingReview], by: User, decide: Callable[[MappingReview], None]) -> Outcome:
    # In one order, so that two who decide the same questions at once never wait for each other in a circle.
    rows = sorted(reviews, key=lambda row: row.pk)[:MOST_TOGETHER]
    if any(row.kind == ReviewKind.CONFLICT for row in rows):
        raise DecisionRefused(_("Conflicts are decided one by one: each moves or keeps a link."))
    with transaction.atomic():
        decided = [row for row in rows if _is_first(row, decide)]
        if decided:
            _mark(decided, decided[0].pk)
        lead = decided[0].pk if decided else None
        changed = _relink_all(decided, by, f"review {lead} and those decided with it")
    return Outcome(lead, len(decided), len(rows) - len(decided), changed)


def _is_first(row: MappingReview, decide: Callable[[MappingReview], None]) -> bool:
    """Whether a question was still open; one that is not is refused before anything is written."""
    try:
        decide(row)
    except AlreadyDecided:
        return False
    return True


def _mark(rows: list[MappingReview], lead: int) -> None:
    marked = CombinedExpression(F("undo"), "||", Value({"together": lead}, JSONField()), JSONField())
    MappingReview.objects.filter(pk__in=[row.pk for row in rows]).update(undo=marked)


def _undone(row: MappingReview, by: User) -> int:
    try:
        return undo_review(row, by=by)
    except DecisionRefused as refused:
        raise DecisionRefused(f"{row}: {refused}") from refused


def _relink_all(rows: list[MappingReview], by: User, reason: str) -> int:
    keys: dict[tuple[int, str], list[Key]] = defaultdict(list)
    for row in rows:
        keys[row.tenant_id, row.source_system].append(single.key_of(row))
    return sum(
        relink(
            of_source,
            tenant_id=tenant_id,
            source_system=source,
            now=datetime.now(UTC),
            reason=reason,
            user=by,
        )
        for (tenant_id, source), of_source in sorted(keys.items())
    )
