"""What was received, as pretty JSON whose unknown fields are marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from imports.contract import unknown_fields

_INDENT = "  "
# A page is read by a person: beyond, the rest is left to the API.
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of JSON; `is_unknown` where it belongs to a field that the API does not know."""

    text: str
    is_unknown: bool = False


def pretty(received: Any) -> list[Line]:
    """The lines of a payload."""
    found: dict[str, None] = {}
    unknown_fields(received, found)
    lines = []
    for line in _value(received, "", frozenset(found), "", "", is_unknown=False):
        lines.append(line)
        if len(lines) == MOST_LINES:
            return [*lines, Line("…")]
    return lines


def _value(
    value: Any,
    path: str,
    unknown: frozenset[str],
    indent: str,
    start: str,
    *,
    is_unknown: bool,
    end: str = "",
) -> Iterator[Line]:
    if isinstance(value, dict) and value:
        yield Line(f"{indent}{start}{{", is_unknown)
        last = len(value) - 1
        for position, (name, below) in enumerate(value.items()):
            here = f"{path}.{name}" if path else name
            yield from _value(
                *(below, here, unknown, indent + _INDENT, f"{_text(name)}: "),
                is_unknown=is_unknown or here[:300] in unknown,
                end="," if position < last else "",
            )
        yield Line(f"{indent}}}{end}", is_unknown)
    elif isinstance(value, list) and value:
        yield Line(f"{indent}{start}[", is_unknown)
        last = len(value) - 1
        for position, below in enumerate(value):
            comma = "," if position < last else ""
            yield from _value(
                below, f"{path}[{position}]", unknown, indent + _INDENT, "", is_unknown=is_unknown, end=comma
            )
        yield Line(f"{indent}]{end}", is_unknown)
    else:
        yield Line(f"{indent}{start}{_text(value)}{end}", is_unknown)


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()
