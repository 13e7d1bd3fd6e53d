"""Undo of a decision with all that followed from it by itself: registry, targets, questions and events, at once.

A replay of everything but the decision ends in the same state: what imports created, stored or filled in because of
it goes, and every target that leant on any of it is mapped again. What staff did since is never taken back; where it
rests on the decision, `customers.reviews.what_contradicts_undo` lists it and nothing is undone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers import reviews
from customers.consequences import (
    IsDue,
    NumberTaken,
    RecordId,
    below,
    leading_to,
    reasons_since,
    references_since,
    stored_because,
    take_changes_back,
    with_all_below,
)
from customers.matching.context import Key
from customers.models import EntityType, ExternalReference, Location, MappingReview, Origin, ReviewStatus
from imports.mapping import ENTITIES
from imports.models import ImportItem, ItemStatus, Target
from imports.relinking import relink
from ordinavo_connect.clients.models import User

_IMPORT_JOB = "import job "
_MADE_KNOWN = "a reference that import job "
# Keys with the source system that uses them.
Sent = set[tuple[str, Key]]


def undo_review(review: MappingReview, *, by: User) -> int:
    """Take a decision back, with the links that it made and what followed from it.

    Returns:
        How many targets changed.

    Raises:
        DecisionRefused: something newer contradicts.
    """
    with transaction.atomic():
        reviews.undo(review, by=by)
        concerned = _take_back(review) if "since" in review.undo else _take_created_back(review)
        return _map_again(concerned, review, by)


def _restore(record: RecordId, since: dict[str, int], is_due: IsDue) -> bool:
    try:
        return take_changes_back(record, since, is_due)
    except NumberTaken as taken:
        text = _("The customer number %(number)s, which the decision replaced, belongs to %(holder)s by now.")
        raise reviews.DecisionRefused(text % {"number": taken.number, "holder": taken.holder}) from taken


def _take_back(review: MappingReview) -> Sent:
    """Everything that followed goes; returns the references whose targets are to be mapped again."""
    key, record = reviews.key_of(review), _linked(review)
    created = review.undo.get("created")
    leaning = _restore_record(review, key, record) if record and not created else Leaning()
    references = _stored_since(review, record, leaning)
    doomed = with_all_below(_created_by(review, references))
    references += [row for row in leading_to(doomed) if row not in references]
    concerned = {(review.source_system, key)} | leaning.concerned
    concerned |= {(row.source_system, reviews.key_of(row)) for row in references}
    concerned |= _asked_about([*doomed, *([record] if record else [])], review)
    concerned |= _release(review, doomed)
    _forget(references)
    for row in references:
        if (fed := _record_of(row)) not in doomed:
            concerned |= _restore_record(review, reviews.key_of(row), fed).concerned
    reviews.delete_records(doomed)
    return concerned


@dataclass
class Leaning:
    """What leans on what a decision let imports write to a record, beside the decision's own reference.

    Args:
        keys: how targets name the record that a rule led to it, by what it was called meanwhile.
        references: those that such a rule stored.
        concerned: every reference whose targets say something of the record.
    """

    keys: set[Key] = field(default_factory=set)
    references: list[ExternalReference] = field(default_factory=list)
    concerned: Sent = field(default_factory=set)


def _restore_record(review: MappingReview, key: Key, record: RecordId) -> Leaning:
    """Let a record be as if nothing had been written to it by a key; tells what leans on what was."""
    since: dict[str, int] = review.undo["since"]
    if not _restore(record, since, _is_due(review, key, record, since)):
        return Leaning()
    others = [row for row in leading_to([record]) if reviews.key_of(row) != key]
    entity = record[0]
    by_rule = references_since(since, leading_to([record]))
    stored = [row for row in by_rule if row in others and row.origin == Origin.AUTOMATIC]
    hashed = {
        (source_system, Key(entity, *named.split(":", 1)))
        for source_system, named in _targets_of([record], review)
        .filter(**{f"{entity}_key__startswith": "hash:"})
        .values_list("source_system", f"{entity}_key")
        .distinct()
    }
    # What others say of the record may fill what is blank again.
    concerned = {(row.source_system, reviews.key_of(row)) for row in others} | hashed
    keys = {reviews.key_of(row) for row in stored} | {named for _system, named in hashed if named != key}
    return Leaning(keys, stored, concerned)


def _take_created_back(review: MappingReview) -> Sent:
    """Of a decision that was made before its consequences were noted: the record that it created, no more."""
    if created := review.undo.get("created"):
        # Gone before the targets are mapped again, or its number would lead to it.
        record = (review.entity_type, created)
        _targets_of([record], review).filter(
            **{f"{review.entity_type}_key": str(reviews.key_of(review))}, source_system=review.source_system
        ).update(**{f"{review.entity_type}_id": None})
        reviews.drop_created(review)
    return {(review.source_system, reviews.key_of(review))}


def _linked(review: MappingReview) -> RecordId | None:
    record_id = getattr(review, f"{review.entity_type}_id")
    return (review.entity_type, record_id) if record_id else None


def _record_of(reference: ExternalReference) -> RecordId:
    return reference.entity_type, getattr(reference, f"{reference.entity_type}_id")


def _ids(references: Iterable[ExternalReference]) -> set[int]:
    return {row.pk for row in references}


def _stored_since(
    review: MappingReview, record: RecordId | None, leaning: Leaning
) -> list[ExternalReference]:
    """References that imports stored because of the decision.

    That of the key itself, after a dismissal; and those of locations and contacts of the customer.
    """
    since = review.undo["since"]
    found = references_since(since, ExternalReference.objects.filter(**reviews.same_key(review)))
    customers = _led_to(record)
    customers += [_record_of(row) for row in found if row.entity_type == "customer"]
    children = [each for customer in customers for each in below(customer)]
    stored = references_since(since, leading_to(children).filter(source_system=review.source_system))
    keys = {reviews.key_of(review)} | leaning.keys
    return [*found, *leaning.references, *_because_of(review, stored, keys)]


def _led_to(record: RecordId | None) -> list[RecordId]:
    """The customer that a decision led to: by itself, or by its location, for targets that named none."""
    if record is None or record[0] == "contact":
        return []
    if record[0] == "customer":
        return [record]
    owners = Location.objects.filter(pk=record[1]).values_list("customer_id", flat=True)
    return [("customer", owner) for owner in owners]


def _because_of(
    review: MappingReview, references: list[ExternalReference], keys: set[Key]
) -> list[ExternalReference]:
    """Of references of locations and contacts those that were stored since one of the keys led to the customer.

    By what the history says of each: the decision itself, an import whose item named the customer so, or another
    decision on a target that is named so.
    """
    reasons = stored_because([row.pk for row in references])
    return [row for row in references if _is_because_of(review, row, reasons.get(row.pk, ""), keys)]


def _is_because_of(review: MappingReview, row: ExternalReference, reason: str, keys: set[Key]) -> bool:
    if reason == f"review {review.pk}":
        return True
    ours, theirs = {str(key) for key in keys}, str(reviews.key_of(row))
    entity = review.entity_type
    # A location leads to its customer only where no customer was named.
    named_so = {"customer_key": "", f"{entity}_key__in": ours, f"{row.entity_type}_key": theirs}
    if entity == EntityType.CUSTOMER:
        named_so = {"customer_key__in": ours, f"{row.entity_type}_key": theirs}
    of_source = {"tenant_id": review.tenant_id, "source_system": review.source_system}
    job = _job_of(reason)
    if not job:
        return bool(Target.objects.filter(**of_source, **named_so).exists())
    items = ImportItem.objects.filter(job_id=job, **{f"mapping__{row.entity_type}__key": theirs})
    first = items.exclude(status=ItemStatus.REJECTED).select_related("target").order_by("index").first()
    if first is None:  # made known by it to targets that waited
        return bool(Target.objects.filter(**of_source, **named_so).exists())
    given = {each: _key_in(first, each) for each in ("customer", "location")}
    return given[entity] in ours and (entity == EntityType.CUSTOMER or not given["customer"])


def _key_in(item: ImportItem, entity: str) -> str:
    """How an entity was named in an item, or, where it was not given, on its target."""
    given: str = (item.mapping or {}).get(entity, {}).get("key") or ""
    kept = getattr(item.target, f"{entity}_key") if item.target else ""
    return given or kept


def _created_by(review: MappingReview, references: list[ExternalReference]) -> list[RecordId]:
    """The record that the decision made, and those that imports made because of it."""
    made = [(review.entity_type, review.undo["created"])] if review.undo.get("created") else []
    return made + [_record_of(row) for row in references if row.origin == Origin.CREATED]


def _asked_about(records: list[RecordId], review: MappingReview) -> Sent:
    """References with an open question in which one of the records is a candidate."""
    wanted = Q(pk__in=[])
    for entity, record_id in records:
        wanted |= Q(entity_type=entity, candidates__contains=record_id)
    rows = MappingReview.objects.filter(wanted, tenant_id=review.tenant_id, status=ReviewStatus.OPEN)
    return {(row.source_system, reviews.key_of(row)) for row in rows}


def _targets_of(records: Iterable[RecordId], review: MappingReview) -> Any:
    wanted = Q(pk__in=[])
    for entity, record_id in records:
        wanted |= Q(**{f"{entity}_id": record_id})
    return Target.objects.filter(wanted, tenant_id=review.tenant_id)


def _release(review: MappingReview, doomed: list[RecordId]) -> Sent:
    """Unlink targets from records that are about to go; returns how they were sent."""
    if not doomed:
        return set()
    sent: Sent = set()
    columns = [f"{entity}_key" for entity in ENTITIES]
    for source_system, *keys in _targets_of(doomed, review).values_list("source_system", *columns).distinct():
        sent |= {
            (source_system, Key(entity, *key.split(":", 1)))
            for entity, key in zip(ENTITIES, keys, strict=True)
            if key
        }
    for entity in ENTITIES:
        ids = [record_id for each, record_id in doomed if each == entity]
        targets = Target.objects.filter(tenant_id=review.tenant_id, **{f"{entity}_id__in": ids})
        targets.update(**{f"{entity}_id": None})
    return sent


def _forget(references: list[ExternalReference]) -> None:
    ExternalReference.objects.filter(pk__in=_ids(references)).delete()


def _is_due(review: MappingReview, key: Key, record: RecordId, since: dict[str, int]) -> IsDue:
    """Whether a change of a record was made because of the decision: by itself, or by imports that sent the key."""
    jobs = {job for reason in reasons_since(record, since) if (job := _job_of(reason))}
    sent = ImportItem.objects.filter(
        tenant_id=review.tenant_id,
        job_id__in=jobs,
        **{f"mapping__{record[0]}__key": str(key), f"mapping__{record[0]}__id": record[1]},
    )
    due = set(sent.values_list("job_id", flat=True))
    return lambda reason: reason == f"review {review.pk}" or _job_of(reason) in due


def _job_of(reason: str) -> int:
    """The import job that a reason of the history speaks of; 0: none."""
    for start in (_IMPORT_JOB, _MADE_KNOWN):
        number = reason.removeprefix(start).partition(" ")[0]
        if reason.startswith(start) and number.isdecimal():
            return int(number)
    return 0


def _map_again(sent: Sent, review: MappingReview, by: User) -> int:
    """Map the targets of some references again, source system by source system."""
    now = datetime.now(UTC)
    return sum(
        relink(
            sorted(key for system, key in sent if system == source_system),
            tenant_id=review.tenant_id,
            source_system=source_system,
            now=now,
            reason=f"undo of review {review.pk}",
            user=by,
        )
        for source_system in sorted({system for system, _key in sent})
    )
