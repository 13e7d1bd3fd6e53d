"""The types of fields that a target is made of (API contract, Import): strict, normalised, bounded."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from imports.countries import ALPHA_2

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MAX_CUSTOM_TEXT = 1000
_MAX_CUSTOM_KEYS = 50


def line(value: Any) -> Any:
    """Text of one line: NFC, stripped. What is no text passes, for the type check to refuse.

    Raises:
        PydanticCustomError: it holds control characters.
    """
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable():
        return value.strip()
    value = unicodedata.normalize("NFC", value).strip()
    if _CONTROL.search(value):
        raise PydanticCustomError("control_character", "Control characters are not allowed.")
    return value


def lines(value: Any) -> Any:
    """Text of several lines: as `line`, but tabs and line breaks stay, CRLF as LF."""
    if not isinstance(value, str):
        return value
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if _CONTROL_BUT_LINES.search(value):
        raise PydanticCustomError("control_character", "Control characters are not allowed.")
    return value


def whole(value: Any) -> Any:
    """45.0 is a whole number in JSON too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def moment(value: Any) -> Any:
    """A time with its zone, in UTC."""
    if not isinstance(value, str):
        raise PydanticCustomError("invalid_type", "A time in ISO 8601 is expected, as text.")
    match = _MOMENT.fullmatch(value.strip())
    if match is None:
        raise PydanticCustomError(
            "invalid_datetime", "A time in ISO 8601 is expected, as 2026-07-01T08:00:00Z."
        )
    if not match["zone"]:
        raise PydanticCustomError("timezone_required", "The time has no zone: end it with Z or an offset.")
    try:
        return datetime.fromisoformat(value.strip().upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("invalid_datetime", "There is no such time.") from None


def day(value: Any) -> Any:
    """A day without a time."""
    if not isinstance(value, str):
        raise PydanticCustomError("invalid_type", "A day in ISO 8601 is expected, as text.")
    try:
        if _DAY.fullmatch(value.strip()):
            return date.fromisoformat(value.strip())
    except ValueError:
        raise PydanticCustomError("invalid_date", "There is no such day.") from None
    raise PydanticCustomError("invalid_date", "A day is expected, as 2026-07-01.")


def choice(*names: str, **others: str) -> Callable[[Any], Any]:
    """One of some names, in any case; `others` are names that mean one of them."""
    known = {name.lower(): name for name in names}
    known |= {name.lower(): meant for name, meant in others.items()}

    def convert(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if (found := known.get(value.strip().lower())) is None:
            raise PydanticCustomError(
                "invalid_choice", "One of {names} is expected.", {"names": ", ".join(names)}
            )
        return found

    return convert


def country(value: Any) -> Any:
    """An ISO 3166-1 alpha-2 code, in capitals."""
    if not isinstance(value, str) or not value.strip():
        return value.strip() if isinstance(value, str) else value
    if (code := value.strip().upper()) not in ALPHA_2:
        raise PydanticCustomError(
            "invalid_country", "A country code of ISO 3166-1 alpha-2 is expected, as DE."
        )
    return code


def custom_value(value: Any) -> Any:
    """A string, number, boolean or null."""
    if isinstance(value, str):
        value = lines(value)
        if len(value) > _MAX_CUSTOM_TEXT:
            raise PydanticCustomError("string_too_long", "At most 1000 characters are allowed.")
        return value
    if value is None or isinstance(value, bool | int | float):
        return value
    raise PydanticCustomError("invalid_type", "A string, number, boolean or null is expected.")


def custom_key(value: Any) -> Any:
    value = line(value)
    if not value:
        raise PydanticCustomError("string_too_short", "A name is expected.")
    if len(value) > 64:
        raise PydanticCustomError("string_too_long", "At most 64 characters are allowed.")
    return value


Line200 = Annotated[str, Field(max_length=200), BeforeValidator(line)]
Line64 = Annotated[str, Field(max_length=64), BeforeValidator(line)]
Line128 = Annotated[str, Field(max_length=128), BeforeValidator(line)]
Title = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(line)]
ExternalId = Annotated[str, Field(min_length=1, max_length=128), BeforeValidator(line)]
Lines2000 = Annotated[str, Field(max_length=2000), BeforeValidator(lines)]
Lines4000 = Annotated[str, Field(max_length=4000), BeforeValidator(lines)]
Minutes = Annotated[int, Field(ge=1, le=1440), BeforeValidator(whole)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Amount = Annotated[float, Field(ge=-1e12, le=1e12)]
Percentage = Annotated[float, Field(ge=0, le=100)]
Moment = Annotated[datetime, BeforeValidator(moment)]
Day = Annotated[date, BeforeValidator(day)]
Country = Annotated[
    str,
    BeforeValidator(country),
    WithJsonSchema({"type": "string", "description": "ISO 3166-1 alpha-2", "pattern": "^([A-Za-z]{2})?$"}),
]
Priority = Annotated[
    str,
    BeforeValidator(choice("Low", "Normal", "High", "Urgent", Medium="Normal")),
    WithJsonSchema(
        {
            "type": "string",
            "enum": ["Low", "Normal", "High", "Urgent", "Medium"],
            "description": "In any case; `Medium` is stored and shown as `Normal`.",
        }
    ),
]
CustomFields = Annotated[
    dict[
        Annotated[str, BeforeValidator(custom_key)],
        Annotated[Any, BeforeValidator(custom_value)],
    ],
    Field(max_length=_MAX_CUSTOM_KEYS),
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": _MAX_CUSTOM_KEYS,
            "propertyNames": {"minLength": 1, "maxLength": 64},
            "additionalProperties": {
                "type": ["string", "number", "boolean", "null"],
                "maxLength": _MAX_CUSTOM_TEXT,
            },
            "description": "Merged key by key; null removes a key.",
        }
    ),
]
Skills = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(line)]], Field(max_length=20)
]
