"""What pydantic finds wrong with a request, as field errors of the API (API contract, Errors)."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ordinavo_connect.api.errors import ApiError, FieldError

Model = TypeVar("Model", bound=BaseModel)

_MAX_PATH = 300

# pydantic's kinds of error, as the codes of a field that the API documents, and what is said to people.
_KNOWN = {
    "missing": ("required", "This field is required."),
    "string_type": ("invalid_type", "A string is expected."),
    "int_type": ("invalid_type", "A whole number is expected."),
    "int_from_float": ("invalid_type", "A whole number is expected."),
    "float_type": ("invalid_type", "A number is expected."),
    "bool_type": ("invalid_type", "true or false is expected."),
    "list_type": ("invalid_type", "A list is expected."),
    "dict_type": ("invalid_type", "An object is expected."),
    "model_type": ("invalid_type", "An object is expected."),
    "model_attributes_type": ("invalid_type", "An object is expected."),
    "finite_number": ("out_of_range", "A finite number is expected."),
    "string_too_short": ("too_short", "At least {min_length} character is expected."),
    "string_too_long": ("too_long", "At most {max_length} characters are allowed."),
    "too_long": ("too_many", "At most {max_length} entries are allowed."),
    "too_short": ("too_few", "At least {min_length} entry is expected."),
    "greater_than_equal": ("out_of_range", "At least {ge} is expected."),
    "less_than_equal": ("out_of_range", "At most {le} is allowed."),
    "literal_error": ("invalid_choice", "One of {expected} is expected."),
}


def parsed(model: type[Model], body: Any) -> Model:
    """A request's body as a model.

    Raises:
        ApiError: validation_failed, with everything that is wrong.
    """
    if not isinstance(body, dict):
        details = [FieldError("", "invalid_type", "An object is expected.")]
        raise ApiError("validation_failed", details=details)
    try:
        return model.model_validate(body)
    except ValidationError as error:
        details = field_errors(error)
    raise ApiError("validation_failed", details=details)


def field_errors(error: ValidationError) -> list[FieldError]:
    """What pydantic found: the caller's own names in the paths, never the value that was sent."""
    return [
        FieldError(
            path(part for part in found["loc"] if part != "[key]"),
            _KNOWN.get(found["type"], (found["type"], ""))[0],
            _message(found),
        )
        for found in error.errors(include_url=False, include_input=False)
    ]


def path(parts: Iterable[str | int]) -> str:
    """`("items", 3, "location")` as `items[3].location`; NUL, which no log can hold, is replaced."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text[:_MAX_PATH].replace("\x00", "\ufffd")


def _message(found: Mapping[str, Any]) -> str:
    # An error of ours brings its message along, also where its code is one that pydantic uses.
    template = _KNOWN.get(found["type"], ("", str(found["msg"])))[1]
    try:
        return template.format(**found["ctx"]) if "{" in template and found["type"] in _KNOWN else template
    except KeyError:
        return str(found["msg"])
