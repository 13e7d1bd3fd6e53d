"""Decisions of staff on a review, and their undo.

A decision is kept as a reference that leads to a record, or as a dismissal; both are looked up by every import, so
no question is asked twice. These functions change the registry only: targets that wait are linked by
`imports.decisions`, which calls them in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.history import explain_changes
from customers.matching.context import Key
from customers.matching.snapshot import derived
from customers.models import (
    Contact,
    Customer,
    Dismissal,
    EntityType,
    ExternalReference,
    Location,
    MappingReview,
    Origin,
    ReferenceKey,
    ReviewStatus,
)
from ordinavo_connect.clients.models import User

MODELS: dict[str, type[Customer] | type[Location] | type[Contact]] = {
    "customer": Customer,
    "location": Location,
    "contact": Contact,
}
DECIDED = (ReviewStatus.LINKED, ReviewStatus.CREATED, ReviewStatus.DISMISSED)


@dataclass
class DecisionRefused(Exception):
    """A decision cannot be made. `message` tells staff why, and what to do instead."""

    message: str

    def __str__(self) -> str:
        return self.message


class AlreadyDecided(DecisionRefused):
    """Somebody else was first."""


def key_of(row: ReferenceKey) -> Key:
    """The key of a review or reference."""
    return Key(row.entity_type, row.key_kind, row.external_id)


def same_key(row: ReferenceKey) -> dict[str, Any]:
    """The filter for rows of the same reference."""
    return {
        "tenant_id": row.tenant_id,
        "source_system": row.source_system,
        "entity_type": row.entity_type,
        "key_kind": row.key_kind,
        "external_id": row.external_id,
    }


def link(review: MappingReview, *, record_id: int, by: User, note: str = "") -> None:
    """Say which record a source system means.

    Of a conflict, the other candidates are dismissed with it: keeping the one is saying no to the other.

    Raises:
        DecisionRefused: the tenant has no such record.
        AlreadyDecided: somebody was first.
    """
    record = _record(review, record_id)
    _claim(review, ReviewStatus.LINKED, by, note, "link")
    undo = _remember(review, record)
    if review.kind == "Conflict":
        _dismiss(review, [i for i in review.candidates if i != record_id])
    MappingReview.objects.filter(pk=review.pk).update(**{f"{review.entity_type}_id": record.pk}, undo=undo)


def create(review: MappingReview, *, by: User, note: str = "") -> None:
    """Make a new record of what came in.

    Raises:
        DecisionRefused: what came in does not make a record, or its customer is not known.
        AlreadyDecided: somebody was first.
    """
    values = _values_for_new(review)
    _claim(review, ReviewStatus.CREATED, by, note, "create")
    model = MODELS[review.entity_type]
    record = model(tenant_id=review.tenant_id, **values, **derived(review.entity_type, values))
    if review.entity_type != EntityType.CUSTOMER:
        record.customer_id = review.parent_id  # type: ignore[union-attr]
    record.save(force_insert=True)
    undo = _remember(review, record) | {"created": record.pk}
    MappingReview.objects.filter(pk=review.pk).update(**{f"{review.entity_type}_id": record.pk}, undo=undo)


def dismiss(review: MappingReview, *, by: User, note: str = "") -> None:
    """Leave the reference unlinked: none of the candidates is meant, and the question is not asked again.

    Raises:
        AlreadyDecided: somebody was first.
    """
    _claim(review, ReviewStatus.DISMISSED, by, note, "dismiss")
    kept = _kept_id(review)
    _dismiss(review, [i for i in review.candidates if i != kept])


def undo(review: MappingReview, *, by: User) -> MappingReview:
    """Take a decision back: everything is as before it, and the question is open again.

    Returns:
        The open review.

    Raises:
        DecisionRefused: something newer contradicts; the message lists what.
    """
    contradictions = what_contradicts_undo(review)
    if contradictions:
        raise DecisionRefused(" ".join(contradictions))
    changed = MappingReview.objects.filter(pk=review.pk, status__in=DECIDED).update(
        status=ReviewStatus.UNDONE
    )
    if changed != 1:
        raise AlreadyDecided(_("This decision was undone already."))
    explain_changes(f"undo of review {review.pk}", user=by)
    review.dismissals.all().delete()
    _restore_reference(review)
    return _open_again(review)


def drop_created(review: MappingReview) -> bool:
    """Delete the record that an undone decision created, unless something else hangs on it by now.

    Called once no target is linked to it any more.

    Returns:
        Whether it was deleted, or there was none.
    """
    created = review.undo.get("created")
    if not created:
        return True
    model = MODELS[review.entity_type]
    if _hangs_on(review.entity_type, created):
        return False
    model.objects.filter(pk=created, tenant_id=review.tenant_id).delete()
    return True


def what_contradicts_undo(review: MappingReview) -> list[str]:
    """Sentences on what is newer than a decision and rests on it."""
    if review.status not in DECIDED:
        return [_("There is no decision to undo.")]
    newer = MappingReview.objects.filter(**same_key(review), pk__gt=review.pk).exclude(
        status__in=[ReviewStatus.UNDONE, ReviewStatus.OPEN]
    )
    if newer.exists():
        return [_("There is a newer decision on this reference; undo that one first.")]
    if review.status == ReviewStatus.DISMISSED:
        return []
    reference = ExternalReference.objects.filter(**same_key(review)).first()
    linked = getattr(review, f"{review.entity_type}_id")
    if reference is None or getattr(reference, f"{review.entity_type}_id") != linked:
        return [_("The reference was changed in the registry since; change it there.")]
    return []


def _record(review: MappingReview, record_id: int) -> Any:
    record = MODELS[review.entity_type].objects.filter(pk=record_id, tenant_id=review.tenant_id).first()
    if record is None:
        raise DecisionRefused(_("There is no such record."))
    return record


def _claim(review: MappingReview, status: str, by: User, note: str, verb: str) -> None:
    """Decide once: a conditional update, so that of two who click at once one is told who was first."""
    changed = MappingReview.objects.filter(pk=review.pk, status=ReviewStatus.OPEN).update(
        status=status, decided_by=by, decided_at=timezone.now(), note=note[:500]
    )
    if changed != 1:
        review.refresh_from_db()
        who = review.decided_by.get_username() if review.decided_by else _("an import")
        raise AlreadyDecided(
            _("%(who)s was first: %(status)s.") % {"who": who, "status": review.get_status_display()}
        )
    explain_changes(f"{verb} of review {review.pk}", user=by)


def _remember(review: MappingReview, record: models.Model) -> dict[str, Any]:
    """Let the reference lead to the record; returns what it led to before."""
    entity = review.entity_type
    before = ExternalReference.objects.select_for_update().filter(**same_key(review)).first()
    if before is None:
        ExternalReference.objects.create(
            **same_key(review), **{f"{entity}_id": record.pk}, origin=Origin.MANUAL
        )
        return {"reference": None}
    kept = {"record": getattr(before, f"{entity}_id"), "origin": before.origin}
    ExternalReference.objects.filter(pk=before.pk).update(**{f"{entity}_id": record.pk}, origin=Origin.MANUAL)
    return {"reference": kept}


def _restore_reference(review: MappingReview) -> None:
    if "reference" not in review.undo:
        return
    before = review.undo["reference"]
    references = ExternalReference.objects.filter(**same_key(review))
    if before is None or not MODELS[review.entity_type].objects.filter(pk=before["record"]).exists():
        references.delete()
    else:
        references.update(**{f"{review.entity_type}_id": before["record"]}, origin=before["origin"])


def _dismiss(review: MappingReview, record_ids: list[int]) -> None:
    Dismissal.objects.bulk_create(
        [Dismissal(**same_key(review), review=review, record_id=record_id) for record_id in record_ids],
        ignore_conflicts=True,
    )


def _kept_id(review: MappingReview) -> int | None:
    """Of a customer's conflict, the record that stays linked; everything else is dismissed with the question."""
    if review.entity_type != EntityType.CUSTOMER:
        return None
    reference = ExternalReference.objects.filter(**same_key(review)).first()
    return getattr(reference, f"{review.entity_type}_id") if reference else None


