"""What came in beside a record that it may be."""

import pytest

from customers.comparison import FIELDS, compare, reasons


@pytest.mark.parametrize(
    ("entity", "field", "sent", "known", "verdict"),
    [
        ("customer", "name", "Müller GmbH", "MUELLER GmbH", "same"),
        ("customer", "name", "Müller GmbH", "Meier GmbH", "differs"),
        ("customer", "number", "RRM-001", "rrm-001", "differs"),  # Numbers are compared exactly.
        ("customer", "phone", "+49 201 123456", "0201/123456", "same"),
        ("customer", "email", "Info@Example.com", "info@example.com", "same"),
        ("customer", "email", "", "info@example.com", "only_known"),
        ("customer", "email", "info@example.com", "", "only_sent"),
        ("customer", "email", None, "", "blank"),
        ("location", "street", "Hachestr. 12 A", "Hachestraße 12a", "same"),
        ("location", "latitude", 51.4510, 51.4512, "same"),
        ("location", "latitude", 51.4, 51.5, "differs"),
        ("location", "latitude", 0.0, None, "only_sent"),
    ],
)
def test_a_field_agrees_as_matching_compares_it(
    entity: str, field: str, sent: object, known: object, verdict: str
) -> None:
    rows = dict(zip(FIELDS[entity], compare(entity, {field: sent}, {field: known}), strict=True))
    assert rows[field].verdict == verdict


@pytest.mark.parametrize(
    ("entity", "sent", "known", "said"),
    [
        (
            "customer",
            {"name": "A", "number": "1"},
            {"name": "B", "number": "1"},
            ["same customer number", "other name"],
        ),
        ("contact", {"email": "a@b.c"}, {"email": "A@b.c", "display_name": "Anna"}, ["same e-mail"]),
        (
            "location",
            {"street": "Str. 1", "postal_code": "1", "city": "Essen"},
            {"street": "Str 1", "postal_code": "1", "city": "Essen"},
            ["same address"],
        ),
        ("location", {"city": "Essen"}, {"street": "Str 1", "city": "ESSEN"}, ["same city"]),
        (
            "location",
            {"street": "A 1", "city": "X"},
            {"street": "B 2", "city": "X"},
            ["same city", "other street"],
        ),
        ("customer", {}, {"name": "B"}, []),
    ],
)
def test_reasons_say_what_agrees_then_what_does_not(
    entity: str, sent: dict[str, str], known: dict[str, str], said: list[str]
) -> None:
    assert reasons(entity, sent, known) == said
