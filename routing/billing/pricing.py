"""What a visit costs: prices and a report in, lines out. Pure.

Of the prices of one kind, those for the target's template come before the general ones; of material, name by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
# Hours of a step of 10 minutes have no end: so many digits are kept.
QUANTITY = Decimal("0.0001")
# A billing event has room for no more; a bill of that size is a slip of somebody's finger.
MOST_TOTAL = Decimal("9999999999.99")
HOUR_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Price:
    """An active billing rule, as plain values."""

    kind: str
    description: str
    unit: str
    unit_price: Decimal
    template_key: str = ""
    step_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bill. `unit_price` is None until somebody gives it one."""

    kind: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None

    @property
    def amount(self) -> Decimal | None:
        """quantity × unit price, in cents, half a cent up; None without a price."""
        if self.unit_price is None:
            return None
        return (self.quantity * self.unit_price).quantize(CENT, ROUND_HALF_UP)

    def as_json(self) -> dict[str, Any]:
        """As the API shows it: {"kind", "description", "quantity", "unit", "unitPrice", "amount"}."""
        return {
            "kind": self.kind,
            "description": self.description,
            "quantity": decimal_text(self.quantity),
            "unit": self.unit,
            "unitPrice": None if self.unit_price is None else money(self.unit_price),
            "amount": None if self.amount is None else money(self.amount),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Line":
        price = kept["unitPrice"]
        return cls(
            kept["kind"],
            kept["description"],
            Decimal(kept["quantity"]),
            kept["unit"],
            None if price is None else Decimal(price),
        )


@dataclass(frozen=True, slots=True)
class Visit:
    """What of a report is billed.

    Args:
        materials: [{"name", "quantity": "2.5", "unit"}]
    """

    template_key: str
    work_minutes: int
    materials: Sequence[Mapping[str, Any]]


def lines_of(visit: Visit, prices: Iterable[Price]) -> list[Line]:
    """The lines of a visit: what is flat, then time, then material as it was used."""
    fitting = [price for price in prices if price.template_key in ("", visit.template_key)]
    return [
        *_flat(_closest(fitting, "Flat")),
        *_time(visit.work_minutes, _closest(fitting, "Time")),
        *_materials(visit.materials, [price for price in fitting if price.kind == "Material"]),
    ]


def _closest(prices: Iterable[Price], kind: str) -> list[Price]:
    of_kind = [price for price in prices if price.kind == kind]
    return [price for price in of_kind if price.template_key] or of_kind


def _flat(prices: Iterable[Price]) -> list[Line]:
    return [
        Line("Flat", price.description, Decimal("1.00"), price.unit or "visit", price.unit_price)
        for price in prices
    ]


def _time(minutes: int, prices: Iterable[Price]) -> list[Line]:
    if minutes <= 0:
        return []
    return [
        Line("Work", price.description, hours(minutes, price.step_minutes), "h", price.unit_price)
        for price in prices
    ]


def hours(minutes: int, step_minutes: int) -> Decimal:
    """The hours of all steps that were begun."""
    steps = -(-minutes // step_minutes)
    return (Decimal(steps * step_minutes) / HOUR_MINUTES).quantize(QUANTITY, ROUND_HALF_UP)


def _materials(materials: Iterable[Mapping[str, Any]], prices: list[Price]) -> list[Line]:
    # Sorted, so that one for the template overwrites the general one.
    by_name = {
        _name(price.description): price for price in sorted(prices, key=lambda each: each.template_key)
    }
    lines = []
    for used in materials:
        price = by_name.get(_name(used["name"]))
        unit = used.get("unit") or (price.unit if price else "") or "pc"
        lines.append(
            Line(
                "Material",
                used["name"],
                Decimal(used["quantity"]),
                unit,
                price.unit_price if price else None,
            )
        )
    return lines


def _name(text: str) -> str:
    return " ".join(text.split()).casefold()


def total_of(lines: Sequence[Line]) -> Decimal | None:
    """The sum of the amounts; None where there is no line, one without a price, or too much of it all."""
    amounts = [line.amount for line in lines]
    if not amounts or None in amounts:
        return None
    total = sum((amount for amount in amounts if amount is not None), Decimal("0.00"))
    return total if total <= MOST_TOTAL else None


def unpriced(lines: Iterable[Line]) -> list[str]:
    """What has no price yet, by its description."""
    return [line.description for line in lines if line.unit_price is None]


def money(value: Decimal) -> str:
    """`"120.00"`."""
    return f"{value.quantize(CENT, ROUND_HALF_UP):f}"


def decimal_text(value: Decimal) -> str:
    """With two decimals at least, and no more than it needs: "1.50", "0.1667"."""
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    return f"{value:.2f}" if isinstance(exponent, int) and exponent >= -2 else f"{normal:f}"
