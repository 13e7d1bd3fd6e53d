"""The endpoints of webhooks: thin, each calls one function that does the work."""

from functools import cache
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.answered_once import Answer, answered_once
from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.field_errors import parsed
from ordinavo_connect.api.paging import DEFAULT_LIMIT, MAX_LIMIT, listed, page
from ordinavo_connect.api.query import QueryParameters
from ordinavo_connect.clients.caller_view import CallerView
from ordinavo_connect.clients.scopes import WEBHOOK_DELIVERIES_READ, WEBHOOKS_MANAGE, WEBHOOKS_READ
from webhooks.delivery import contract, documentation, presentation, pulling, redelivery, subscriptions
from webhooks.delivery.event_schemas import body_schema
from webhooks.delivery.models import Delivery, DeliveryStatus, Subscription
from webhooks.delivery.privacy import Profile, profile_of, render
from webhooks.delivery.samples import example
from webhooks.events.catalogue import DESCRIPTIONS, TYPES, is_pattern, types_of

Row = TypeVar("Row", Subscription, Delivery)

_MAX_ID = 10**18 - 1
_NO_ID = -1


class WebhookView(CallerView):
    """An endpoint that sees what is of its caller's source system."""

    @property
    def own_subscriptions(self) -> QuerySet[Subscription]:
        """Those of the caller's source system; all others do not exist for it."""
        return Subscription.objects.filter(
            tenant_id=self.caller.tenant_id, source_system=self.caller.source_system
        ).select_related("tenant")

    @property
    def own_deliveries(self) -> QuerySet[Delivery]:
        return Delivery.objects.filter(
            tenant_id=self.caller.tenant_id, subscription__in=self.own_subscriptions.values("pk")
        ).select_related("event")

    def subscription(self, subscription_id: int) -> Subscription:
        return _found(self.own_subscriptions.filter(pk=subscription_id).first())

    def delivery(self, delivery_id: int) -> Delivery:
        return _found(self.own_deliveries.filter(pk=delivery_id).first())


class SubscriptionsView(WebhookView):
    """Subscribe; list the subscriptions of the caller's source system."""

    scopes = {"GET": WEBHOOKS_READ, "POST": WEBHOOKS_MANAGE}
    documentation = {
        "GET": documentation.LIST_SUBSCRIPTIONS,
        "POST": documentation.CREATE_SUBSCRIPTION,
    }

    def get(self, request: Request) -> Response:
        rows, cursor = page(self.own_subscriptions, QueryParameters(request), order=("-id",))
        return Response(listed([presentation.subscription(row) for row in rows], cursor))

    def post(self, request: Request) -> Response:
        asked = parsed(contract.SubscriptionIn, request.data)
        columns = _columns(asked)

        def work() -> Answer:
            made = subscriptions.create_subscription(
                self.caller.tenant,
                source_system=self.caller.source_system,
                client=self.caller.client,
                headers=asked.headers,
                **columns,
            )
            return _with_secret(made.subscription, made.secret, status=201)

        return answered_once(request, work, client_id=self.caller.id)


class SubscriptionView(WebhookView):
    """One subscription."""

    scopes = {"GET": WEBHOOKS_READ, "PATCH": WEBHOOKS_MANAGE, "DELETE": WEBHOOKS_MANAGE}
    documentation = {
        "GET": documentation.GET_SUBSCRIPTION,
        "PATCH": documentation.CHANGE_SUBSCRIPTION,
        "DELETE": documentation.DELETE_SUBSCRIPTION,
    }

    def get(self, request: Request, subscription_id: int) -> Response:
        return Response(presentation.subscription(self.subscription(subscription_id)))

    def patch(self, request: Request, subscription_id: int) -> Response:
        asked = parsed(contract.SubscriptionChangeIn, request.data)
        changed = subscriptions.change_subscription(
            self.subscription(subscription_id),
            changes=_columns(asked),
            headers=(asked.headers or {}) if "headers" in asked.model_fields_set else None,
        )
        shown = presentation.subscription(changed.subscription)
        return Response(shown | {"warnings": _warnings(changed)})

    def delete(self, request: Request, subscription_id: int) -> Response:
        subscriptions.delete_subscription(self.subscription(subscription_id))
        return Response(status=204)


