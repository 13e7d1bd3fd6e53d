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

from customers import number_corrections
from customers.consequences import (
    MODELS as MODELS,
)
from customers.consequences import (
    RecordId,
    changed_by_hand,
    leading_to,
    mark,
    with_all_below,
)
from customers.history import explain_changes
from customers.matching.context import Context, Given, Key
from customers.matching.snapshot import derived
from customers.models import (
    Customer,
    Dismissal,
    EntityType,
    ExternalReference,
    MappingReview,
    Origin,
    ReferenceKey,
    ReviewStatus,
)
from ordinavo_connect.clients.models import User

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
    _settle(review, record, undo)


def create(review: MappingReview, *, by: User, note: str = "") -> None:
    """Make a new record of what came in.

    Raises:
        DecisionRefused: what came in does not make a record, or its customer is not known.
        AlreadyDecided: somebody was first.
    """
    values = _values_for_new(review)
    _claim(review, ReviewStatus.CREATED, by, note, "create")
    model = MODELS[review.entity_type]
    owner = review.parent.name if review.entity_type != EntityType.CUSTOMER and review.parent else None
    computed = derived(review.entity_type, values, tenant_id=review.tenant_id, customer_name=owner)
    record = model(tenant_id=review.tenant_id, **values, **computed)
    if review.entity_type != EntityType.CUSTOMER:
        record.customer_id = review.parent_id  # type: ignore[union-attr]
    record.save(force_insert=True)
    _settle(review, record, _remember(review, record) | {"created": record.pk})


def dismiss(review: MappingReview, *, by: User, note: str = "") -> None:
    """Leave the reference unlinked: none of the candidates is meant, and the question is not asked again.

    Raises:
        AlreadyDecided: somebody was first.
    """
    _claim(review, ReviewStatus.DISMISSED, by, note, "dismiss")
    kept = _kept_id(review)
    _dismiss(review, [i for i in review.candidates if i != kept])


def reject(review: MappingReview, *, record_id: int, by: User) -> None:
    """Never propose a record for this reference again; the question stays open, without it.

    Raises:
        DecisionRefused: it is no candidate.
        AlreadyDecided: somebody decided the question.
    """
    row = _locked_open(review)
    if record_id not in row.candidates:
        raise DecisionRefused(_("This record is not proposed any more."))
    explain_changes(f"candidate of review {review.pk} rejected", user=by)
    _dismiss(row, [record_id])
    MappingReview.objects.filter(pk=row.pk).update(
        candidates=[i for i in row.candidates if i != record_id],
        undo=row.undo | {"rejected": [*rejected_of(row), record_id]},
    )


def propose_again(review: MappingReview, *, record_id: int, by: User) -> None:
    """Take a rejection back: the record may be proposed again.

    Raises:
        DecisionRefused: it was not rejected.
        AlreadyDecided: the question was decided since; undo that first.
    """
    row = _locked_open(review)
    rejected = rejected_of(row)
    if record_id not in rejected:
        raise DecisionRefused(_("This record is proposed already."))
    explain_changes(f"candidate of review {review.pk} proposed again", user=by)
    row.dismissals.filter(record_id=record_id).delete()
    MappingReview.objects.filter(pk=row.pk).update(
        candidates=[*row.candidates, record_id],
        undo=row.undo | {"rejected": [i for i in rejected if i != record_id]},
    )


def rejected_of(review: MappingReview) -> list[int]:
    """Records that staff said no to, one by one, while the question stayed open."""
    return list(review.undo.get("rejected", []))


def correct_number(review: MappingReview, *, by: User, note: str = "") -> None:
    """Of a customer's conflict: the external ID is right, and the number stands at the wrong customer.

    The number is taken from its holder and given to the customer that the external ID leads to.

    Raises:
        DecisionRefused: it is no such conflict, or the numbers changed meanwhile.
        AlreadyDecided: somebody was first.
    """
    parties = parties_of(review)
    if parties is None:
        raise DecisionRefused(_("The conflict is not what it was. Look at the question again."))
    keeper, holder = parties
    _claim(review, ReviewStatus.LINKED, by, note, "number corrected by decision")
    changes = number_corrections.correction(keeper, holder)
    if not number_corrections.carry_out(changes, tenant_id=review.tenant_id):
        raise DecisionRefused(_("The numbers were changed meanwhile. Look at the question again."))
    kept = _remember(review, keeper) | {"numbers": [change.as_kept() for change in changes]}
    _settle(review, keeper, kept)


def parties_of(review: MappingReview) -> tuple[Customer, Customer] | None:
    """Of a conflict: the customer of the external ID, and the one that has the number which came with it."""
    number = _given(review).get("number")
    if review.kind != "Conflict" or review.entity_type != EntityType.CUSTOMER or not number:
        return None
    reference = ExternalReference.objects.filter(**same_key(review)).select_related("customer").first()
    holder = Customer.objects.filter(tenant_id=review.tenant_id, number=number).first()
    if reference is None or reference.customer is None or holder is None or holder == reference.customer:
        return None
    return reference.customer, holder


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
    # What was rejected before the decision is not part of it.
    review.dismissals.exclude(record_id__in=rejected_of(review)).delete()
    _restore_reference(review)
    numbers = review.undo.get("numbers", [])
    if not number_corrections.take_back(numbers, tenant_id=review.tenant_id):
        raise DecisionRefused(_("The numbers were changed meanwhile. Look at the decision again."))
    again = _open_again(review)
    review.dismissals.update(review=again)
    return again


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


def delete_records(records: list[RecordId]) -> None:
    """Delete records of the registry, with what is below them and leads to them."""
    for entity, model in MODELS.items():
        model.objects.filter(pk__in=[record_id for each, record_id in records if each == entity]).delete()


