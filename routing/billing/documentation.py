"""What the OpenAPI document says of the billing endpoints."""

from ordinavo_connect.api.openapi.operation import Answer, Body, Operation, Parameter, page_parameters
from routing.billing import contract, shapes
from routing.billing.models import BillingStatus

_TAG = "Billing events"
_ID = Parameter(
    "billingEventId",
    "The billing event's `id`.",
    {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    place="path",
)

LIST_BILLING_EVENTS = Operation(
    id="listBillingEvents",
    tag=_TAG,
    summary="List billing events",
    description="Of targets of the caller's own source system, newest first.",
    parameters=(
        Parameter(
            "status",
            "In this status.",
            {"type": "string", "enum": [str(each) for each in BillingStatus.values]},
        ),
        Parameter(
            "createdAfter",
            "Created after this time. With its zone.",
            {"type": "string", "format": "date-time"},
        ),
        *page_parameters(),
    ),
    answers={200: Answer("A page of billing events.", shapes.BillingEventPage)},
)

GET_BILLING_EVENT = Operation(
    id="getBillingEvent",
    tag=_TAG,
    summary="Read a billing event",
    parameters=(_ID,),
    answers={200: Answer("The billing event.", shapes.BillingEvent)},
    refusals=("not_found",),
)

ACKNOWLEDGE_BILLING_EVENT = Operation(
    id="acknowledgeBillingEvent",
    tag=_TAG,
    summary="Acknowledge a billing event",
    description=(
        "With the number of the document that was made, `Ready` (or `Failed`) becomes `Sent`; with an error, `Ready` "
        "becomes `Failed`. The event of that name is sent. A repeat with the same number answers the same."
    ),
    parameters=(_ID,),
    headers=("Idempotency-Key",),
    body=Body(
        contract.AckIn,
        {
            "sent": ("The invoice was made", {"documentNumber": "INV-4711"}),
            "failed": ("It could not be made", {"error": "The customer is blocked in the ERP."}),
        },
    ),
    answers={
        200: Answer("The billing event as it is now.", shapes.BillingEvent, headers=("Idempotency-Replayed",))
    },
    refusals=(
        *("not_found", "billing_event_already_acknowledged", "billing_event_not_ready"),
        *("idempotency_conflict", "idempotency_in_progress"),
    ),
)