class SubscriptionTestView(WebhookView):
    """Send a signed `webhook.test`."""

    scopes = {"POST": WEBHOOKS_MANAGE}
    documentation = {"POST": documentation.TEST_SUBSCRIPTION}

    def post(self, request: Request, subscription_id: int) -> Response:
        asked = parsed(contract.TestIn, _optional_body(request))
        row = self.subscription(subscription_id)

        def work() -> Answer:
            return _queued(subscriptions.queue_test(row, sample_of=asked.event_type))

        return answered_once(request, work, client_id=self.caller.id)


class RotateSecretView(WebhookView):
    """Give a subscription a new secret."""

    scopes = {"POST": WEBHOOKS_MANAGE}
    documentation = {"POST": documentation.ROTATE_SECRET}

    def post(self, request: Request, subscription_id: int) -> Response:
        asked = parsed(contract.RotateSecretIn, _optional_body(request))
        hours = subscriptions.DEFAULT_OVERLAP_HOURS if asked.overlap_hours is None else asked.overlap_hours
        row = self.subscription(subscription_id)

        def work() -> Answer:
            secret = subscriptions.rotate_secret(row, overlap_hours=hours)
            return _with_secret(row, secret, status=200)

        return answered_once(request, work, client_id=self.caller.id)


class ReplayView(WebhookView):
    """Send every event since a time again."""

    scopes = {"POST": WEBHOOKS_MANAGE}
    documentation = {"POST": documentation.REPLAY}

    def post(self, request: Request, subscription_id: int) -> Response:
        asked = parsed(contract.ReplayIn, request.data)
        row = self.subscription(subscription_id)

        def work() -> Answer:
            count = redelivery.replay(
                row, since=asked.since, until=asked.until, event_types=asked.event_types
            )
            return Answer({"deliveries": count}, status=202)

        try:
            return answered_once(request, work, client_id=self.caller.id)
        except redelivery.ReplayRunning as running:
            headers = {"Retry-After": str(running.seconds)}
            raise ApiError(running.code, running.message, headers=headers) from None


class EventTypesView(WebhookView):
    """Every event type, what its bodies look like, and an example."""

    scopes = {"GET": WEBHOOKS_READ}
    documentation = {"GET": documentation.LIST_EVENT_TYPES}

    def get(self, request: Request) -> Response:
        return Response(listed(_event_types(), None))


class DeliveriesView(WebhookView):
    """Deliveries to the subscriptions of the caller's source system, newest first."""

    scopes = {"GET": WEBHOOK_DELIVERIES_READ}
    documentation = {"GET": documentation.LIST_DELIVERIES}

    def get(self, request: Request) -> Response:
        params = QueryParameters(request)
        subscription_id = params.integer("subscriptionId", 0, _MAX_ID, _NO_ID)
        filters = {
            "subscription_id": None if subscription_id == _NO_ID else subscription_id,
            "event_type": params.choice("eventType", TYPES),
            "event__event_id": params.text("eventId", 40),
            "status": params.choice("status", DeliveryStatus.values),
            "created_at__gt": params.moment("createdAfter"),
            "created_at__lt": params.moment("createdBefore"),
        }
        given = {name: value for name, value in filters.items() if value is not None}
        rows, cursor = page(self.own_deliveries.filter(**given), params, order=("-id",))
        return Response(listed([presentation.delivery(row) for row in rows], cursor))


class DeliveryView(WebhookView):
    """One delivery with its attempts."""

    scopes = {"GET": WEBHOOK_DELIVERIES_READ}
    documentation = {"GET": documentation.GET_DELIVERY}

    def get(self, request: Request, delivery_id: int) -> Response:
        return Response(presentation.delivery_with_attempts(self.delivery(delivery_id)))


class RedeliverView(WebhookView):
    """Send a delivery again."""

    scopes = {"POST": WEBHOOKS_MANAGE}
    documentation = {"POST": documentation.REDELIVER}

    def post(self, request: Request, delivery_id: int) -> Response:
        row = self.delivery(delivery_id)

        def work() -> Answer:
            redelivery.redeliver(Delivery.objects.filter(pk=row.pk))
            row.refresh_from_db()
            return _queued(row)

        return answered_once(request, work, client_id=self.caller.id)


