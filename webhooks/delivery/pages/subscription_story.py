"""What the page of a subscription shows, as plain data."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordinavo_connect.clients.admin_lists import moment
from ordinavo_connect.clients.models import IntegrationClient
from webhooks.delivery import figures
from webhooks.delivery.conditions import Condition
from webhooks.delivery.figures import Backlog, Traffic
from webhooks.delivery.models import Delivery, Notice, NoticeKind, Subscription
from webhooks.delivery.notices import sentence
from webhooks.delivery.pages import states
from webhooks.delivery.pages.marks import GOOD, TONES, WARN, badge, clock, fresh, pretty, state
from webhooks.delivery.pages.replays import first_failure, period
from webhooks.delivery.pages.subscription_form import SWITCHES
from webhooks.delivery.previews import preview
from webhooks.delivery.privacy import profile_of, render
from webhooks.delivery.samples import sample_event
from webhooks.delivery.sealing import header_names
from webhooks.events.catalogue import EVERYTHING, TYPES, WEBHOOK_TEST, types_of
from webhooks.events.models import Event

# A bar with anything in it is never lower, in percent.
_LEAST_HEIGHT = 3
# A page of a subscription that is being tested is loaded anew every two seconds, for this long.
WATCHED = timedelta(seconds=30)
_PHASE_NAMES = {"dns": "DNS", "connect": "connect", "tls": "TLS", "firstByte": "first byte"}


def story(subscription: Subscription, *, example_of: str = "") -> dict[str, Any]:
    """All of the page but who may do what.

    Args:
        example_of: the event type of which an example is shown; '': of the newest event that matches.
    """
    traffic = figures.traffic([subscription.pk]).get(subscription.pk, Traffic())
    backlog = figures.backlogs([subscription.pk]).get(subscription.pk, Backlog())
    offer = first_failure(subscription)
    return {
        "subscription": subscription,
        "state": states.endpoint(subscription, traffic, backlog),
        "api_status": state(subscription.status, subscription.get_status_display()),
        "traffic": traffic,
        "success": None if traffic.success is None else states.percent(traffic.success),
        "waiting": states.count(backlog),
        "oldest": moment(backlog.oldest, "") if backlog.count else "",
        "last_success": moment(subscription.last_success_at, _("never")),
        "strip": [_tick(each) for each in figures.newest(subscription.pk)],
        "chart": _chart(traffic),
        "busiest": max((hour.total for hour in traffic.hours), default=0),
        "types": _types(subscription),
        "conditions": [_condition(each) for each in subscription.conditions],
        "switches": [
            {"label": label, "sentence": said, "is_on": getattr(subscription, name)}
            for name, (label, said) in SWITCHES.items()
        ],
        "headers": header_names(subscription.headers),
        "example": _example(subscription, example_of),
        "verdict": _verdict(subscription),
        "old_secret_ends": _old_secret(subscription),
        "is_being_tested": _is_being_tested(subscription),
        "is_foreign": not _has_client(subscription),
        "notices": _notices(subscription),
        "offer": {"since": clock(offer), "query": period({"since": offer})} if offer else None,
    }


def _tick(delivery: Delivery) -> dict[str, Any]:
    attempts = ngettext("%(n)d attempt", "%(n)d attempts", delivery.attempt_count)
    said = (
        *(delivery.get_status_display(), attempts % {"n": delivery.attempt_count}),
        clock(delivery.created_at),
    )
    return {
        "value": delivery.status,
        "tone": TONES[delivery.status],
        "title": f"{delivery.event_type}: {', '.join(map(str, said))}",
        "link": reverse("admin:delivery_delivery_change", args=[delivery.pk]),
    }


def _chart(traffic: Traffic) -> list[dict[str, Any]]:
    """A bar for each of the last 24 hours, the height in percent of the busiest; none where nothing was sent."""
    if not traffic.hours:
        return []
    end = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    by_hour = {hour.at.astimezone(UTC): hour for hour in traffic.hours}
    highest = max(hour.total for hour in traffic.hours)
    return [_bar(end - timedelta(hours=ago), by_hour, highest) for ago in reversed(range(figures.HOURS))]


def _bar(at: datetime, by_hour: dict[datetime, figures.Hour], highest: int) -> dict[str, Any]:
    hour = by_hour.get(at)
    local = timezone.localtime(at)
    title = _("%(hour)s: nothing") % {"hour": f"{local:%H}:00"}
    if hour is not None:
        title = _("%(hour)s: %(delivered)d delivered, %(failed)d failed, p95 %(p95)d ms") % {
            "hour": f"{local:%H}:00",
            "delivered": hour.delivered,
            "failed": hour.failed,
            "p95": hour.p95_ms,
        }
    return {
        "title": title,
        "short": f"{local:%H}",
        "height": max(100 * hour.total / highest, _LEAST_HEIGHT) if hour else 0,
        "delivered": hour.delivered if hour else 0,
        "failed": hour.failed if hour else 0,
    }


def _types(subscription: Subscription) -> list[dict[str, Any]]:
    """The patterns, each with the types that it means."""
    return [{"name": pattern, "means": _means(pattern)} for pattern in subscription.event_types]


def _means(pattern: str) -> str:
    if pattern == EVERYTHING:
        return _("every event, those of later versions too")
    return "" if pattern in TYPES else ", ".join(_but_test(pattern))


def _but_test(pattern: str) -> list[str]:
    return [name for name in types_of([pattern]) if name != WEBHOOK_TEST]


def _condition(condition: Condition) -> dict[str, str]:
    wanted = _(" or ").join(states.said(value) for value in condition["anyOf"])
    return {"field": condition["field"], "wanted": wanted}


def _example(subscription: Subscription, wanted: str) -> dict[str, Any]:
    """A body as it would be sent: of the newest event that matches, or of a sample."""
    types = [name for name in types_of(subscription.event_types) if name != WEBHOOK_TEST] or [WEBHOOK_TEST]
    found = None if wanted in types else example_event(subscription)
    is_sample = found is None
    event = found or sample_of(wanted if wanted in types else types[0], subscription)
    return {
        "type": event.type,
        "types": types,
        "is_sample": is_sample,
        "is_asked": wanted in types,
        "at": "" if is_sample else moment(event.occurred_at),
        "event_id": "" if is_sample else event.event_id,
        "body": pretty(render(event, profile_of(subscription))),
    }


def example_event(subscription: Subscription) -> Event | None:
    """The newest event that a subscription, saved or not, would get."""
    found = preview(
        subscription.tenant_id,
        event_types=subscription.event_types,
        conditions=subscription.conditions,
        source_system=subscription.source_system,
    ).matching
    return found[0] if found else None


def sample_of(event_type: str, subscription: Subscription) -> Event:
    """A made-up event of a type, of the subscription's tenant."""
    event = sample_event(event_type, source_system=subscription.source_system)
    event.tenant = subscription.tenant
    return event


