"""Long lists in the admin."""

from datetime import UTC, datetime
from typing import Any

import pytest

from customers.models import Customer
from ordinavo_connect.clients import admin_lists
from ordinavo_connect.clients.admin_lists import BoundedPaginator, safe_cell
from ordinavo_connect.clients.models import Tenant
from tests.factories import make_customer


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 201", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\u200b=1", "\ufeff=1"]
)
def test_text_that_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        (-5.5, -5.5),  # A number is no text.
        (None, ""),
        (["a", "b"], "a, b"),
        (["=a"], "'=a"),
        ("Müller; Söhne", "Müller; Söhne"),
        ("x;=cmd|' /C calc'!A0", "x;'=cmd|' /C calc'!A0"),
        ("x; ＋1;-2", "x;' ＋1;'-2"),
        ("first\n=1", "first\n'=1"),
        ("a-b = c", "a-b = c"),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), "2026-07-01T08:00:00Z"),
    ],
)
def test_other_values_stay_what_they_are(value: Any, cell: Any) -> None:
    assert safe_cell(value) == cell


def test_a_long_list_is_counted_so_far_and_no_further(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_lists, "MOST_COUNTED", 3)
    for number in range(5):
        make_customer(tenant, name=str(number))
    assert BoundedPaginator(Customer.objects.order_by("pk"), 2).count == 3
    assert BoundedPaginator(Customer.objects.order_by("pk")[:2], 2).count == 2