def _open_again(review: MappingReview) -> MappingReview:
    again, _created = MappingReview.objects.get_or_create(
        **same_key(review),
        status=ReviewStatus.OPEN,
        defaults={
            "client_id": review.client_id,
            "kind": review.kind,
            "warning": review.warning,
            "incoming": review.incoming,
            "candidates": review.candidates,
            "parent_id": review.parent_id,
        },
    )
    # It keeps its place in the queue.
    MappingReview.objects.filter(pk=again.pk).update(opened_at=review.opened_at)
    return again


def what_prevents_creation(review: MappingReview) -> str | None:
    """Why no new record can be made of what came in, in a sentence; None where one can.

    A name is missing, the number is taken, or the customer is not known yet.
    """
    given = _given(review)
    checks: dict[str, Callable[[], str | None]] = {
        "customer": lambda: _no_new_customer(review, given),
        "location": lambda: _no_new_child(review, given, ("name", "street", "city")),
        "contact": lambda: _no_new_child(review, given, ("display_name", "email")),
    }
    return checks[review.entity_type]()


def _given(review: MappingReview) -> dict[str, Any]:
    """What came in of the entity in question, in columns of the registry."""
    return {n: v for n, v in review.incoming.get(review.entity_type, {}).items() if n != "external_id"}


def _values_for_new(review: MappingReview) -> dict[str, Any]:
    """The columns of a new record, of what came in.

    Raises:
        DecisionRefused: see `what_prevents_creation`.
    """
    if problem := what_prevents_creation(review):
        raise DecisionRefused(problem)
    return _given(review)


def _no_new_customer(review: MappingReview, given: dict[str, Any]) -> str | None:
    if not given.get("name"):
        return _("No name came in, so no customer can be made of it. Link it to a known one.")
    number = given.get("number")
    if number and Customer.objects.filter(tenant_id=review.tenant_id, number=number).exists():
        return _(
            "The customer number belongs to a customer already. Link it, or correct the number there first."
        )
    return None


def _no_new_child(review: MappingReview, given: dict[str, Any], names: tuple[str, ...]) -> str | None:
    if review.parent_id is None:
        return _("The customer is not known yet. Decide on the customer first.")
    if not any(given.get(name) for name in names):
        return _("Too little came in to make a record of it. Link it to a known one.")
    return None


def _hangs_on(entity: str, record_id: int) -> bool:
    """Whether anything is linked to a record: a target, a reference, a record below it."""
    model = MODELS[entity]
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: record_id}).exists()
        for relation in model._meta.related_objects
        # Reviews keep their story without the record; history is no link.
        if relation.related_model is not MappingReview
        and not hasattr(relation.related_model, "pgh_tracked_model")
    )