class EventsView(WebhookView):
    """The tenant's events, to pull."""

    scopes = {"GET": WEBHOOKS_READ}
    documentation = {"GET": documentation.LIST_EVENTS}

    def get(self, request: Request) -> Response:
        tenant_id = self.caller.tenant_id
        params = QueryParameters(request)
        position = _position(params, tenant_id)
        types = _types(params)
        subscription_id = params.integer("subscriptionId", 0, _MAX_ID, _NO_ID)
        limit = params.integer("limit", 1, MAX_LIMIT, DEFAULT_LIMIT)
        params.check()
        profile = Profile(self.caller.source_system)
        if subscription_id != _NO_ID:
            profile = profile_of(self.subscription(subscription_id))
        found = pulling.events_after(position, tenant_id=tenant_id, limit=limit, types=types)
        bodies = [render(event, profile) for event in found.events]
        return Response(listed(bodies, pulling.cursor_of(found.position, tenant_id=tenant_id)))


def _with_secret(row: Subscription, secret: str, *, status: int) -> Answer:
    shown = presentation.subscription(row)
    location = reverse("api:webhook-subscription", args=[row.pk]) if status == 201 else ""
    return Answer(shown | {"secret": secret}, status, location, kept=shown | {"secret": None})


def _warnings(changed: subscriptions.Changed) -> list[dict[str, str]]:
    if not changed.dropped_headers:
        return []
    message = (
        "`url` leads to another origin, and headers do not follow unasked. Dropped: "
        f"{', '.join(changed.dropped_headers)}. Send `headers` again if the new receiver asks for them."
    )
    return [{"code": "headers_dropped", "field": "headers", "message": message}]


def _queued(row: Delivery) -> Answer:
    return Answer(
        presentation.delivery(row), status=202, location=reverse("api:webhook-delivery", args=[row.pk])
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise ApiError("not_found")
    return row


def _optional_body(request: Request) -> Any:
    """An empty body is an empty object."""
    return request.data if request.body else {}


# Optional fields of a subscription, and what null sets them back to.
_DEFAULTS: dict[str, Any] = {"name": "", "timeout_seconds": 15, "max_in_flight": 10, "conditions": []}


def _columns(asked: contract.SubscriptionChangeIn) -> dict[str, Any]:
    """The columns that were given, in the form in which the database has them."""
    columns: dict[str, Any] = {}
    for name in asked.model_fields_set - {"include", "headers"}:
        value = getattr(asked, name)
        columns[name] = _DEFAULTS[name] if value is None and name in _DEFAULTS else value
    if asked.conditions:
        columns["conditions"] = [each.model_dump(by_alias=True) for each in asked.conditions]
    if columns.get("status", "") is None:
        del columns["status"]
    return columns | _switches(asked)


def _switches(asked: contract.SubscriptionChangeIn) -> dict[str, bool]:
    """The switches that were given; null, of one or of all, sets back to the default."""
    if "include" not in asked.model_fields_set:
        return {}
    include = asked.include
    names = contract.IncludeIn.model_fields if include is None else include.model_fields_set
    chosen = {name: getattr(include, name, None) for name in names}
    defaults = Subscription()
    return {
        f"include_{name}": getattr(defaults, f"include_{name}") if is_on is None else is_on
        for name, is_on in chosen.items()
    }


def _position(params: QueryParameters, tenant_id: int) -> int:
    cursor = params.text("after", 100)
    if cursor is None:
        return 0
    try:
        return pulling.position_of(cursor, tenant_id=tenant_id)
    except ValueError:
        params.refuse("after", "invalid_cursor", "The cursor is not one that this list gave out.")
        return 0


def _types(params: QueryParameters) -> list[str] | None:
    text = params.text("types", 1000)
    if text is None:
        return None
    patterns = [word.strip() for word in text.split(",")]
    if unknown := [pattern for pattern in patterns if not is_pattern(pattern)]:
        message = f"There is no such event type: {', '.join(unknown)}."
        params.refuse("types", "unknown_event_type", message)
    return types_of(patterns)


@cache
def _event_types() -> list[dict[str, Any]]:
    return [
        {
            "name": event_type,
            "description": DESCRIPTIONS[event_type],
            "schema": body_schema(event_type),
            "example": example(event_type),
        }
        for event_type in TYPES
    ]
