"""What the OpenAPI document says of the webhook endpoints, and of the requests that deliveries are."""

from typing import Any

from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from ordinavo_connect.api.openapi.models import component_reference
from ordinavo_connect.api.openapi.operation import Answer, Body, Operation, Parameter, page_parameters
from webhooks.delivery import contract, shapes
from webhooks.delivery.event_schemas import body_schema
from webhooks.delivery.models import DeliveryStatus
from webhooks.delivery.samples import example
from webhooks.events.catalogue import DESCRIPTIONS, TYPES

_TAG = "Webhooks"
_KEY = ("Idempotency-Key",)
_REPLAYED = ("Idempotency-Replayed",)
_MADE = ("Location", *_REPLAYED)
_REPEATED = ("idempotency_conflict", "idempotency_in_progress")
_ID = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}


def _moment(name: str, description: str) -> Parameter:
    return Parameter(name, f"{description} With its zone.", {"type": "string", "format": "date-time"})


_SUBSCRIPTION_ID = Parameter("subscriptionId", "The subscription's `id`.", _ID, place="path")
_DELIVERY_ID = Parameter("deliveryId", "The delivery's `id`.", _ID, place="path")

_CREATED = {
    "url": "https://erp.example.com/hooks/ordinavo",
    "eventTypes": ["target.*", "visit_report.approved"],
    "name": "ERP",
    "conditions": [{"field": "target.customFields.serviceType", "anyOf": ["Maintenance"]}],
    "headers": {"X-Api-Key": "..."},
}

LIST_SUBSCRIPTIONS = Operation(
    id="listWebhookSubscriptions",
    tag=_TAG,
    summary="List subscriptions",
    description="The subscriptions of the caller's own source system, the newest first.",
    parameters=page_parameters(),
    answers={200: Answer("A page of subscriptions.", shapes.SubscriptionPage)},
)

CREATE_SUBSCRIPTION = Operation(
    id="createWebhookSubscription",
    tag=_TAG,
    summary="Subscribe to events",
    description=(
        "The answer carries the secret that signs the deliveries; it is not shown again. The sender then tests the "
        "address with a signed `webhook.test`, whose outcome stands in `verdict`.\n\nExternal IDs in the bodies are "
        "those of the caller's source system. A host that does not resolve is accepted, and gets its verdict."
    ),
    headers=_KEY,
    body=Body(
        contract.SubscriptionIn,
        {
            "all": ("Everything", {"url": _CREATED["url"], "eventTypes": ["*"]}),
            "some": ("Some types, under a condition", _CREATED),
        },
    ),
    answers={201: Answer("Subscribed.", shapes.SubscriptionWithSecret, headers=_MADE)},
    refusals=_REPEATED,
)

GET_SUBSCRIPTION = Operation(
    id="getWebhookSubscription",
    tag=_TAG,
    summary="Read a subscription",
    parameters=(_SUBSCRIPTION_ID,),
    answers={200: Answer("The subscription.", shapes.Subscription)},
    refusals=("not_found",),
)

CHANGE_SUBSCRIPTION = Operation(
    id="changeWebhookSubscription",
    tag=_TAG,
    summary="Change a subscription",
    description=(
        "Only what is given changes; `include` merges. While it is `Paused`, events wait; a disabled one is enabled "
        "by either status, which queues a test, as a new `url` does.\n\nWhere `url` changes to another origin "
        "(scheme, host or port), the subscription's own headers are dropped unless `headers` is given in the same "
        "request, and `warnings` says so (`headers_dropped`): their values were meant for the receiver before. The "
        "secret stays."
    ),
    parameters=(_SUBSCRIPTION_ID,),
    body=Body(
        contract.SubscriptionChangeIn,
        {
            "pause": ("Pause", {"status": "Paused"}),
            "include": ("Leave the contact out", {"include": {"contact": False}}),
            "move": (
                "Move to another receiver",
                {"url": "https://hooks.example.com/ordinavo", "headers": {"X-Api-Key": "..."}},
            ),
        },
    ),
    answers={200: Answer("The subscription as it is now.", shapes.ChangedSubscription)},
    refusals=("not_found",),
)

DELETE_SUBSCRIPTION = Operation(
    id="deleteWebhookSubscription",
    tag=_TAG,
    summary="Delete a subscription",
    description="Its deliveries go with it; what waits is dropped.",
    parameters=(_SUBSCRIPTION_ID,),
    answers={204: Answer("It is gone.")},
    refusals=("not_found",),
)

TEST_SUBSCRIPTION = Operation(
    id="testWebhookSubscription",
    tag=_TAG,
    summary="Test an endpoint",
    description=(
        "Sends a signed `webhook.test`, also while the subscription is paused or disabled; the outcome stands in its "
        "`verdict`. With `eventType`, the body carries the sample of such an event as `sample`."
    ),
    parameters=(_SUBSCRIPTION_ID,),
    headers=_KEY,
    body=Body(
        contract.TestIn,
        {
            "plain": ("A test", {}),
            "sample": ("With a sample", {"eventType": "visit_report.approved"}),
        },
        is_required=False,
    ),
    answers={202: Answer("Queued.", shapes.Delivery, headers=_MADE)},
    refusals=("not_found", *_REPEATED),
)

