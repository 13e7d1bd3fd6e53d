"""The shapes of what visit reports answer. They describe; `routing.visits.presentation` makes the answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from imports.shapes import Target
from ordinavo_connect.api.openapi.shapes import AnswerShape, NextCursor
from routing.visits.models import ReportStatus, Result


class VisitedCustomer(AnswerShape):
    """Whom the work was done for, where the target is linked to a customer."""

    customer_id: int
    external_id: Annotated[str | None, Field(description="Of the caller's own source system.")]
    customer_number: str | None
    name: str
    type: str | None
    industry: str | None
    email: Annotated[str | None, Field(description="Null without `customers.read`.")]
    phone: Annotated[str | None, Field(description="Null without `customers.read`.")]
    updated_at_utc: datetime


class VisitedLocation(AnswerShape):
    """Where the work was done, where the target is linked to a location."""

    customer_location_id: int
    customer_id: int
    external_id: Annotated[str | None, Field(description="Of the caller's own source system.")]
    name: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    updated_at_utc: datetime


class UsedMaterial(AnswerShape):
    name: str
    quantity: Annotated[str, Field(description="A decimal number.")]
    unit: str


class VisitAttachment(AnswerShape):
    """A photo or the signature."""

    id: int
    kind: Literal["Photo", "Signature"]
    content_type: str
    bytes: int
    sha256: Annotated[str, Field(description="Of what `url` gives, in hex.")]
    url: Annotated[str, Field(description="Valid for 10 minutes, needs no key.")]


class VisitReport(AnswerShape):
    """What an employee reports of a visit."""

    id: int
    title: str
    status: ReportStatus
    result: Annotated[Result | None, Field(description="Null while it is a draft without one.")]
    text: str | None
    work_minutes: Annotated[int | None, Field(ge=0, le=1440)]
    materials: list[UsedMaterial]
    is_billable: bool
    billing_status: Annotated[
        Literal["NotBillable", "NotReady", "Pending", "Ready", "Sent", "Failed"],
        Field(description="`NotReady` until it is approved, then that of its billing event."),
    ]
    follow_up_required: bool
    target: Target
    customer: VisitedCustomer | None
    location: VisitedLocation | None
    attachments: list[VisitAttachment]
    created_at_utc: datetime
    submitted_at_utc: datetime | None
    decided_at_utc: Annotated[datetime | None, Field(description="When it was approved or sent back.")]
    updated_at_utc: datetime


class VisitReportPage(AnswerShape):
    items: list[VisitReport]
    next_cursor: NextCursor