def what_contradicts_undo(review: MappingReview) -> list[str]:
    """Sentences on what staff did since, and what rests on the decision. Imports never contradict: they follow."""
    if review.status not in DECIDED:
        return [_("There is no decision to undo.")]
    if _newer_decision(review):
        return [_("There is a newer decision on this reference; undo that one first.")]
    linked = getattr(review, f"{review.entity_type}_id")
    reference = ExternalReference.objects.filter(**same_key(review)).first()
    leads_to = getattr(reference, f"{review.entity_type}_id") if reference else None
    if review.status == ReviewStatus.DISMISSED:
        if (
            reference is not None
            and reference.origin in (Origin.MANUAL, Origin.ENTERED)
            and not _kept_before(review)
        ):
            return [_("The reference was changed in the registry since; change it there.")]
        return []
    if linked is None or leads_to != linked:
        return [_("The reference was changed in the registry since; change it there.")]
    numbers = number_corrections.what_contradicts(review.undo.get("numbers", []), tenant_id=review.tenant_id)
    return [*numbers, *_decisions_below(review, linked), *_what_staff_built_on(review)]


def _newer_decision(review: MappingReview) -> bool:
    """Whether staff decided on the reference again. A question that an import answered is no decision."""
    newer = MappingReview.objects.filter(**same_key(review), pk__gt=review.pk).exclude(
        status__in=[ReviewStatus.UNDONE, ReviewStatus.OPEN]
    )
    return newer.exclude(status=ReviewStatus.SUPERSEDED, decided_by__isnull=True).exists()


def _kept_before(review: MappingReview) -> bool:
    """Whether a dismissal left a reference as it was, which was there before."""
    since = review.undo.get("since")
    if since is None:
        return True
    history: Any = ExternalReference.pgh_event_model  # type: ignore[attr-defined]
    return bool(history.objects.filter(**same_key(review), pgh_id__lte=since["reference"]).exists())


def _decisions_below(review: MappingReview, record_id: int) -> list[str]:
    """Newer decisions on locations and contacts that came with this customer, made in the light of it."""
    if review.entity_type != EntityType.CUSTOMER:
        return []
    rows = MappingReview.objects.filter(
        tenant_id=review.tenant_id,
        source_system=review.source_system,
        parent_id=record_id,
        status__in=DECIDED,
        decided_at__gte=review.decided_at,
    ).exclude(entity_type=EntityType.CUSTOMER)
    created = review.undo.get("created")
    return [_rests_on_it(row) for row in rows if created or _customer_key(row) == key_of(review)]


def _customer_key(review: MappingReview) -> Key | None:
    """How the customer was named in what came in of a review."""
    given: dict[str, Any] = {
        entity: Given(kept.get("external_id", ""), {n: v for n, v in kept.items() if n != "external_id"})
        for entity, kept in review.incoming.items()
    }
    return Context(**given).key("customer")


def _rests_on_it(row: MappingReview) -> str:
    return _("The %(entity)s %(reference)s was decided since, for this customer; undo that first.") % {
        "entity": row.get_entity_type_display().lower(),
        "reference": row,
    }


def _what_staff_built_on(review: MappingReview) -> list[str]:
    """What staff did with a record that the decision created: it would go with the record."""
    created, since = review.undo.get("created"), review.undo.get("since")
    if not created or since is None:
        return []
    records = with_all_below([(review.entity_type, created)])
    by_hand = leading_to(records).filter(origin__in=(Origin.MANUAL, Origin.ENTERED))
    others = [
        row for row in by_hand if key_of(row) != key_of(review) or row.source_system != review.source_system
    ]
    sentences = [
        _("The external ID %(reference)s was linked to it by hand since; take it back first.")
        % {"reference": row}
        for row in others
    ]
    for (entity, record_id), who in changed_by_hand(records, since):
        text = _(
            "%(record)s was changed by hand since, by %(who)s. To part with it, remove the external ID there."
        )
        sentences.append(text % {"record": MODELS[entity].objects.get(pk=record_id), "who": who})
    return sentences


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
        raise AlreadyDecided(who_was_first(review))
    # Locked from here on: what was rejected until now stays rejected.
    review.undo = MappingReview.objects.values_list("undo", flat=True).get(pk=review.pk) | {"since": mark()}
    MappingReview.objects.filter(pk=review.pk).update(undo=review.undo)
    explain_changes(f"{verb} of review {review.pk}", user=by)


def _locked_open(review: MappingReview) -> MappingReview:
    """The review as it is now, for a change that leaves it open.

    Raises:
        AlreadyDecided: it is open no more.
    """
    row = MappingReview.objects.select_for_update(of=["self"]).get(pk=review.pk)
    if row.status != ReviewStatus.OPEN:
        raise AlreadyDecided(who_was_first(row))
    return row


def who_was_first(review: MappingReview) -> str:
    """Who decided a question, and how, in a sentence."""
    who = review.decided_by.get_username() if review.decided_by else _("an import")
    return _("%(who)s was first: %(status)s.") % {"who": who, "status": review.get_status_display()}


def _settle(review: MappingReview, record: models.Model, kept: dict[str, Any]) -> None:
    """Note what the decision led to, and what undo needs."""
    MappingReview.objects.filter(pk=review.pk).update(
        **{f"{review.entity_type}_id": record.pk}, undo=review.undo | kept
    )


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
    rejected = sorted({*rejected_of(review), *rejected_of(again)})
    # It keeps its place in the queue, and what was rejected stays so.
    MappingReview.objects.filter(pk=again.pk).update(
        opened_at=review.opened_at, undo={"rejected": rejected} if rejected else {}
    )
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
