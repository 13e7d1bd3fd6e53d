"""Decisions of staff with all that they entail: the registry, every target that waits, and the events, at once."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction

from customers import reviews
from customers.matching.context import Key
from customers.models import MappingReview
from imports.models import Target
from imports.relinking import relink
from imports.waiting import waiting_counts
from ordinavo_connect.clients.models import User


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


def undo_review(review: MappingReview, *, by: User) -> int:
    """Take a decision back, with the links that it made.

    Returns:
        How many targets changed.

    Raises:
        DecisionRefused: something newer contradicts.
    """
    with transaction.atomic():
        reviews.undo(review, by=by)
        if created := review.undo.get("created"):
            # Gone before the targets are mapped again, or its number would lead to it.
            _release_targets(review, created)
            reviews.drop_created(review)
        return _relink(review, by, f"undo of review {review.pk}")


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


def _release_targets(review: MappingReview, record_id: int) -> None:
    """Unlink the targets of a review's reference from a record; they are mapped again right after."""
    link, key = f"{review.entity_type}_id", f"{review.entity_type}_key"
    Target.objects.filter(
        tenant_id=review.tenant_id,
        source_system=review.source_system,
        **{link: record_id, key: str(reviews.key_of(review))},
    ).update(**{link: None})


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
