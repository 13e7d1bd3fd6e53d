"""Import jobs: one request, from its items to what became of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from customers.matching.policy import policy_of
from customers.matching.writing import Overtaken
from imports.contract import Item, parse_item
from imports.facts import item_facts
from imports.import_log import log_items
from imports.pipeline import import_chunk
from imports.results import Result, Scope, reject
from ordinavo_connect.api.correlation import correlation_id
from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.statements import prepared_cursor
from ordinavo_connect.clients.caller import Caller
from ordinavo_connect.clients.scopes import CUSTOMERS_WRITE
from webhooks.events import catalogue
from webhooks.events.outbox import Fact, emit

T = TypeVar("T")

# Items that are decided and written at once: bounds memory and the size of a statement.
CHUNK = 1000
# Two large requests may wait for each other in different orders; PostgreSQL ends one of them, and it starts anew.
MAX_TRANSACTIONS = 5
# The class of the advisory locks by which requests that lock in several steps take turns.
_LARGE_IMPORTS = 0x0C1
_DEADLOCK, _SERIALIZATION = "40P01", "40001"


@dataclass(frozen=True, slots=True)
class Order:
    """What a request asks for.

    Args:
        raws: the targets as they were sent; they are checked a chunk at a time.
        operation: the default of the items.
        explains: whether each item is to say why it was mapped as it was.
        warnings: of the request itself.
    """

    raws: list[Any]
    operation: str | None = None
    is_batch: bool = False
    batch_id: str = ""
    is_atomic: bool = False
    is_dry_run: bool = False
    explains: bool = False
    warnings: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """What became of a request.

    Args:
        job_id: None for a dry run.
        counts: of results by status.
    """

    order: Order
    job_id: int | None
    source_system: str
    status: str
    results: list[Result]
    created_at: datetime
    completed_at: datetime
    correlation_id: str

    @property
    def counts(self) -> Counter[str]:
        return Counter(result.status for result in self.results)

    @property
    def warning_items(self) -> int:
        return sum(bool(result.all_warnings) for result in self.results)


class DryRun(Exception):
    """Rolls back what a dry run wrote."""


def import_targets(order: Order, caller: Caller, *, attempt: int = 0) -> Outcome:
    """Import what a request asks for, in the transaction that is open, and log it.

    A rejected item never rolls back another, unless the order is atomic. A dry run leaves nothing behind.

    Args:
        attempt: how often the transaction was ended already for the sake of another.
    """
    _queue(order, caller, attempt)
    if order.is_dry_run:
        return _try_out(order, caller)
    scope = _open(order, caller, is_careful=attempt > 0 or len(order.raws) > 1)
    results, told = _import_all_or_nothing(order, scope) if order.is_atomic else _import_all(order, scope)
    outcome = _outcome(order, scope, results)
    _close(outcome, told, scope)
    return outcome


def _queue(order: Order, caller: Caller, attempt: int) -> None:
    """Keep requests that would end each other apart.

    What is decided at once is locked in one order; a request of several chunks, or one that names a target twice,
    locks in the order of its parts, so two of them may wait for each other. Those of a tenant therefore take turns.
    Another that was ended by one of them waits for it, instead of losing again.
    """
    if len(order.raws) > CHUNK or _repeats(order.raws):
        lock = "SELECT pg_advisory_xact_lock(%s, %s)"
    elif attempt:
        lock = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
    else:
        return
    with connection.cursor() as cursor:
        cursor.execute(lock, [_LARGE_IMPORTS, caller.tenant_id % 2**31])


def _repeats(raws: list[Any]) -> bool:
    """Whether an external ID comes twice."""
    named = [
        raw["externalId"] for raw in raws if isinstance(raw, dict) and isinstance(raw.get("externalId"), str)
    ]
    return len(set(named)) < len(named)


def retried(work: Callable[[int], T]) -> T:
    """Run `work`, a transaction of its own, again where PostgreSQL ended it for the sake of another.

    Args:
        work: takes the number of attempts before this one.

    Raises:
        ApiError: service_unavailable, where others were first time and again.
    """
    for attempt in range(MAX_TRANSACTIONS):
        try:
            return work(attempt)
        except Overtaken:
            continue
        except (IntegrityError, DataError):
            # The first try of a single item has no savepoint; and what a request relied on may be gone at its end.
            if attempt == MAX_TRANSACTIONS - 1:
                raise
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in (_DEADLOCK, _SERIALIZATION):
                raise
    raise ApiError("service_unavailable", headers={"Retry-After": "1"})


def _open(order: Order, caller: Caller, *, is_careful: bool = True) -> Scope:
    """Write the job, before its items: they lead to it."""
    now, correlation = datetime.now(UTC), correlation_id() or ""
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO imports_importjob
                (tenant_id, client_id, source_system, status, batch_id, is_batch, is_atomic, total_items,
                 processed_items, created_items, updated_items, unchanged_items, cancelled_items, rejected_items,
                 warning_items, warnings, correlation_id, created_at)
            VALUES (%s, %s, %s, 'Processing', %s, %s, %s, %s, 0, 0, 0, 0, 0, 0, 0, %s::jsonb, %s, %s)
            RETURNING id
            """,
            [
                caller.tenant_id,
                caller.id,
                caller.source_system,
                order.batch_id,
                order.is_batch,
                order.is_atomic,
                len(order.raws),
                orjson.dumps(order.warnings).decode(),
                correlation,
                now,
            ],
        )
        job_id = cursor.fetchone()[0]
    return Scope(
        job_id=job_id,
        policy=policy_of(caller.client, may_write=caller.has_scope(CUSTOMERS_WRITE)),
        refuse_unmapped=caller.client.refuse_unmapped,
        now=now,
        correlation_id=correlation,
        is_careful=is_careful,
        explains=order.explains,
    )


