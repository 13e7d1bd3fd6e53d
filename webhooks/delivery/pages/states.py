"""How an endpoint is doing, and why things are as they are, in words. Pure: rows and figures in, sentences out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webhooks.delivery.conditions import Mismatch
from webhooks.delivery.figures import MOST_WAITING, Backlog, Traffic
from webhooks.delivery.models import Delivery, DeliveryStatus, Subscription, SubscriptionStatus
from webhooks.delivery.pages.marks import BAD, GOOD, QUIET, WARN, Tone, clock
from webhooks.delivery.retries import SCHEDULE
from webhooks.events.catalogue import WEBHOOK_TEST
from webhooks.events.models import Event

# So many failures in a row are no accident; a share of successes, in percent, below which something is wrong.
FAILING = 3
SOUND = 95.0


@dataclass(frozen=True, slots=True)
class Told:
    """A state: a name in a colour, and a sentence."""

    tone: Tone
    label: str
    sentence: str = ""


def endpoint(subscription: Subscription, traffic: Traffic, backlog: Backlog) -> Told:
    """The state of a subscription, as its page begins."""
    if subscription.status == SubscriptionStatus.DISABLED:
        reason = subscription.disabled_reason or _("Its events are not queued.")
        return Told(BAD, _("Disabled"), reason)
    if subscription.status == SubscriptionStatus.PAUSED:
        return Told(WARN, _("Paused"), waiting(backlog) or _("No event waits."))
    if subscription.breaker_opened_at is not None:
        return Told(BAD, _("Held back by the breaker"), _breaker(subscription))
    if _is_failing(subscription, traffic):
        since = subscription.failing_since or subscription.updated_at
        said = _("Since %(time)s: %(error)s") % {"time": clock(since), "error": subscription.last_error}
        return Told(WARN, _("Failing"), said)
    if traffic.total:
        return Told(GOOD if (traffic.success or 0) >= SOUND else WARN, _("Delivering"), rate(traffic))
    if subscription.verdict is None:
        return Told(QUIET, _("Being tested"), _("The sender sends a signed test to it."))
    return Told(GOOD, _("Ready"), _("Nothing was sent in the last 24 h."))


def _is_failing(subscription: Subscription, traffic: Traffic) -> bool:
    """A failure or two among successes are none; but what a test found does not lie in the traffic of before."""
    if not subscription.consecutive_failures:
        return False
    has_failed_test = subscription.verdict is not None and not subscription.verdict["ok"]
    return subscription.consecutive_failures >= FAILING or has_failed_test or not traffic.delivered


def rate(traffic: Traffic) -> str:
    """`99.8 % in the last 24 h, p95 240 ms`."""
    if traffic.success is None:
        return _("Nothing was sent in the last 24 h.")
    return _("%(success)s %% in the last 24 h, p95 %(p95)s ms") % {
        "success": percent(traffic.success),
        "p95": traffic.p95_ms,
    }


def percent(value: float) -> str:
    """`100` only where nothing failed, `0` only where nothing arrived."""
    if 0 < value < 100:
        value = min(max(value, 0.1), 99.9)
    return f"{value:.1f}".removesuffix(".0")


def waiting(backlog: Backlog) -> str:
    """`1,200 events wait, the oldest since 09:12`; '' where none does."""
    if not backlog.count or backlog.oldest is None:
        return ""
    text = ngettext(
        "%(n)s event waits, since %(time)s", "%(n)s events wait, the oldest since %(time)s", backlog.count
    )
    return text % {"n": count(backlog), "time": clock(backlog.oldest)}


def count(backlog: Backlog) -> str:
    return f"{backlog.count:,}{'+' if backlog.count >= MOST_WAITING else ''}"


def _breaker(subscription: Subscription) -> str:
    assert subscription.breaker_opened_at is not None
    said = _("Since %(time)s: %(error)s") % {
        "time": clock(subscription.breaker_opened_at),
        "error": subscription.last_error,
    }
    if subscription.breaker_until is None:
        return said
    return _("%(said)s Next try at %(time)s.") % {"said": said, "time": clock(subscription.breaker_until)}


# Deliveries


def held(delivery: Delivery, *, now: datetime) -> Literal["", "sender", "status", "breaker"]:
    """What keeps a pending delivery, other than the time at which it is due."""
    subscription = delivery.subscription
    if delivery.claim is not None and delivery.due_at is not None and delivery.due_at > now:
        return "sender"
    if not delivery.is_forced and subscription.status != SubscriptionStatus.ACTIVE:
        return "status"
    if delivery.due_reason != "by_hand" and subscription.breaker_until is not None:
        return "breaker"
    return ""


def held_in_brief(delivery: Delivery, *, now: datetime) -> str:
    """The same for a cell of a list; '' where nothing but the time keeps it."""
    return {
        "sender": _("under way"),
        "status": _("subscription is %(status)s")
        % {"status": delivery.subscription.get_status_display().lower()},
        "breaker": _("held by the breaker"),
        "": "",
    }[held(delivery, now=now)]


def next_attempt(delivery: Delivery, *, now: datetime) -> str:
    """When the next attempt is, and why then."""
    if delivery.status == DeliveryStatus.DELIVERED:
        return ""
    if delivery.status == DeliveryStatus.FAILED:
        return _given_up(delivery)
    assert delivery.due_at is not None
    if reason := held(delivery, now=now):
        return _held(delivery, reason)
    if delivery.due_at <= now:
        return _("It is due now: %(why)s.") % {"why": _why(delivery)}
    return _("The next attempt is at %(time)s: %(why)s.") % {
        "time": clock(delivery.due_at),
        "why": _why(delivery),
    }


def _held(delivery: Delivery, reason: str) -> str:
    subscription = delivery.subscription
    if reason == "sender":
        return _("A sender has it: an attempt is under way.")
    if reason == "status":
        return _("It waits: the subscription is %(status)s.") % {
            "status": subscription.get_status_display().lower()
        }
    assert subscription.breaker_until is not None
    return _("It waits for the breaker, which lets one delivery through at %(time)s.") % {
        "time": clock(subscription.breaker_until)
    }


def _why(delivery: Delivery) -> str:
    if delivery.due_reason == "retry" and 0 < delivery.retry_count <= len(SCHEDULE):
        return _("retry %(n)d of %(all)d, %(pause)s after the last attempt, give or take 20 %%") % {
            "n": delivery.retry_count,
            "all": len(SCHEDULE),
            "pause": _pause(SCHEDULE[delivery.retry_count - 1]),
        }
    return {
        "retry_after": _("the receiver asked for this pause with Retry-After"),
        "by_hand": _("somebody sent it again"),
        "replay": _("somebody replayed the events of that time"),
    }.get(delivery.due_reason, _("the first attempt"))


def _pause(seconds: float) -> str:
    if seconds < 60:
        return _("%(n)d s") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)d min") % {"n": seconds // 60}
    return _("%(n)d h") % {"n": seconds // 3600}


def _given_up(delivery: Delivery) -> str:
    attempts = ngettext(
        "It was given up after %(n)d attempt.",
        "It was given up after %(n)d attempts.",
        delivery.attempt_count,
    )
    return attempts % {"n": delivery.attempt_count} + " " + _("Send it again once the receiver is well.")


# Events


def not_sent(
    event: Event, subscription: Subscription, mismatch: Mismatch | None, *, value: Any = None
) -> str:
    """Why a subscription got no delivery of an event."""
    if event.type == WEBHOOK_TEST:
        return _("A test goes to the endpoint that is tested alone.")
    if mismatch is not None and mismatch.condition is None:
        return _("It did not ask for this type; it gets %(types)s.") % {
            "types": ", ".join(subscription.event_types)
        }
    if mismatch is not None and mismatch.condition is not None:
        return _("Its condition does not hold: %(field)s is %(value)s, and not %(wanted)s.") % {
            "field": mismatch.condition["field"],
            "value": _("missing") if value is None else said(value),
            "wanted": _(" or ").join(map(said, mismatch.condition["anyOf"])),
        }
    if event.position is None:
        return _("It was written a moment ago and waits to be fanned out.")
    if event.pk <= subscription.after_event:
        return _("The subscription was made later, at %(time)s. A replay sends it.") % {
            "time": clock(subscription.created_at)
        }
    if subscription.status == SubscriptionStatus.DISABLED:
        return _("The subscription is disabled, and nothing is queued for it. A replay sends it.")
    return _(
        "As the subscription was then, it did not match or was disabled; now it matches. A replay sends it."
    )


def said(value: Any) -> str:
    """A JSON value in a sentence."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"“{value}”" if isinstance(value, str) else str(value)
