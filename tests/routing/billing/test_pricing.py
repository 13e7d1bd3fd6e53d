"""Prices and a visit in, lines out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.billing.pricing import (
    Line,
    Price,
    Visit,
    decimal_text,
    hours,
    lines_of,
    money,
    total_of,
    unpriced,
)

FLAT = Price("Flat", "Call-out", "", Decimal("49.00"))
TIME = Price("Time", "Technician", "", Decimal("80.00"))
FILTER = Price("Material", "Filter F7", "pc", Decimal("12.50"))


def visit(minutes: int = 90, template: str = "", *materials: dict[str, str]) -> Visit:
    return Visit(template, minutes, materials)


def shown(lines: list[Line]) -> list[tuple[str, str, str, str | None, str | None]]:
    return [
        (line["description"], line["quantity"], line["unit"], line["unitPrice"], line["amount"])
        for line in (line.as_json() for line in lines)
    ]


def test_each_kind_of_price_makes_its_line() -> None:
    used = {"name": "filter  f7", "quantity": "2", "unit": ""}
    assert shown(lines_of(visit(90, "", used), [FILTER, TIME, FLAT])) == [
        ("Call-out", "1.00", "visit", "49.00", "49.00"),
        ("Technician", "1.50", "h", "80.00", "120.00"),
        ("filter  f7", "2.00", "pc", "12.50", "25.00"),
    ]


def test_material_without_a_price_waits_for_one() -> None:
    lines = lines_of(visit(0, "", {"name": "Valve", "quantity": "1", "unit": "pc"}), [FILTER])
    assert shown(lines) == [("Valve", "1.00", "pc", None, None)]
    assert total_of(lines) is None
    assert unpriced(lines) == ["Valve"]


def test_no_line_is_no_total() -> None:
    # A bill over nothing would be sent as 0.00: staff are asked instead.
    assert total_of(lines_of(visit(0), [])) is None


@pytest.mark.parametrize(
    ("minutes", "step", "expected"),
    [
        (1, 15, "0.25"),
        (15, 15, "0.25"),
        (16, 15, "0.50"),
        (60, 60, "1.00"),
        (61, 60, "2.00"),
        (10, 10, "0.1667"),
        (30, 6, "0.50"),
    ],
)
def test_every_step_begun_counts(minutes: int, step: int, expected: str) -> None:
    assert decimal_text(hours(minutes, step)) == expected


def test_no_work_is_no_line_of_work() -> None:
    assert lines_of(visit(0), [TIME]) == []


def test_a_price_of_the_template_comes_before_the_general_one() -> None:
    special = Price("Time", "Inspector", "", Decimal("95.00"), "inspection")
    assert [line.description for line in lines_of(visit(60, "inspection"), [TIME, special])] == ["Inspector"]
    assert [line.description for line in lines_of(visit(60, "repair"), [TIME, special])] == ["Technician"]


def test_material_of_the_template_comes_before_the_general_one_name_by_name() -> None:
    special = Price("Material", "FILTER F7", "pc", Decimal("9.99"), "inspection")
    hose = Price("Material", "Hose", "m", Decimal("3.00"))
    used = (
        {"name": "Filter F7", "quantity": "1", "unit": ""},
        {"name": "Hose", "quantity": "2.5", "unit": ""},
    )
    lines = lines_of(visit(0, "inspection", *used), [special, FILTER, hose])
    assert [(line.unit_price, line.unit) for line in lines] == [
        (Decimal("9.99"), "pc"),
        (Decimal("3.00"), "m"),
    ]


def test_half_a_cent_is_rounded_up() -> None:
    assert Line("Material", "x", Decimal("0.5"), "pc", Decimal("0.01")).amount == Decimal("0.01")


@given(
    st.lists(
        st.builds(
            Line,
            st.just("Material"),
            st.text(min_size=1, max_size=5),
            st.decimals("0.001", "9999", places=3),
            st.just("pc"),
            st.decimals("0", "9999", places=2),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_total_is_the_sum_of_what_is_shown(lines: list[Line]) -> None:
    amounts = [Decimal(line.as_json()["amount"]) for line in lines]
    total = total_of(lines)
    assert total is not None
    assert Decimal(money(total)) == sum(amounts)


@given(st.decimals("0.0001", "99999", places=4), st.decimals("0", "9999", places=2) | st.none())
def test_a_line_is_read_back_as_it_was_kept(quantity: Decimal, price: Decimal | None) -> None:
    line = Line("Work", "Work", quantity, "h", price)
    assert Line.from_json(line.as_json()) == line