ROTATE_SECRET = Operation(
    id="rotateWebhookSecret",
    tag=_TAG,
    summary="Rotate the secret",
    description="For some hours deliveries carry two signatures, the new secret's first.",
    parameters=(_SUBSCRIPTION_ID,),
    headers=_KEY,
    body=Body(
        contract.RotateSecretIn,
        {"day": ("With a day of overlap", {"overlapHours": 24})},
        is_required=False,
    ),
    answers={
        200: Answer("The subscription with its new secret.", shapes.SubscriptionWithSecret, headers=_REPLAYED)
    },
    refusals=("not_found", *_REPEATED),
)

REPLAY = Operation(
    id="replayWebhookEvents",
    tag=_TAG,
    summary="Send all events since a time again",
    description=(
        "Every event of the period that fits the subscription, delivered before or not, those of a pause too; at once, "
        "also while it is disabled."
    ),
    parameters=(_SUBSCRIPTION_ID,),
    headers=_KEY,
    body=Body(
        contract.ReplayIn,
        {"day": ("A day of targets", {"since": "2026-06-18T00:00:00Z", "eventTypes": ["target.*"]})},
    ),
    answers={202: Answer("Queued.", shapes.Replay, headers=_REPLAYED)},
    refusals=("not_found", *_REPEATED),
)

LIST_EVENT_TYPES = Operation(
    id="listWebhookEventTypes",
    tag=_TAG,
    summary="List the event types",
    description="Each with its description, the JSON Schema of its body, and an example.",
    answers={200: Answer("All event types.", shapes.EventTypePage)},
)

LIST_DELIVERIES = Operation(
    id="listWebhookDeliveries",
    tag=_TAG,
    summary="List deliveries",
    description="Those to subscriptions of the caller's own source system, the newest first.",
    parameters=(
        Parameter("subscriptionId", "To this subscription.", _ID),
        Parameter("eventType", "Of this event type.", {"type": "string", "enum": list(TYPES)}),
        Parameter("eventId", "Of this event.", {"type": "string", "minLength": 1, "maxLength": 40}),
        Parameter("status", "In this status.", {"type": "string", "enum": list(DeliveryStatus.values)}),
        _moment("createdAfter", "Queued after this time."),
        _moment("createdBefore", "Queued before this time."),
        *page_parameters(),
    ),
    answers={200: Answer("A page of deliveries.", shapes.DeliveryPage)},
)

GET_DELIVERY = Operation(
    id="getWebhookDelivery",
    tag=_TAG,
    summary="Read a delivery",
    description="With every attempt.",
    parameters=(_DELIVERY_ID,),
    answers={200: Answer("The delivery.", shapes.DeliveryWithAttempts)},
    refusals=("not_found",),
)

REDELIVER = Operation(
    id="redeliverWebhook",
    tag=_TAG,
    summary="Send a delivery again",
    description="The same bytes under the same ids, at once, also while the subscription is paused or disabled.",
    parameters=(_DELIVERY_ID,),
    headers=_KEY,
    answers={202: Answer("Queued.", shapes.Delivery, headers=_MADE)},
    refusals=("not_found", *_REPEATED),
)

LIST_EVENTS = Operation(
    id="listEvents",
    tag="Events",
    summary="Pull events",
    description=(
        "The tenant's events in a stable order that no late commit ever slips behind. Keep `nextCursor`, and send it "
        "as `after` next time. No subscription is needed; `webhook.test` is left out."
    ),
    parameters=(
        Parameter(
            "after",
            "Where to go on: a `nextCursor` that was answered before. Without it, from the beginning.",
            {"type": "string", "minLength": 1, "maxLength": 100},
        ),
        Parameter(
            "types",
            "Event types, prefixes such as `visit_report.*`, or `*`, separated by commas.",
            {"type": "string", "minLength": 1, "maxLength": 1000},
        ),
        Parameter(
            "subscriptionId",
            "The subscription whose privacy switches apply; without it, the defaults.",
            _ID,
        ),
        page_parameters()[0],
    ),
    answers={200: Answer("A page of events.", shapes.EventPage)},
    refusals=("not_found",),
)


# Requests that the sender makes

_HEADERS = {
    "webhook-id": "The event's id: the same in every attempt. Keep it, to notice a repeat.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "Standard Webhooks: `v1,<base64>` of HMAC-SHA256 over `id.timestamp.body`; two of them, "
    "separated by a space, while a secret rotates.",
    "X-Ordinavo-Event-Id": "As `webhook-id`.",
    "X-Ordinavo-Event-Type": "As `eventType` in the body.",
    "X-Ordinavo-Delivery-Id": "The delivery's `id`.",
    "X-Ordinavo-Timestamp": "As `webhook-timestamp`.",
    "X-Ordinavo-Signature": "`sha256=<hex>`: HMAC-SHA256 over the body alone.",
    "X-Ordinavo-Webhook-Version": "`v1`.",
}


def webhooks(registry: ComponentRegistry) -> dict[str, dict[str, Any]]:
    """The `webhooks` of the document: a path item for each event type."""
    return {event_type: {"post": _webhook(event_type, registry)} for event_type in TYPES}


def _webhook(event_type: str, registry: ComponentRegistry) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in event_type.replace(".", "_").split("_"))
    schema = component_reference(ResolvedComponent.SCHEMA, f"{name}Event", body_schema(event_type), registry)
    return {
        "operationId": f"on{name}",
        "tags": ["Events"],
        "summary": event_type,
        "description": DESCRIPTIONS[event_type],
        "security": [],
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": True,
                "description": description,
                "schema": {"type": "string"},
            }
            for header, description in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": example(event_type)}},
        },
        "responses": {
            "2XX": {"description": "Received. Anything else is tried again, except a redirect's address."},
            "410": {"description": "No more of it: the subscription is disabled."},
        },
    }
