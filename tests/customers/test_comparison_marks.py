"""What is known beside what came in, marked by character."""

import pytest

from customers.comparison import differences


@pytest.mark.parametrize(
    ("sent", "known", "marked"),
    [
        ("Hachestr. 12", "Hachestr. 12b", "Hachestr. 12[b]"),
        ("Hachestr. 12b", "Hachestr. 12", "Hachestr. 12-b-"),
        ("Weber GmbH", "Weber GmbH & Co. KG", "Weber GmbH[ & Co. KG]"),
        ("45127", "45128", "4512-7-[8]"),
        # Only the case differs: nothing is marked.
        ("ESSEN", "Essen", "Essen"),
        # Little in common: as a whole, not letter by letter.
        ("Rhein-Ruhr Medical", "Berg Retail Group", "[Berg Retail Group]"),
        ("BR-019", "RRM-001", "[RRM-001]"),
        ("", "Essen", "[Essen]"),
        # What lower case lengthens would shift the marks.
        ("İstanbul", "İstanbul 2", "[İstanbul 2]"),
        ("Hachestraße 12", "Hachestraße 12b", "Hachestraße 12[b]"),
    ],
)
def test_differences_are_marked_by_character(sent: str, known: str, marked: str) -> None:
    wrap = {"same": "{}", "more": "[{}]", "less": "-{}-"}
    assert "".join(wrap[piece.kind].format(piece.text) for piece in differences(sent, known)) == marked
