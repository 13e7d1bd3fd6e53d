"""Questions that one decision may answer: alike in what came in, or in the record that comes first for them.

Conflicts are never alike: each of them moves or keeps a link that stands. A location or a contact whose customer is
not known yet is left out too, since two customers may both have a "Filiale Mitte".
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import EntityType, MappingReview, ReviewKind, ReviewStatus
from customers.normalisation import address_key, city_key, email_key, name_key

# The oldest questions that are compared: some tenths of a second at most.
MOST_COMPARED = 5_000
# Groups that a page lists, the largest first.
MOST_GROUPS = 50
WORDS, CANDIDATE = "words", "candidate"
MEANINGS: dict[str, Promise] = {
    WORDS: _("the same name and address"),
    CANDIDATE: _("the same record comes first"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as far as it is compared."""

    id: int
    entity: str
    parent: int | None
    candidates: tuple[int, ...]
    incoming: dict[str, Any]

    def key(self, by: str) -> tuple[Any, ...] | None:
        """What those that are alike have in common; None where there is too little to compare."""
        if self.entity != EntityType.CUSTOMER and self.parent is None:
            return None
        said = self._said() if by == WORDS else self.candidates[:1]
        return (self.entity, self.parent, *said) if any(said) else None

    def _said(self) -> tuple[str, ...]:
        given = self.incoming.get(self.entity, {})
        if self.entity == EntityType.CONTACT:
            return name_key(given.get("display_name") or ""), email_key(given.get("email") or "")
        place = self.incoming.get("location", {})
        name, where = name_key(given.get("name") or ""), _where(place)
        if self.entity == EntityType.CUSTOMER:
            # A place alone tells no customers apart: a mall has fifty.
            return (name, where) if name else ("",)
        return name, where


def _where(place: dict[str, Any]) -> str:
    street, code, city = (place.get(part) or "" for part in ("street", "postal_code", "city"))
    return address_key(street, code, city) or city_key(city)


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that are alike; `ids` in the order of the queue."""

    by: str
    ids: tuple[int, ...]


def groups(reviews: QuerySet[MappingReview]) -> list[Group]:
    """Groups of two or more of a tenant's open questions, the largest first. A question may be in one of each kind.

    Groups by the first record are left out where the same questions are alike in words.
    """
    asked = _asked(reviews)
    found = [*_grouped(asked, WORDS), *_grouped(asked, CANDIDATE)]
    seen: set[tuple[int, ...]] = set()
    distinct = []
    for group in sorted(found, key=lambda group: len(group.ids), reverse=True):
        if group.ids not in seen:
            seen.add(group.ids)
            distinct.append(group)
    return distinct[:MOST_GROUPS]


def alike(reviews: QuerySet[MappingReview], review: MappingReview, by: str) -> list[int]:
    """The open questions that are like one, itself among them, in the order of the queue."""
    key = _as_asked(review).key(by)
    if key is None or review.kind == ReviewKind.CONFLICT:
        return []
    same_kind = reviews.filter(entity_type=review.entity_type)
    return [asked.id for asked in _asked(same_kind) if asked.key(by) == key]


def _grouped(asked: list[Asked], by: str) -> list[Group]:
    found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for each in asked:
        if (key := each.key(by)) is not None:
            found[key].append(each.id)
    return [Group(by, tuple(ids)) for ids in found.values() if len(ids) > 1]


def _asked(reviews: QuerySet[MappingReview]) -> list[Asked]:
    rows = (
        reviews.filter(status=ReviewStatus.OPEN).exclude(kind=ReviewKind.CONFLICT).order_by("opened_at", "pk")
    )
    columns = ("pk", "entity_type", "parent_id", "candidates", "incoming")
    return [
        Asked(pk, entity, parent, tuple(candidates), incoming)
        for pk, entity, parent, candidates, incoming in rows.values_list(*columns)[:MOST_COMPARED]
    ]


def _as_asked(review: MappingReview) -> Asked:
    return Asked(review.pk, review.entity_type, review.parent_id, tuple(review.candidates), review.incoming)