def _import_all(order: Order, scope: Scope) -> tuple[list[Result], list[Fact]]:
    """Import chunk after chunk; returns what became of the items, and the facts of the last chunk, not yet told."""
    results: list[Result] = []
    told: list[Fact] = []
    for start in range(0, len(order.raws), CHUNK):
        _tell(told, scope)
        chunk = import_chunk(_items(order, scope, start), scope)
        told = [] if order.is_dry_run else item_facts(chunk, scope)
        if not order.is_dry_run:
            for result in chunk:
                result.release()
        results += chunk
    return results, told


def _items(order: Order, scope: Scope, start: int) -> list[Item]:
    return [
        parse_item(raw, index=index, default_operation=order.operation, source_system=scope.source_system)
        for index, raw in enumerate(order.raws[start : start + CHUNK], start)
    ]


class _Rejected(Exception):
    def __init__(self, results: list[Result]) -> None:
        super().__init__()
        self.results = results


def _import_all_or_nothing(order: Order, scope: Scope) -> tuple[list[Result], list[Fact]]:
    try:
        with transaction.atomic():
            results, told = _import_all(order, scope)
            if any(result.status == "Rejected" for result in results):
                raise _Rejected(results)
            return results, told
    except _Rejected as rejected:
        results = [
            reject(r.item, r.error_code, r.error_message, r.details)
            if r.status == "Rejected"
            else reject(r.item, "batch_rejected")
            for r in rejected.results
        ]
    told = []
    for start in range(0, len(results), CHUNK):
        _tell(told, scope)
        chunk = results[start : start + CHUNK]
        for result in chunk:
            result.item.raw = order.raws[result.item.index]
        log_items(chunk, scope)
        told = [] if order.is_dry_run else item_facts(chunk, scope)
    return results, told


def _try_out(order: Order, caller: Caller) -> Outcome:
    """A dry run: the real import, rolled back."""
    outcome: Outcome | None = None
    try:
        with transaction.atomic():
            scope = _open(order, caller)
            results, _told = (
                _import_all_or_nothing(order, scope) if order.is_atomic else _import_all(order, scope)
            )
            outcome = _outcome(order, scope, results)
            raise DryRun
    except DryRun:
        pass
    assert outcome is not None
    outcome.job_id = None
    return outcome


def _outcome(order: Order, scope: Scope, results: list[Result]) -> Outcome:
    rejected = sum(result.status == "Rejected" for result in results)
    status = "Failed" if rejected == len(results) else "PartiallyFailed" if rejected else "Completed"
    return Outcome(
        order=order,
        job_id=scope.job_id,
        source_system=scope.source_system,
        status=status,
        results=results,
        created_at=scope.now,
        completed_at=datetime.now(UTC),
        correlation_id=scope.correlation_id,
    )


def _close(outcome: Outcome, told: list[Fact], scope: Scope) -> None:
    """Write what became of the job, and the event that tells of it after those of its items.

    Args:
        told: facts of items that are not written yet.
    """
    counts, order = outcome.counts, outcome.order
    columns: dict[str, Any] = {
        "status": outcome.status,
        "processed_items": len(outcome.results),
        "created_items": counts["Imported"],
        "updated_items": counts["Updated"],
        "unchanged_items": counts["Unchanged"],
        "cancelled_items": counts["Cancelled"],
        "rejected_items": counts["Rejected"],
        "warning_items": outcome.warning_items,
        "completed_at": outcome.completed_at,
    }
    with prepared_cursor() as cursor:
        cursor.execute(
            f"UPDATE imports_importjob SET {', '.join(f'{name} = %s' for name in columns)} WHERE id = %s",
            [*columns.values(), scope.job_id],
        )
    facts = {
        "id": outcome.job_id,
        "status": outcome.status,
        "sourceSystem": scope.source_system,
        "batchId": order.batch_id or None,
        "totalItems": len(outcome.results),
        "createdItems": counts["Imported"],
        "updatedItems": counts["Updated"],
        "unchangedItems": counts["Unchanged"],
        "cancelledItems": counts["Cancelled"],
        "rejectedItems": counts["Rejected"],
        "warningItems": outcome.warning_items,
    }
    _tell([*told, Fact(catalogue.IMPORT_JOB_COMPLETED, {"importJob": facts})], scope)


def _tell(facts: list[Fact], scope: Scope) -> None:
    if facts:
        emit(facts, tenant_id=scope.tenant_id, source_system=scope.source_system, occurred_at=scope.now)