def _verdict(subscription: Subscription) -> dict[str, Any] | None:
    found = subscription.verdict
    if not found:
        return None
    return {
        "badge": badge(GOOD, _("works")) if found["ok"] else badge(WARN, _("does not work")),
        "message": found["message"],
        "at": moment(datetime.fromisoformat(found["checkedAtUtc"])),
        "phases": [
            {"name": _PHASE_NAMES.get(each["name"], each["name"]), "ok": each["ok"], "ms": each["durationMs"]}
            for each in found["phases"]
        ],
    }


def _old_secret(subscription: Subscription) -> Any:
    until = subscription.previous_secret_until
    return moment(until) if subscription.previous_secret and until and until > timezone.now() else None


def _is_being_tested(subscription: Subscription) -> bool:
    """Whether its first verdict is about to come: the page looks again by itself, for a short while."""
    return subscription.verdict is None and timezone.now() - subscription.updated_at < WATCHED


def _has_client(subscription: Subscription) -> bool:
    """Whether an Integration Client has its source system; else nothing has an external ID of it."""
    clients = IntegrationClient.objects.filter(tenant=subscription.tenant_id)
    return clients.filter(source_system=subscription.source_system).exists()


def _notices(subscription: Subscription) -> list[dict[str, Any]]:
    """Those that say more than the state does, which stands below them and is newer."""
    rows = Notice.objects.filter(subscription=subscription, ended_at=None).order_by("-id")
    rows = rows.exclude(kind=NoticeKind.DISABLED)
    if subscription.breaker_opened_at is not None:
        rows = rows.exclude(kind__in=[NoticeKind.BREAKER_OPEN, NoticeKind.FAILING])
    return [
        {"title": str(row), "text": sentence(row, time_of=fresh), "at": moment(row.created_at)}
        for row in rows
    ]
