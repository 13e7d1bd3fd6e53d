"""The shapes of what the webhook endpoints answer (API contract, Shapes). They describe; they are not run."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ordinavo_connect.api.openapi.shapes import AnswerShape, NextCursor
from webhooks.delivery.models import DeliveryStatus, SubscriptionStatus


class Include(AnswerShape):
    """What bodies carry."""

    customer: bool
    location: bool
    contact: bool
    contact_details: bool
    report_summary: bool
    billing_details: bool


class Condition(AnswerShape):
    """A field of the event has one of some values."""

    field: str
    any_of: list[Any]


class VerdictPhase(AnswerShape):
    """A step of the exchange."""

    name: Literal["dns", "connect", "tls", "firstByte"]
    ok: bool
    duration_ms: float | None


class Verdict(AnswerShape):
    """What the last test of the endpoint found."""

    ok: bool
    message: Annotated[str, Field(description="For people.")]
    checked_at_utc: datetime
    status_code: int | None
    error_code: str | None
    duration_ms: int
    phases: list[VerdictPhase]
    certificate_days_left: int | None
    looks_like_login_page: bool


class Subscription(AnswerShape):
    """An address of a receiver, and which events it gets in which form."""

    id: int
    name: str | None
    url: str
    event_types: list[str]
    status: SubscriptionStatus
    disabled_reason: Annotated[str | None, Field(description="Why it is disabled.")]
    include: Include
    conditions: list[Condition]
    payload_version: str
    timeout_seconds: int
    max_in_flight: int
    headers: Annotated[list[str], Field(description="Names of its own headers; values are not shown.")]
    verdict: Annotated[Verdict | None, Field(description="Null until the sender has tested the endpoint.")]
    created_at_utc: datetime


class SubscriptionWarning(AnswerShape):
    """Something to look at, while the change was made."""

    code: Literal["headers_dropped"]
    field: str
    message: str


class ChangedSubscription(Subscription):
    """A subscription after a change."""

    warnings: list[SubscriptionWarning]


class SubscriptionWithSecret(Subscription):
    """A subscription and its new secret."""

    secret: Annotated[
        str | None,
        Field(description="`whsec_` and base64: shown this once. Null in a replay by `Idempotency-Key`."),
    ]


class Attempt(AnswerShape):
    """One request of a delivery, and what came back."""

    number: Annotated[int, Field(ge=1)]
    started_at_utc: datetime
    duration_ms: int
    status_code: Annotated[int | None, Field(description="Null where no answer came.")]
    error_code: str | None
    error_message: str | None
    response_excerpt: Annotated[str | None, Field(description="The first KiB of the answer.")]


class Delivery(AnswerShape):
    """An event on its way to a subscription."""

    id: int
    event_id: str
    event_type: str
    subscription_id: int
    status: DeliveryStatus
    attempt_count: Annotated[int, Field(ge=0)]
    next_attempt_at_utc: Annotated[
        datetime | None, Field(description="Null while an attempt is under way, and where none will come.")
    ]
    delivered_at_utc: datetime | None
    created_at_utc: datetime


class DeliveryWithAttempts(Delivery):
    """A delivery with all that was tried."""

    attempts: list[Attempt]


class Replay(AnswerShape):
    """What a replay sends."""

    deliveries: Annotated[int, Field(ge=0, description="How many.")]


class EventType(AnswerShape):
    """A type of events, and what its bodies look like."""

    name: str
    description: str
    schema_: Annotated[dict[str, Any], Field(alias="schema", description="JSON Schema 2020-12 of the body.")]
    example: dict[str, Any]


class Event(AnswerShape):
    """The body of a delivery, as it would be sent; its further keys are those of its type."""

    model_config = ConfigDict(extra="allow")

    event_id: str
    event_type: str
    occurred_at: datetime
    tenant_id: str
    source: Literal["ordinavo"]
    payload_version: str


class SubscriptionPage(AnswerShape):
    items: list[Subscription]
    next_cursor: NextCursor


class DeliveryPage(AnswerShape):
    items: list[Delivery]
    next_cursor: NextCursor


class EventTypePage(AnswerShape):
    items: list[EventType]
    next_cursor: NextCursor


class EventPage(AnswerShape):
    items: list[Event]
    next_cursor: Annotated[
        str, Field(description="What to send as `after` next time, on an empty page too; keep it.")
    ]
