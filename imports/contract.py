"""What a client may send: the shapes of an import, checked and normalised (API contract, Import).

The models here are the one source of the OpenAPI document too. Optional fields may be null; which fields were
present is told by `model_fields_set`, since an update changes only those.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from imports.field_types import (
    Amount,
    Country,
    CustomFields,
    Day,
    ExternalId,
    Latitude,
    Line64,
    Line128,
    Line200,
    Lines2000,
    Lines4000,
    Longitude,
    Minutes,
    Moment,
    Percentage,
    Priority,
    Skills,
    Title,
)
from ordinavo_connect.api.errors import FieldError
from ordinavo_connect.api.field_errors import field_errors

Operation = Literal["create", "update", "upsert", "cancel"]

# What makes a payload carry context.
CONTEXT = ("customer", "location", "address", "contact")
_MAX_UNKNOWN_PATHS = 100  # a request that knows nothing of this API does not make a page of warnings
_ABSENT: Any = object()
_NO_TITLE = "-"  # stands in for a title that was not given; `model_fields_set` tells


class Shape(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="ignore", alias_generator=to_camel, populate_by_name=False, frozen=False
    )


class CustomerIn(Shape):
    """The customer that a job is for."""

    external_id: ExternalId | None = None
    customer_number: Line200 | None = None
    name: Line200 | None = None
    type: Line200 | None = None
    industry: Line200 | None = None
    email: Line200 | None = None
    phone: Line200 | None = None
    contact_name: Line200 | None = Field(
        None, description="Counts as `contact.displayName` where no `contact` is given."
    )


class LocationIn(Shape):
    """The place where the work is done."""

    external_id: ExternalId | None = None
    name: Line200 | None = None
    street: Line200 | None = None
    postal_code: Line200 | None = None
    city: Line200 | None = None
    country: Country | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = Field(None, validate_default=True)
    access_notes: Lines2000 | None = None
    default_estimated_work_minutes: Minutes | None = None
    default_priority: Priority | None = None

    @field_validator("longitude", mode="after")
    @classmethod
    def both_or_none(cls, longitude: float | None, info: ValidationInfo) -> float | None:
        if "latitude" in info.data and (longitude is None) != (info.data["latitude"] is None):
            raise PydanticCustomError("both_or_none", "Give latitude and longitude together, or neither.")
        return longitude


class ContactIn(Shape):
    """The person to ask for."""

    external_id: ExternalId | None = None
    display_name: Line200 | None = None
    role: Line200 | None = None
    email: Line200 | None = None
    phone: Line200 | None = None


class PlanningIn(Shape):
    """When the work is to be done, how long it takes and how urgent it is."""

    priority: Priority | None = None
    estimated_work_minutes: Minutes | None = None
    due_date: Day | None = None
    due_at_utc: Moment | None = None
    route_date: Day | None = None
    preferred_time_window_start: Moment | None = Field(
        None, validation_alias=AliasChoices("preferredTimeWindowStart", "timeWindowStartUtc")
    )
    preferred_time_window_end: Moment | None = Field(
        None, validation_alias=AliasChoices("preferredTimeWindowEnd", "timeWindowEndUtc")
    )
    fixed_time: bool | None = None

    @field_validator("preferred_time_window_end", mode="after")
    @classmethod
    def after_its_start(cls, end: Any, info: ValidationInfo) -> Any:
        start = info.data.get("preferred_time_window_start")
        if start is not None and end is not None and end <= start:
            raise PydanticCustomError("window_order", "The end of the time window lies after its start.")
        return end


class BusinessValueIn(Shape):
    """What the job is worth."""

    expected_revenue: Amount | None = None
    customer_tier: Line200 | None = None
    close_probability: Percentage | None = Field(None, description="Percent.")


class TargetIn(Shape):
    """One target: a job for the field service."""

    external_id: ExternalId
    operation: Operation | None = Field(None, description="Default: the batch's, else `upsert`.")
    title: Title = Field(
        default_factory=lambda: _ABSENT,
        validate_default=True,
        description="Optional for `cancel` and `update`.",
    )
    source_system: Line200 | None = Field(None, description="Must be the client's own.")
    description: Lines4000 | None = None
    external_type: Line64 | None = None
    template_key: Line64 | None = None
    customer: CustomerIn | None = None
    location: LocationIn | None = Field(None, validation_alias=AliasChoices("location", "address"))
    contact: ContactIn | None = None
    planning: PlanningIn | None = None
    business_value: BusinessValueIn | None = None
    required_skills: Skills | None = None
    custom_fields: CustomFields | None = None
    source_updated_at: Moment | None = Field(
        None, description="An update older than the one already applied is skipped (`stale_update`)."
    )

    @field_validator("title", mode="before")
    @classmethod
    def given_where_it_must_be(cls, title: Any, info: ValidationInfo) -> Any:
        operation = info.data.get("operation") or (info.context or {}).get("operation")
        if title is not _ABSENT:
            return title
        if operation in ("update", "cancel"):
            return _NO_TITLE
        raise PydanticCustomError("required", "This field is required.")


class BatchIn(Shape):
    """The envelope of a batch; its items are checked one by one."""

    source_system: Line200 | None = Field(None, description="Must be the client's own.")
    batch_id: Line128 | None = None
    operation: Operation | None = Field(None, description="The default of its items.")
    atomic: bool | None = Field(None, description="Everything or nothing.")


@dataclass(slots=True)
class Item:
    """One target as it came: its checked form, or what is wrong with it.

    `errors` are at the item's own paths (`location.latitude`), in the order of the fields. `refusal` is the code
    of what is wrong beyond its content, as `source_system_not_allowed`; it wins. `external_id` is what can be told
    of it, blank where nothing can; `has_context` whether a customer, location or contact came.
    """

    index: int
    raw: Any
    target: TargetIn | None = None
    operation: str = "upsert"
    errors: list[FieldError] = field(default_factory=list)
    refusal: str = ""
    external_id: str = ""
    has_context: bool = False


_ITEM = TypeAdapter(TargetIn)
_ENVELOPE = TypeAdapter(BatchIn)


def parse_item(
    raw: Any, *, index: int = 0, default_operation: str | None = None, source_system: str | None = None
) -> Item:
    """Check one target.

    Args:
        raw: what was sent for it, as JSON gives it.
        index: its position in the request, from 0.
        default_operation: the batch's operation.
        source_system: the client's own; another one in the payload is refused. None: not looked at.
    """
    item = Item(index=index, raw=raw)
    item.has_context = isinstance(raw, dict) and any(_says_something(raw.get(name)) for name in CONTEXT)
    if isinstance(raw, dict) and source_system is not None:
        named = raw.get("sourceSystem")
        item.refusal = (
            "source_system_not_allowed" if isinstance(named, str) and named != source_system else ""
        )
    if not isinstance(raw, dict):
        item.errors = [FieldError("", "invalid_type", "An object is expected.")]
        return item
    try:
        target = _ITEM.validate_python(raw, context={"operation": default_operation})
    except ValidationError as error:
        item.errors = field_errors(error)
        named, sent = raw.get("externalId"), raw.get("operation")
        item.external_id = storable(named.strip()[:128]) if isinstance(named, str) else ""
        item.operation = (
            sent if isinstance(sent, str) and sent in _OPERATIONS else default_operation or "upsert"
        )
        return item
    item.target, item.external_id = target, target.external_id
    item.operation = target.operation or default_operation or "upsert"
    return item


_WINDOW = frozenset(
    (
        "preferredTimeWindowStart",
        "timeWindowStartUtc",
        "preferredTimeWindowEnd",
        "timeWindowEndUtc",
        "fixedTime",
    )
)


def _says_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_says_something, value.values()))
    return bool(value.strip()) if isinstance(value, str) else value is not None


def window_alone(raw: Any) -> PlanningIn | None:
    """The time window of a target that is not valid, where that part of it is; for what else is wrong."""
    planning = raw.get("planning") if isinstance(raw, dict) else None
    if not isinstance(planning, dict):
        return None
    try:
        return PlanningIn.model_validate({name: planning[name] for name in _WINDOW & planning.keys()})
    except ValidationError:
        return None


_OPERATIONS = frozenset(("create", "update", "upsert", "cancel"))


def parse_envelope(
    body: dict[str, Any], *, max_items: int
) -> tuple[BatchIn | None, list[Any], list[FieldError]]:
    """Check the envelope of a batch.

    Returns:
        The envelope (None where it is not valid), the raw items, and what is wrong.
    """
    errors: list[FieldError] = []
    envelope = None
    try:
        envelope = _ENVELOPE.validate_python(body)
    except ValidationError as error:
        errors = field_errors(error)
    name = items_name(body)
    items = body.get(name)
    if items is None:
        errors.append(FieldError(name, "required", "This field is required."))
    elif not isinstance(items, list):
        errors.append(FieldError(name, "invalid_type", "A list is expected."))
    elif not items:
        errors.append(FieldError(name, "too_few", "At least one item is expected."))
    elif len(items) > max_items:
        errors.append(FieldError(name, "too_many", f"At most {max_items} items are allowed in one request."))
    return (None, [], errors) if errors else (envelope, items or [], [])


def items_name(body: Mapping[str, Any]) -> str:
    """The name that the caller gave to the list of items."""
    return "targets" if "items" not in body and "targets" in body else "items"


def _known(model: type[Shape]) -> dict[str, type[Shape] | None]:
    """The names that a shape knows, aliases too, with the shape below where there is one."""
    known: dict[str, type[Shape] | None] = {}
    for name, info in model.model_fields.items():
        alias = info.validation_alias
        names = alias.choices if isinstance(alias, AliasChoices) else [alias or to_camel(name)]
        below = next((arg for arg in getattr(info.annotation, "__args__", ()) if _is_shape(arg)), None)
        known |= {str(each): below for each in names}
    return known


def _is_shape(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Shape)


_KNOWN_NAMES: dict[type[Shape], dict[str, type[Shape] | None]] = {
    model: _known(model)
    for model in (TargetIn, BatchIn, CustomerIn, LocationIn, ContactIn, PlanningIn, BusinessValueIn)
}
_CHILDREN: dict[type[Shape], dict[str, type[Shape]]] = {
    model: {name: below for name, below in known.items() if below} for model, known in _KNOWN_NAMES.items()
}


_ALIASES: dict[type[Shape], list[tuple[str, str]]] = {
    model: [
        (str(info.validation_alias.choices[0]), str(info.validation_alias.choices[1]))
        for info in model.model_fields.values()
        if isinstance(info.validation_alias, AliasChoices)
    ]
    for model in _KNOWN_NAMES
}


def unknown_fields(
    raw: Any, found: dict[str, None], *, model: type[Shape] = TargetIn, prefix: str = ""
) -> None:
    """Add the paths that a shape does not know to `found`, in order, each once, up to a bound."""
    if not isinstance(raw, dict) or len(found) >= _MAX_UNKNOWN_PATHS:
        return
    if unknown := raw.keys() - _KNOWN_NAMES[model].keys():
        named = [storable((prefix + name)[:300]) for name in raw if name in unknown]
        found |= dict.fromkeys(named[: _MAX_UNKNOWN_PATHS - len(found)])
    for name, alias in _ALIASES[model]:
        if name in raw and alias in raw:
            found[prefix + alias] = None  # the name that goes first is taken, the other ignored
    for name, below in _CHILDREN[model].items():
        if name in raw:
            unknown_fields(raw[name], found, model=below, prefix=f"{prefix}{name}.")


def unknown_in_batch(body: dict[str, Any]) -> dict[str, None]:
    """Paths of a batch that no shape knows, those of items collapsed to `items[].foo`."""
    found: dict[str, None] = {}
    unknown_fields(
        {name: value for name, value in body.items() if name not in ("items", "targets")},
        found,
        model=BatchIn,
    )
    name = items_name(body)
    if name == "items" and "targets" in body:
        found["targets"] = None
    for raw in body.get(name) or ():
        unknown_fields(raw, found, prefix=f"{name}[].")
    return found


def storable(text: str) -> str:
    """Text that PostgreSQL can hold: NUL is replaced, and marked by the replacement character."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def stored_copy(raw: Any) -> str:
    """JSON text of what was sent, as the import log keeps it: NUL replaced by U+FFFD."""
    try:
        text = orjson.dumps(raw).decode()
    except orjson.JSONEncodeError:  # too deep
        return '"\ufffd"'
    return _NUL.sub("\\1\ufffd", text) if "\\u0000" in text else text


# An escaped NUL; after an odd number of backslashes it is text that merely looks like one.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
