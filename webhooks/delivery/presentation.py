"""Rows as the API shows them (API contract, Shapes)."""

from datetime import datetime
from typing import Any

from webhooks.delivery.models import Attempt, Delivery, DeliveryStatus, Subscription
from webhooks.delivery.privacy import moment
from webhooks.delivery.sealing import header_names


def subscription(row: Subscription) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name or None,
        "url": row.url,
        "eventTypes": row.event_types,
        "status": row.status,
        "disabledReason": row.disabled_reason or None,
        "include": {
            "customer": row.include_customer,
            "location": row.include_location,
            "contact": row.include_contact,
            "contactDetails": row.include_contact_details,
            "reportSummary": row.include_report_summary,
            "billingDetails": row.include_billing_details,
        },
        "conditions": row.conditions,
        "payloadVersion": row.payload_version,
        "timeoutSeconds": row.timeout_seconds,
        "maxInFlight": row.max_in_flight,
        "headers": header_names(row.headers),
        "verdict": row.verdict,
        "createdAtUtc": moment(row.created_at),
    }


def delivery(row: Delivery) -> dict[str, Any]:
    """Its event should be loaded. While a sender has it, no time of a next attempt is known."""
    is_waiting = row.status == DeliveryStatus.PENDING and row.claim is None
    return {
        "id": row.pk,
        "eventId": row.event.event_id,
        "eventType": row.event_type,
        "subscriptionId": row.subscription_id,
        "status": row.status,
        "attemptCount": row.attempt_count,
        "nextAttemptAtUtc": _moment(row.due_at) if is_waiting else None,
        "deliveredAtUtc": _moment(row.delivered_at),
        "createdAtUtc": moment(row.created_at),
    }


def delivery_with_attempts(row: Delivery) -> dict[str, Any]:
    return delivery(row) | {"attempts": [attempt(each) for each in row.attempts.order_by("number")]}


def attempt(row: Attempt) -> dict[str, Any]:
    return {
        "number": row.number,
        "startedAtUtc": moment(row.started_at),
        "durationMs": row.duration_ms,
        "statusCode": row.status_code,
        "errorCode": row.error_code or None,
        "errorMessage": row.error_message or None,
        "responseExcerpt": row.response_excerpt or None,
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)
