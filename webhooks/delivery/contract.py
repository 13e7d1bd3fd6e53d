"""What a client may send of subscriptions, checked (API contract, Webhooks). Unknown fields are ignored."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from webhooks.delivery import endpoints
from webhooks.delivery.conditions import CUSTOM_FIELD, FIELDS, is_field
from webhooks.events.catalogue import DESCRIPTIONS, TYPES, is_pattern

MAX_CONDITIONS = 10
MAX_VALUES = 100
MAX_EVENT_TYPES = 50
_MAX_VALUE_LENGTH = 1000
_MAX_OVERLAP_HOURS = 168


class Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel, populate_by_name=False)


def _refusal(error: endpoints.NotAllowed) -> PydanticCustomError:
    return PydanticCustomError(error.code, "{text}", {"text": error.message})


def _line(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("control_character", "Control characters are not allowed.")
    return value.strip()


def _url(value: str) -> str:
    try:
        return endpoints.checked_url(value)
    except endpoints.NotAllowed as error:
        raise _refusal(error) from None


def _pattern(value: str) -> str:
    if not is_pattern(value):
        message = "There is no such event type; GET /webhooks/event-types lists them."
        raise PydanticCustomError("unknown_event_type", message)
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    try:
        return endpoints.checked_headers(value)
    except endpoints.NotAllowed as error:
        raise _refusal(error) from None


def _condition_field(value: str) -> str:
    if not is_field(value) or not value.isprintable():
        names = f"One of {', '.join(FIELDS)} or {CUSTOM_FIELD}<key> is expected."
        raise PydanticCustomError("invalid_choice", "{text}", {"text": names})
    return value


def _json_value(value: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise PydanticCustomError("control_character", "Control characters are not allowed.")
    if isinstance(value, str) and len(value) > _MAX_VALUE_LENGTH:
        message = "At most {max_length} characters are allowed."
        raise PydanticCustomError("string_too_long", message, {"max_length": _MAX_VALUE_LENGTH})
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise PydanticCustomError("invalid_type", "A string, number, boolean or null is expected.")


def _moment(value: Any) -> Any:
    """A time with its zone, in UTC."""
    if not isinstance(value, str):
        raise PydanticCustomError("invalid_type", "A time in ISO 8601 is expected, as text.")
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            raise PydanticCustomError(
                "timezone_required", "The time has no zone: end it with Z or an offset."
            )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError(
            "invalid_datetime", "A time in ISO 8601 is expected, as 2026-07-01T08:00:00Z."
        ) from None


def _unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Name = Annotated[str, Field(max_length=200), AfterValidator(_line)]
Url = Annotated[
    str,
    Field(max_length=endpoints.MAX_URL_LENGTH),
    AfterValidator(_url),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": endpoints.MAX_URL_LENGTH}),
]
EventType = Annotated[
    str,
    Field(max_length=64),
    AfterValidator(_pattern),
    WithJsonSchema({"type": "string", "maxLength": 64, "examples": [*TYPES[:2], "visit_report.*", "*"]}),
]
EventTypes = Annotated[
    list[EventType], Field(min_length=1, max_length=MAX_EVENT_TYPES), AfterValidator(_unique)
]
Headers = Annotated[
    dict[str, str],
    AfterValidator(_headers),
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": endpoints.MAX_HEADERS,
            "propertyNames": {"maxLength": 100},
            "additionalProperties": {
                "type": "string",
                "minLength": 1,
                "maxLength": endpoints.MAX_HEADER_VALUE,
            },
        }
    ),
]
Seconds = Annotated[int, Field(ge=1, le=30)]
InFlight = Annotated[int, Field(ge=1, le=50)]
Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Value = Annotated[
    Any,
    BeforeValidator(_json_value),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"], "maxLength": _MAX_VALUE_LENGTH}),
]


class IncludeIn(Shape):
    """Switches of what bodies carry; one that is not given stays as it is, null sets it back to its default."""

    customer: bool | None = Field(None, description="The customer: on unless it is switched off.")
    location: bool | None = Field(None, description="The location: on unless it is switched off.")
    contact: bool | None = Field(None, description="The contact's name: on unless it is switched off.")
    contact_details: bool | None = Field(
        None, description="The contact's e-mail, phone and role: off by default."
    )
    report_summary: bool | None = Field(
        None, description="The first 200 characters of a visit report: off by default."
    )
    billing_details: bool | None = Field(
        None, description="Lines, amounts and document number of a billing event: off by default."
    )


class ConditionIn(Shape):
    """One condition: a field of the event has one of some values, compared as JSON values."""

    field: Annotated[
        str,
        AfterValidator(_condition_field),
        WithJsonSchema(
            {"anyOf": [{"enum": list(FIELDS)}, {"type": "string", "pattern": r"^target\.customFields\.."}]}
        ),
    ] = Field(max_length=100, description="What is compared.")
    any_of: list[Value] = Field(min_length=1, max_length=MAX_VALUES, description="One of them must be it.")


# What is not given; `model_fields_set` tells it from null, which these fields do not take.
_ABSENT: Any = None


class SubscriptionChangeIn(Shape):
    """What is to be changed; what is not given stays. Null sets what is optional back to its default."""

    name: Name | None = Field(None, description="For people.")
    url: Url = Field(_ABSENT, description="Where deliveries go: https only.")
    event_types: EventTypes = Field(
        _ABSENT, description="Event types, prefixes such as `visit_report.*`, or `*`."
    )
    status: Literal["Active", "Paused"] = Field(
        _ABSENT,
        description="Events of a paused subscription wait. Either of them enables a disabled one again, and "
        "queues a test.",
    )
    include: IncludeIn | None = Field(
        None, description="What bodies carry: what is given is merged, null sets all back to their defaults."
    )
    conditions: list[ConditionIn] | None = Field(
        None, max_length=MAX_CONDITIONS, description="All must hold."
    )
    headers: Headers | None = Field(
        None,
        description="Headers that each request carries besides ours; values are never shown again. All of them are "
        "replaced. They do not follow the `url` to another origin (scheme, host, port): send them again with it.",
    )
    timeout_seconds: Seconds | None = Field(None, description="For the whole exchange; 15.")
    max_in_flight: InFlight | None = Field(None, description="Requests under way at a time; 10.")


class SubscriptionIn(SubscriptionChangeIn):
    """A new subscription."""

    url: Url = Field(description="Where deliveries go: https only.")
    event_types: EventTypes = Field(description="Event types, prefixes such as `visit_report.*`, or `*`.")
    status: Literal["Active", "Paused"] | None = Field(None, description="`Active` unless it is said.")  # type: ignore[assignment]


class RotateSecretIn(Shape):
    """How the old secret ends."""

    overlap_hours: Annotated[int, Field(ge=0, le=_MAX_OVERLAP_HOURS)] | None = Field(
        None, description="How long the old secret signs besides the new one; 24."
    )


class ReplayIn(Shape):
    """Which events are sent again."""

    since: Moment = Field(description="Events that occurred at this time or later.")
    until: Moment | None = Field(None, description="Events that occurred before this time.")
    event_types: EventTypes | None = Field(None, description="Of these types only.")


class TestIn(Shape):
    """What a test carries."""

    __test__ = False  # pytest takes the name for a class of tests

    event_type: Literal[*DESCRIPTIONS] | None = Field(  # type: ignore[valid-type]
        None, description="Adds the sample of an event of this type, as this subscription would get it."
    )
