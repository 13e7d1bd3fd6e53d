"""The shapes of what the registry answers (API contract, Shapes). `customers.presentation` makes the answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ordinavo_connect.api.openapi.shapes import AnswerShape, NextCursor

OwnExternalId = Annotated[
    str | None,
    Field(
        description="What the caller's own source system calls it: the newest where it has several names for it, "
        "null where it has none."
    ),
]


class Customer(AnswerShape):
    """A company or person that gets visits."""

    customer_id: int
    external_id: OwnExternalId
    customer_number: Annotated[str | None, Field(description="Unique in the tenant.")]
    name: str
    type: str | None
    industry: str | None
    email: str | None
    phone: str | None
    updated_at_utc: datetime


class Location(AnswerShape):
    """A place of a customer where work is done."""

    customer_location_id: int
    customer_id: int
    external_id: OwnExternalId
    name: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    country: Annotated[str | None, Field(description="ISO 3166-1 alpha-2.")]
    latitude: Annotated[float | None, Field(ge=-90, le=90)]
    longitude: Annotated[float | None, Field(ge=-180, le=180)]
    updated_at_utc: datetime


class Contact(AnswerShape):
    """A person to ask for at a customer."""

    customer_contact_id: int
    customer_id: int
    external_id: OwnExternalId
    display_name: str | None
    role: str | None
    email: str | None
    phone: str | None
    updated_at_utc: datetime


class CustomerPage(AnswerShape):
    items: list[Customer]
    next_cursor: NextCursor


class LocationPage(AnswerShape):
    items: list[Location]
    next_cursor: NextCursor


class ContactPage(AnswerShape):
    items: list[Contact]
    next_cursor: NextCursor
