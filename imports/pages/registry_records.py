"""Records of the registry by entity and id, for pages that name many: a statement for each entity."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from customers.reviews import MODELS


@dataclass(frozen=True, slots=True)
class Named:
    """A record with its name, and the address of its page."""

    id: int
    name: str
    link: str


def link_of(entity: str, record_id: int) -> str:
    return reverse(f"admin:customers_{entity}_change", args=[record_id])


def named_records(
    wanted: Iterable[tuple[str, int | None]], *, tenant_id: int
) -> dict[tuple[str, int], Named]:
    """Names of records, by entity and id; those that are gone are left out."""
    ids: dict[str, set[int]] = {}
    for entity, record_id in wanted:
        if record_id is not None:
            ids.setdefault(entity, set()).add(record_id)
    found: dict[tuple[str, int], Named] = {}
    for entity, wanted_ids in ids.items():
        rows: Any = MODELS[entity].objects.filter(tenant_id=tenant_id, pk__in=wanted_ids)
        for row in rows:
            found[entity, row.pk] = Named(row.pk, str(row) or f"#{row.pk}", link_of(entity, row.pk))
    return found
