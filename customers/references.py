"""External references that staff set by hand, outside of a review.

A reference that is added answers the question that may be open about it; one that is removed leads nowhere from
here on. Targets that were sent with it are mapped again by the app above, which asked to be called (`follow`).
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.history import explain_changes
from customers.matching.context import Key
from customers.models import (
    Contact,
    Customer,
    Dismissal,
    ExternalReference,
    KeyKind,
    Location,
    MappingReview,
    Origin,
    ReviewKind,
    ReviewStatus,
)
from customers.reviews import key_of, same_key
from ordinavo_connect.clients.models import User

# Called with tenant id, source system, key and user, in the transaction; answers how many targets changed.
Follower = Callable[[int, str, Key, User], int]

_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Called once, when an app is loaded (`AppConfig.ready`)."""
    if follower not in _followers:
        _followers.append(follower)


def add_reference(
    record: Customer | Location | Contact, *, source_system: str, external_id: str, by: User
) -> tuple[ExternalReference, int]:
    """Say that a source system calls a record by this external ID.

    It must be free (IntegrityError where it is not); a transaction must be open.

    Returns:
        The reference, and how many targets are linked differently by it.
    """
    entity = type(record).__name__.lower()
    explain_changes(f"external ID {source_system}/{external_id} added", user=by)
    reference = ExternalReference.objects.create(
        tenant_id=record.tenant_id,
        source_system=source_system,
        entity_type=entity,
        key_kind=KeyKind.ID,
        external_id=external_id,
        origin=Origin.MANUAL,
        **{entity: record},
    )
    _supersede(reference, by)
    Dismissal.objects.filter(**same_key(reference), record_id=record.pk).delete()
    return reference, _tell(reference, by)


def remove_reference(reference: ExternalReference, *, by: User) -> int:
    """Let an external ID lead nowhere. A transaction must be open.

    The record is not proposed for it again, by no rule.

    Returns:
        How many targets are linked differently by it.
    """
    explain_changes(f"external ID {reference} removed", user=by)
    _supersede(reference, by)
    _remember_removal(reference, by)
    ExternalReference.objects.filter(pk=reference.pk).delete()
    return _tell(reference, by)


def _remember_removal(reference: ExternalReference, by: User) -> None:
    """Staff said that this is not the one: no rule links the external ID to the record again."""
    record_id = getattr(reference, f"{reference.entity_type}_id")
    review = MappingReview.objects.create(
        **same_key(reference),
        kind=ReviewKind.MANUAL_REVIEW,
        status=ReviewStatus.SUPERSEDED,
        decided_by=by,
        decided_at=timezone.now(),
        note=_("The external ID was removed from the record."),
    )
    Dismissal.objects.get_or_create(**same_key(reference), record_id=record_id, defaults={"review": review})


def _supersede(reference: ExternalReference, by: User) -> None:
    """The question about the reference, where one is open, is answered by what staff did to it."""
    MappingReview.objects.filter(**same_key(reference), status=ReviewStatus.OPEN).update(
        status=ReviewStatus.SUPERSEDED, decided_by=by, decided_at=timezone.now()
    )


def _tell(reference: ExternalReference, by: User) -> int:
    told: Any = (reference.tenant_id, reference.source_system, key_of(reference), by)
    return sum(follower(*told) for follower in _followers)
