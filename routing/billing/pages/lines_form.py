"""The lines of a bill as staff edit them, with what is wrong said beside each."""

from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from routing.billing.pricing import Line

# Rows for lines that staff add.
ADDED_ROWS = 2
MOST_LINES = 100


class LineForm(forms.Form):
    """One line; a row that is left blank is none."""

    kind = forms.CharField(required=False, widget=forms.HiddenInput)
    description = forms.CharField(label=_("Description"), max_length=200, required=False)
    quantity = forms.DecimalField(
        label=_("Quantity"), min_value=Decimal("0.001"), max_digits=10, decimal_places=4, required=False
    )
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)
    unit_price = forms.DecimalField(
        label=_("Unit price"), min_value=Decimal(0), max_digits=10, decimal_places=2, required=False
    )

    @property
    def is_blank(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in ("description", "quantity")) and (
            self.cleaned_data.get("unit_price") is None
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or self.is_blank:
            return cleaned
        if not cleaned.get("description"):
            self.add_error("description", _("Say what is billed, or clear the row."))
        if cleaned.get("quantity") is None:
            self.add_error("quantity", _("How many?"))
        if cleaned.get("unit_price") is None:
            self.add_error("unit_price", _("Every line needs a price."))
        return cleaned

    def line(self) -> Line:
        """The line of a valid row that is not blank."""
        given = self.cleaned_data
        return Line(
            given["kind"] or "Other",
            given["description"],
            given["quantity"],
            given["unit"],
            given["unit_price"],
        )


_Rows = formset_factory(LineForm, extra=0, max_num=MOST_LINES, validate_max=True)


def lines_form(lines: list[Line], data: Any = None) -> "BaseFormSet[LineForm]":
    """The lines that there are, and some blank rows."""
    initial: list[dict[str, Any]] = [
        {
            "kind": line.kind,
            "description": line.description,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
        }
        for line in lines
    ]
    rows: BaseFormSet[LineForm] = _Rows(
        data, initial=[*initial, *({} for _row in range(ADDED_ROWS))], prefix="line"
    )
    return rows


def given_lines(rows: "BaseFormSet[LineForm]") -> list[Line]:
    """The lines of a valid form."""
    return [row.line() for row in rows if not row.is_blank]
