"""What attempts mean for their subscription: its row of failures, breaker, end, notices, and the verdict of a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now

from webhooks.delivery import notices
from webhooks.delivery.breaker import Attempted, Change, Health, after
from webhooks.delivery.models import NoticeKind, Subscription, SubscriptionStatus
from webhooks.delivery.network import Exchange
from webhooks.delivery.verdict import verdict_of

log = structlog.get_logger(__name__)

# How exact the time of the last success is: each success would write the row of its subscription otherwise.
LAST_SUCCESS = timedelta(seconds=10)

_OVER = (NoticeKind.FAILING, NoticeKind.WILL_BE_DISABLED, NoticeKind.BREAKER_OPEN)


@dataclass(frozen=True, slots=True)
class Observed:
    """Attempts of one subscription, in the order in which they ended.

    Attributes:
        test: the last exchange of a `webhook.test`, for the verdict.
    """

    attempts: Sequence[Attempted] = ()
    test: Exchange | None = None


@transaction.atomic
def record(observed: Mapping[int, Observed], *, now: datetime | None = None) -> None:
    """Change subscriptions by what was observed, by id.

    Their rows are locked in the order of their ids: several senders may observe the same ones. The time is the
    database's, as everywhere where something is due.
    """
    rows = Subscription.objects.filter(pk__in=observed).order_by("pk").annotate(database_time=Now())
    for subscription in rows.select_for_update(no_key=True):
        _record(subscription, observed[subscription.pk], at=now or subscription.database_time)


def _record(subscription: Subscription, observed: Observed, *, at: datetime) -> None:
    # What came from an address that it has no more says nothing of the present one.
    attempts = [each for each in observed.attempts if each.url in ("", subscription.url)]
    if not attempts:
        return
    before = health_of(subscription)
    change = after(before, attempts, now=at)
    new = _columns(change.health)
    if change.health.is_disabled and not before.is_disabled:
        new |= {"status": SubscriptionStatus.DISABLED, "disabled_reason": change.health.disabled_reason}
    if any(attempt.is_delivered for attempt in attempts):
        new["last_success_at"] = at
    if observed.test is not None:
        new["verdict"] = verdict_of(observed.test, at=at)
    for name, value in new.items():
        setattr(subscription, name, value)
    subscription.save(update_fields=list(new))
    _tell(subscription, change, at=at)


def health_of(subscription: Subscription) -> Health:
    """The state that the subscription keeps."""
    return Health(
        is_disabled=subscription.status == SubscriptionStatus.DISABLED,
        disabled_reason=subscription.disabled_reason,
        failing_since=subscription.failing_since,
        consecutive_failures=subscription.consecutive_failures,
        breaker_opened_at=subscription.breaker_opened_at,
        breaker_until=subscription.breaker_until,
        last_error=subscription.last_error,
    )


def _columns(health: Health) -> dict[str, Any]:
    return {
        "failing_since": health.failing_since,
        "consecutive_failures": health.consecutive_failures,
        "breaker_opened_at": health.breaker_opened_at,
        "breaker_until": health.breaker_until,
        "last_error": health.last_error,
    }


def _tell(subscription: Subscription, change: Change, *, at: datetime) -> None:
    facts = notices.failure_facts(subscription)
    for told in change.told:
        if told == "recovered":
            notices.end_notices(subscription, _OVER, at=at)
            log.info("webhook_endpoint_recovered", subscription_id=subscription.pk)
        elif told == "breaker_open":
            notices.open_notice(subscription, NoticeKind.BREAKER_OPEN, facts=facts, at=at)
        else:
            reason = subscription.disabled_reason
            notices.open_notice(subscription, NoticeKind.DISABLED, facts=facts | {"reason": reason}, at=at)


def needs_record(subscription: Subscription, *, at: datetime) -> bool:
    """Whether a mere success changes something of it."""
    last = subscription.last_success_at
    # A success of a later time is from before the clock was set back.
    return not health_of(subscription).is_sound or last is None or abs(at - last) >= LAST_SUCCESS
