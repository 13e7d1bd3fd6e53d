"""What one import runs in, and what became of each of its items."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from customers.matching.decision import Decision
from customers.matching.policy import Policy
from imports.contract import Item
from imports.targets import TargetState
from ordinavo_connect.api.errors import MESSAGES, FieldError


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose items are imported, and by which rules.

    Args:
        job_id: the import job that they belong to.
        refuse_unmapped: whether a target with context that is neither `Mapped` nor `Created` is rejected.
        is_careful: whether each chunk gets a savepoint of its own. A first try of one item does without: what
            goes wrong ends the transaction, and the next try is careful.
        explains: whether each item says why it was mapped as it was.
        now: the moment of the import, for every row that it writes.
    """

    job_id: int
    policy: Policy
    refuse_unmapped: bool
    now: datetime
    correlation_id: str = ""
    is_careful: bool = True
    explains: bool = False

    @property
    def tenant_id(self) -> int:
        return self.policy.tenant_id

    @property
    def source_system(self) -> str:
        return self.policy.source_system


@dataclass(slots=True)
class Result:
    """What became of one item.

    Args:
        status: one of `ItemStatus`.
        changes: {"planning.priority": [old, new]}; None where the target is new or was not touched.
        mapping: as `imports.mapping` keeps it; None without context.
        explanations: why each entity was mapped as it was, by its name; empty where nobody asked.
        reopened: whether the target was opened again.
    """

    item: Item
    status: str
    state: TargetState | None = None
    mapping: dict[str, Any] | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)
    error_code: str = ""
    error_message: str = ""
    details: list[FieldError] = field(default_factory=list)
    changes: dict[str, list[Any]] | None = None
    decision: Decision | None = None
    explanations: dict[str, dict[str, Any]] = field(default_factory=dict)
    content_hash: str = ""
    target_id: int | None = None
    item_id: int | None = None

    @property
    def all_warnings(self) -> list[dict[str, str]]:
        return [*self.warnings, *((self.mapping or {}).get("warnings", ()))]

    def release(self) -> None:
        """Let go of what the answer does not need: of ten thousand items only the chunk at hand fills memory."""
        self.item.raw = self.item.target = None
        self.state = self.decision = self.changes = None


class Refused(Exception):
    """An item is rejected."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        details: Iterable[FieldError] = (),
        decision: Decision | None = None,
    ) -> None:
        super().__init__(code)
        self.decision = decision
        self.code = code
        self.message = message or MESSAGES[code]
        self.details = list(details)


def reject(item: Item, code: str, message: str | None = None, details: Iterable[FieldError] = ()) -> Result:
    return Result(
        item, "Rejected", error_code=code, error_message=message or MESSAGES[code], details=list(details)
    )
