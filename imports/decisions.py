"""Decisions of staff with all that they entail: the registry, every target that waits, and the events, at once."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction

from customers import reviews
from customers.matching.context import Key
from customers.models import MappingReview
from imports.relinking import relink
from imports.undoing import undo_review
from imports.waiting import waiting_counts
from ordinavo_connect.clients.models import User

__all__ = [
    "create_from_review",
    "dismiss_review",
    "link_review",
    "relink_reference",
    "undo_review",
    "waiting_targets",
]


def link_review(review: MappingReview, *, record_id: int, by: User, note: str = "") -> int:
    """Link every target of a review's reference to a record, now and later.

    Returns:
        How many targets changed.

    Raises:
        DecisionRefused, AlreadyDecided: see `customers.reviews`.
    """
    return _decided(review, by, lambda: reviews.link(review, record_id=record_id, by=by, note=note))


def create_from_review(review: MappingReview, *, by: User, note: str = "") -> int:
    """Make a new record of what came in, and link every target of the reference to it.

    Returns:
        How many targets changed.

    Raises:
        DecisionRefused, AlreadyDecided: see `customers.reviews`.
    """
    return _decided(review, by, lambda: reviews.create(review, by=by, note=note))


def dismiss_review(review: MappingReview, *, by: User, note: str = "") -> int:
    """Leave the reference unlinked, and do not ask again.

    Returns:
        How many targets changed: those of a conflict that is none any more.

    Raises:
        AlreadyDecided: somebody was first.
    """
    return _decided(review, by, lambda: reviews.dismiss(review, by=by, note=note))


def reject_candidate(review: MappingReview, *, record_id: int, by: User) -> int:
    """Never propose a record for this reference again; the question stays open unless nothing asks it any more.

    Returns:
        How many targets changed.

    Raises:
        DecisionRefused, AlreadyDecided: see `customers.reviews`.
    """
    return _decided(review, by, lambda: reviews.reject(review, record_id=record_id, by=by))


def propose_candidate_again(review: MappingReview, *, record_id: int, by: User) -> int:
    """Take a rejection back.

    Returns:
        How many targets changed.

    Raises:
        DecisionRefused, AlreadyDecided: see `customers.reviews`.
    """
    return _decided(review, by, lambda: reviews.propose_again(review, record_id=record_id, by=by))


def correct_number_of(review: MappingReview, *, by: User, note: str = "") -> int:
    """Of a conflict: give the number to the customer that the external ID leads to.

    Returns:
        How many targets changed.

    Raises:
        DecisionRefused, AlreadyDecided: see `customers.reviews`.
    """
    return _decided(review, by, lambda: reviews.correct_number(review, by=by, note=note))


def waiting_targets(review: MappingReview) -> int:
    """How many targets a decision concerns."""
    return waiting_counts([review]).get(review.pk, 0)


def relink_reference(tenant_id: int, source_system: str, key: Key, by: User) -> int:
    """Map the targets again that were sent with a reference which staff set by hand (see `customers.references`).

    Returns:
        How many targets changed.
    """
    reason = f"external ID {source_system}/{key.value} set by hand"
    return relink(
        [key],
        tenant_id=tenant_id,
        source_system=source_system,
        now=datetime.now(UTC),
        reason=reason,
        user=by,
    )


def _decided(review: MappingReview, by: User, decide: Callable[[], None]) -> int:
    with transaction.atomic():
        decide()
        return _relink(review, by, f"review {review.pk}")


def _relink(review: MappingReview, by: User, reason: str) -> int:
    return relink(
        [reviews.key_of(review)],
        tenant_id=review.tenant_id,
        source_system=review.source_system,
        now=datetime.now(UTC),
        reason=reason,
        user=by,
    )
