"""What was received, as pretty JSON."""

import json
from typing import Any

import pytest

from imports.pages.received import MOST_LINES, pretty


def _text(received: Any) -> str:
    return "\n".join(line.text for line in pretty(received))


@pytest.mark.parametrize(
    "received", [None, "text", 7, [], {}, [1, [2]], {"a": {"b": [True, None]}, "ü": "ß"}]
)
def test_it_is_the_json_that_came(received: Any) -> None:
    assert json.loads(_text(received)) == received
    assert _text(received) == json.dumps(received, indent=2, ensure_ascii=False)


def test_unknown_fields_are_marked_with_all_that_is_below_them() -> None:
    received = {"title": "x", "colour": {"name": ["blue"]}, "planning": {"prio": 1, "priority": "High"}}
    marked = [line.text.strip() for line in pretty(received) if line.is_unknown]
    assert marked == ['"colour": {', '"name": [', '"blue"', "]", "},", '"prio": 1,']


def test_names_within_custom_fields_are_the_senders_own() -> None:
    assert not any(line.is_unknown for line in pretty({"customFields": {"anything": 1}}))


def test_a_page_has_an_end() -> None:
    assert len(pretty(list(range(10_000)))) == MOST_LINES + 1
