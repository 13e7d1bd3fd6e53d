"""What an employee fills in, checked."""

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing.planning.problems import PROBLEMS
from routing.visits.content import Material, ReportContent
from routing.visits.models import Result, VisitReport

MAX_MATERIALS = 50
MAX_QUANTITY = Decimal(1_000_000)
# What is kept of one, and the least that is left of it then.
_THOUSANDTH = Decimal("0.001")
# Blank rows for browsers without scripts; a script hides all but one.
BLANK_ROWS = 3


class Text(forms.CharField):
    """Text as the rest of the product keeps it: NFC, without control characters, line ends as one character."""

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", str(value or "").replace("\r\n", "\n"))
        kept = "".join(each for each in text if each in "\n\t" or unicodedata.category(each) != "Cc")
        return super().to_python(kept) or ""


class ActionForm(forms.Form):
    """Any button: the phone gives each press an id of its own; without scripts there is none."""

    action_id = forms.UUIDField(required=False)

    def id_of_action(self) -> UUID:
        return self.cleaned_data.get("action_id") or uuid4()


class ProblemForm(ActionForm):
    code = forms.ChoiceField(choices=tuple(PROBLEMS.items()))
    text = Text(max_length=2000, required=False)


class ReportForm(ActionForm):
    """The visit report. As a draft, whatever is not usable yet counts as blank."""

    result = forms.ChoiceField(
        choices=Result.choices, error_messages={"required": gettext_lazy("Choose what the result is.")}
    )
    text = Text(max_length=10_000, required=False)
    work_minutes = forms.IntegerField(
        min_value=0,
        max_value=1440,
        error_messages={"required": gettext_lazy("Enter how many minutes the work took.")},
    )
    is_billable = forms.BooleanField(required=False)
    follow_up_required = forms.BooleanField(required=False)
    follow_up_date = forms.DateField(required=False)
    follow_up_text = Text(max_length=2000, required=False)
    signed_by = Text(max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        rows = self.material_rows()
        problems = [problem for row in rows if (problem := _problem_of(row))]
        if problems:
            self.add_error(None, problems[0])
        cleaned["materials"] = tuple(_material(row) for row in rows[:MAX_MATERIALS] if not _problem_of(row))
        return cleaned

    def material_rows(self) -> list[Material]:
        """What was typed, row by row; blank rows left out."""
        if not self.is_bound:
            return list(self.initial.get("materials", ()))
        columns = (self._list("material_name"), self._list("material_quantity"), self._list("material_unit"))
        rows = zip(*columns, strict=False)
        return [
            Material(name=name, quantity=quantity, unit=unit)
            for name, quantity, unit in rows
            if name or quantity
        ]

    def shown_rows(self) -> list[Material]:
        return self.material_rows() + [Material(name="", quantity="", unit="") for _row in range(BLANK_ROWS)]

    def _list(self, name: str) -> list[str]:
        cleaner = Text(required=False)
        return [cleaner.clean(each).strip()[:200] for each in self._given(name)]

    def _given(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    def content(self) -> ReportContent:
        """Of a draft too: what is not usable is blank."""
        self.is_valid()
        given = self.cleaned_data
        follow_up = bool(given.get("follow_up_required"))
        return ReportContent(
            result=given.get("result") or "",
            text=given.get("text") or "",
            work_minutes=given.get("work_minutes"),
            materials=given.get("materials", ()),
            is_billable=bool(given.get("is_billable")),
            follow_up_required=follow_up,
            follow_up_date=given.get("follow_up_date") if follow_up else None,
            follow_up_text=(given.get("follow_up_text") or "") if follow_up else "",
            signed_by=given.get("signed_by") or "",
        )


def initial_of(report: VisitReport | None, *, minutes: int | None) -> dict[str, Any]:
    """What the form begins with. `minutes`: from the start of the work until now."""
    if report is None:
        return {"work_minutes": minutes, "is_billable": True}
    names = (
        *("result", "text", "is_billable", "follow_up_required", "follow_up_date", "follow_up_text"),
        *("materials", "signed_by"),
    )
    shown = {name: getattr(report, name) for name in names}
    return shown | {"work_minutes": minutes if report.work_minutes is None else report.work_minutes}


def _quantity(text: str) -> Decimal | None:
    """`2,5` as people here write it, too."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    if not number.is_finite() or not _THOUSANDTH <= number <= MAX_QUANTITY:
        return None
    return number.quantize(_THOUSANDTH)


def _problem_of(row: Material) -> str:
    if not row["name"]:
        return _("Say what was used, or empty the row.")
    if row["quantity"] and _quantity(row["quantity"]) is None:
        return _("“%(text)s” is no quantity; write a number such as 2 or 1,5.") % {"text": row["quantity"]}
    return ""


def _material(row: Material) -> Material:
    number = (_quantity(row["quantity"]) or Decimal(1)).normalize()
    return Material(name=row["name"], quantity=f"{number:f}", unit=row["unit"][:20])
