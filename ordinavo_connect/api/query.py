"""Query parameters, read strictly: every wrong one is told, all of them in one answer.

Parameters that nobody asks for are ignored. A parameter that is there but blank is an error: a script whose
variable is empty would otherwise get everything where it asked for one thing.
"""

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TypeVar

from rest_framework.request import Request

from ordinavo_connect.api.errors import ApiError, FieldError

T = TypeVar("T")

MAX_LENGTH = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
# A plus sign in a query is a space; a caller who forgot to encode the offset's is understood all the same.
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


class _Invalid(Exception):
    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message


class QueryParameters:
    """Reads parameters one by one and collects what is wrong; `check()` then refuses all of it at once.

    Each reader returns its default where the parameter is absent, and also where it is wrong: a caller must
    `check()` (or hand this to `paging.page`, which does) before anything depends on the values.
    """

    def __init__(self, request: Request) -> None:
        self.path: str = request.path
        self.read: dict[str, str | None] = {}
        self._given = request.query_params
        self._errors: list[FieldError] = []

    def check(self) -> None:
        """Raises: ApiError: validation_failed, with every parameter that is wrong."""
        if self._errors:
            raise ApiError("validation_failed", details=self._errors)

    def refuse(self, name: str, code: str, message: str) -> None:
        """Adds an error that the caller found."""
        self._errors.append(FieldError(name, code, message))

    def text(self, name: str, max_length: int = MAX_LENGTH) -> str | None:
        def convert(value: str) -> str:
            if len(value) > max_length:
                raise _Invalid("too_long", f"At most {max_length} characters are allowed.")
            return value

        return self._read(name, convert, None)

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        def convert(value: str) -> str:
            if value not in allowed:
                raise _Invalid("invalid_choice", f"One of {', '.join(allowed)} is expected.")
            return value

        return self._read(name, convert, None)

    def moment(self, name: str) -> datetime | None:
        """An ISO 8601 time with its zone, as UTC."""
        return self._read(name, _moment, None)

    def integer(self, name: str, low: int, high: int, default: int) -> int:
        def convert(value: str) -> int:
            if not _INTEGER.fullmatch(value):
                raise _Invalid("invalid_type", "A whole number is expected.")
            if not low <= int(value) <= high:
                raise _Invalid("out_of_range", f"A number from {low} to {high} is expected.")
            return int(value)

        return self._read(name, convert, default)

    def boolean(self, name: str, default: bool = False) -> bool:
        def convert(value: str) -> bool:
            if value.lower() not in ("true", "false"):
                raise _Invalid("invalid_type", "true or false is expected.")
            return value.lower() == "true"

        return self._read(name, convert, default)

    def _read(self, name: str, convert: Callable[[str], T], default: T) -> T:
        value = self.read[name] = self._given.get(name)
        if value is None:
            return default
        try:
            _refuse_unreadable(value)
            return convert(value)
        except _Invalid as error:
            self.refuse(name, error.code, error.message)
            return default


def _refuse_unreadable(value: str) -> None:
    if _CONTROL.search(value):
        raise _Invalid("control_character", "Control characters are not allowed.")
    if not value.strip():
        raise _Invalid("blank", "A value is expected; leave the parameter out otherwise.")


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub("+", value))
    except ValueError:
        raise _Invalid("invalid_time", "A time such as 2026-06-18T08:00:00Z is expected.") from None
    if moment.tzinfo is None:
        raise _Invalid("missing_time_zone", "The time needs its zone, as in 2026-06-18T08:00:00Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise _Invalid("out_of_range", "The time is too far away.") from None
