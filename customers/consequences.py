"""What came of a decision by itself: what imports stored, created and filled in because of it, and how it goes back.

A decision is followed by automation: a later import of the reference fills blanks of the record, creates a location
below it, stores an external ID. Undo takes all of that back, or the wrong customer would keep the phone number of the
right one. What staff did by hand is never taken back: it contradicts, see `customers.reviews`.

The history of the registry says what was written since (`mark` notes, with each decision, how far it reached then).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from customers.matching.keeping import rekey_locations
from customers.matching.snapshot import COLUMNS, derived
from customers.models import Contact, Customer, ExternalReference, Location, Origin
from ordinavo_connect.api.statements import prepared_cursor

MODELS: dict[str, type[Customer] | type[Location] | type[Contact]] = {
    "customer": Customer,
    "location": Location,
    "contact": Contact,
}
CHILDREN = ("location", "contact")
# A record of the registry: its entity and its id.
RecordId = tuple[str, int]
# Whether a change was made because of the decision, by the reason that the history gives.
IsDue = Callable[[str], bool]
_BY_RULE = (Origin.CREATED, Origin.AUTOMATIC)
_HISTORIES = {
    **{entity: f"customers_{entity}event" for entity in MODELS},
    "reference": "customers_externalreferenceevent",
}


@dataclass
class NumberTaken(Exception):
    """The number that a customer had before is another's by now."""

    number: str
    holder: str


def mark() -> dict[str, int]:
    """How far the history reaches right now, by table: what is beyond it came later."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT "
            + ", ".join(f"coalesce((SELECT max(pgh_id) FROM {table}), 0)" for table in _HISTORIES.values())
        )
        return dict(zip(_HISTORIES, cursor.fetchone(), strict=True))


def references_since(
    since: dict[str, int], rows: models.QuerySet[ExternalReference]
) -> list[ExternalReference]:
    """Of some references those that a rule or an import stored since, the oldest first."""
    history = ExternalReference.pgh_event_model.objects  # type: ignore[attr-defined]
    stored = history.filter(pgh_id__gt=since["reference"], pgh_label="insert").values("pgh_obj_id")
    return list(rows.filter(origin__in=_BY_RULE, pk__in=stored).order_by("pk"))


def stored_because(reference_ids: list[int]) -> dict[int, str]:
    """Why references were stored, as the history says, by their ids."""
    history = ExternalReference.pgh_event_model.objects  # type: ignore[attr-defined]
    rows = history.filter(pgh_obj_id__in=reference_ids, pgh_label="insert")
    return {pk: reason or "" for pk, reason in rows.values_list("pgh_obj_id", "pgh_context__reason")}


def leading_to(records: Iterable[RecordId]) -> models.QuerySet[ExternalReference]:
    """The references that lead to some records."""
    wanted = Q(pk__in=[])
    for entity, record_id in records:
        wanted |= Q(**{f"{entity}_id": record_id})
    return ExternalReference.objects.filter(wanted)


def below(record: RecordId) -> list[RecordId]:
    """The locations and contacts of a customer."""
    entity, record_id = record
    if entity != "customer":
        return []
    return [
        (child, pk)
        for child in CHILDREN
        for pk in _model(child)
        .objects.filter(customer_id=record_id)
        .order_by("pk")
        .values_list("pk", flat=True)
    ]


def with_all_below(records: Iterable[RecordId]) -> list[RecordId]:
    return [each for record in records for each in (record, *below(record))]


def changed_by_hand(records: Iterable[RecordId], since: dict[str, int]) -> list[tuple[RecordId, str]]:
    """Records that staff entered or edited in the registry since, with who did it last."""
    found = []
    for entity, record_id in records:
        row = (
            _events(entity, record_id, since)
            .filter(pgh_context__reason__in=BY_HAND)
            .order_by("-pgh_id")
            .first()
        )
        if row is not None:
            found.append(((entity, record_id), row.pgh_context.get("username", "")))
    return found


# The reasons that the pages of the registry give for what is typed there.
BY_HAND = ("edited in the admin", "entered in the admin")


def reasons_since(record: RecordId, since: dict[str, int]) -> set[str]:
    """Why a record was changed since, as its history says."""
    rows = _events(*record, since).filter(pgh_label="update").values_list("pgh_context__reason", flat=True)
    return {reason or "" for reason in rows.distinct()}


def take_changes_back(record: RecordId, since: dict[str, int], is_due: IsDue) -> bool:
    """Let a record be as if the changes that are due had not been made; what was changed otherwise stays.

    Returns:
        Whether anything was changed.

    Raises:
        NumberTaken: the customer had another number before, and that is no longer free.
    """
    entity, record_id = record
    model = _model(entity)
    row = model.objects.filter(pk=record_id).first()
    if row is None:
        return False
    now = {name: getattr(row, name) for name in COLUMNS[entity]}
    before = _without_due(record, since, is_due, now)
    changes = {name: value for name, value in before.items() if value != now[name]}
    if number := changes.get("number"):
        holder = model.objects.filter(tenant_id=row.tenant_id, number=number).first()
        if holder is not None:
            raise NumberTaken(number, str(holder))
    if not changes:
        return False
    owner = row.customer.name if isinstance(row, Location) else None
    computed = derived(entity, now | changes, tenant_id=row.tenant_id, customer_name=owner)
    model.objects.filter(pk=record_id).update(**changes, **computed)
    if entity == "customer" and "name" in changes:
        rekey_locations([record_id], tenant_id=row.tenant_id)
    return True


def _without_due(
    record: RecordId, since: dict[str, int], is_due: IsDue, now: dict[str, Any]
) -> dict[str, Any]:
    """The columns of a record, had the changes that are due not been made."""
    entity, record_id = record
    last = MODELS[entity].pgh_event_model.objects.filter(  # type: ignore[union-attr]
        pgh_obj_id=record_id, pgh_id__lte=since[entity]
    )
    previous = last.order_by("-pgh_id").first()
    if previous is None:
        return now  # Younger than the decision, or its history does not reach that far.
    values = shown = {name: getattr(previous, name) for name in COLUMNS[entity]}
    for row in _events(entity, record_id, since).filter(pgh_label="update").order_by("pgh_id"):
        written = {name: getattr(row, name) for name in COLUMNS[entity]}
        if not is_due((row.pgh_context or {}).get("reason", "")):
            values = values | {name: value for name, value in written.items() if value != shown[name]}
        shown = written
    return values


def _model(entity: str) -> Any:
    return MODELS[entity]


def _events(entity: str, record_id: int, since: dict[str, int]) -> Any:
    model: Any = MODELS[entity]
    return model.pgh_event_model.objects.filter(pgh_obj_id=record_id, pgh_id__gt=since[entity])
