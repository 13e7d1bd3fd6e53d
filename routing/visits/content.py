"""What an employee writes into a report, as plain values."""

from dataclasses import dataclass
from datetime import date
from typing import TypedDict


class Material(TypedDict):
    """What was used. `quantity` is a decimal number, as text."""

    name: str
    quantity: str
    unit: str


@dataclass(frozen=True, slots=True)
class ReportContent:
    """The fields of a report; a draft may leave any of them blank."""

    result: str = ""
    text: str = ""
    work_minutes: int | None = None
    materials: tuple[Material, ...] = ()
    is_billable: bool = True
    follow_up_required: bool = False
    follow_up_date: date | None = None
    follow_up_text: str = ""
    signed_by: str = ""
