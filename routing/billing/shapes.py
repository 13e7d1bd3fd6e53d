"""The shapes of what the billing endpoints answer (API contract, Shapes). They describe; they are not run."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ordinavo_connect.api.openapi.shapes import AnswerShape, NextCursor
from routing.billing.models import BillingStatus

Money = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", examples=["120.00"])]


class BillingLine(AnswerShape):
    """A line of the bill: amount = quantity × unitPrice."""

    kind: Literal["Flat", "Work", "Material", "Other"]
    description: str
    quantity: Annotated[str, Field(description="A decimal number.", examples=["1.50"])]
    unit: str
    unit_price: Annotated[Money | None, Field(description="Null until staff give it one.")]
    amount: Money | None


class BillingEventPart(AnswerShape):
    """What is billed."""

    id: int
    status: BillingStatus
    source_type: Literal["VisitReport"]
    visit_report_id: int
    target_id: int
    appointment_id: int
    created_at_utc: datetime
    document_number: Annotated[str | None, Field(description="Of the ERP, once it is `Sent`.")]
    lines: list[BillingLine]
    total: Annotated[
        Money | None, Field(description="The sum of the amounts; null while a price is missing.")
    ]
    currency: Annotated[str, Field(min_length=3, max_length=3, examples=["EUR"])]
    waits_for: Annotated[str | None, Field(description="Why it is `Pending`, for people.")]
    error: Annotated[str | None, Field(description="Why it is `Failed`, as it was acknowledged.")]


class BilledCustomer(AnswerShape):
    """The customer, by the caller's own external ID and the number in the registry."""

    ordinavo_customer_id: int
    external_id: str | None
    customer_number: str | None
    name: str


class BilledLocation(AnswerShape):
    """The place of the work."""

    ordinavo_location_id: int
    external_id: str | None
    name: str | None
    city: str | None
    has_coordinates: bool


class BilledReport(AnswerShape):
    """The report that is billed."""

    id: int
    title: str
    status: str
    result: str | None
    is_billable: bool
    billing_status: BillingStatus


class BilledTarget(AnswerShape):
    """The target that was visited."""

    id: int
    external_id: str
    title: str


class BillingEvent(AnswerShape):
    """A billing event, with whom and what it is about."""

    billing_event: BillingEventPart
    customer: BilledCustomer | None
    location: BilledLocation | None
    visit_report: BilledReport
    target: BilledTarget


class BillingEventPage(AnswerShape):
    """A page of billing events."""

    items: list[BillingEvent]
    next_cursor: NextCursor
