"""What approval will bill, as the app above knows it: it offers itself at start, so that visits import none of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from ordinavo_connect.clients.models import User
from routing.visits.models import VisitReport


@dataclass(frozen=True, slots=True)
class Bill:
    """What a report costs.

    Args:
        lines: [{"kind", "description", "quantity": "1.50", "unit", "unitPrice": "80.00" or None, "amount" or None}]
        total: None where a line has no price yet.
        waits_for: in words, what is missing; "" where it can be billed at once.
    """

    lines: tuple[Mapping[str, Any], ...]
    total: Decimal | None
    currency: str
    waits_for: str = ""


class Biller(Protocol):
    """Bills a report that was just approved, in the transaction of the approval."""

    def __call__(self, report: VisitReport, *, now: datetime, by: User) -> object: ...


Preview = Callable[[VisitReport], Bill | None]

_previews: list[Preview] = []
_billers: list[Biller] = []


def bill_with(*, preview: Preview, bill: Biller) -> None:
    """Called once, when the app that bills is loaded (`AppConfig.ready`)."""
    _previews[:], _billers[:] = [preview], [bill]


def preview_of(report: VisitReport) -> Bill | None:
    """What approval will bill; None where the report is not billable, or nobody bills."""
    return _previews[0](report) if report.is_billable and _previews else None


def bill(report: VisitReport, *, now: datetime, by: User) -> None:
    """Bill an approved report where it is billable; it carries its new billing status after."""
    if report.is_billable and _billers:
        _billers[0](report, now=now, by=by)
        report.refresh_from_db(fields=["billing_status"])
