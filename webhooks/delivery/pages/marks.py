"""How states, ids, times and JSON look on the pages of webhooks."""

from datetime import datetime
from typing import Any, Literal

import orjson
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webhooks.delivery.models import DeliveryStatus, SubscriptionStatus

Tone = Literal["oc-good", "oc-warn", "oc-bad", "oc-plain"]
GOOD: Tone = "oc-good"
WARN: Tone = "oc-warn"
BAD: Tone = "oc-bad"
QUIET: Tone = "oc-plain"

TONES: dict[str, Tone] = {
    SubscriptionStatus.ACTIVE: GOOD,
    SubscriptionStatus.PAUSED: WARN,
    SubscriptionStatus.DISABLED: BAD,
    DeliveryStatus.PENDING: WARN,
    DeliveryStatus.DELIVERED: GOOD,
    DeliveryStatus.FAILED: BAD,
}


def badge(tone: Tone, label: Any) -> SafeString:
    """A state: its name, in a colour that is never alone."""
    return format_html('<span class="oc-state {}">{}</span>', tone, label)


def state(value: str, label: Any) -> SafeString:
    """A state of a subscription or a delivery."""
    return badge(TONES.get(value, QUIET), label)


def code(text: str) -> SafeString | str:
    """An id in a fixed-width face."""
    return format_html('<span class="oc-mono oc-id">{}</span>', text) if text else "–"


def clock(at: datetime) -> str:
    """`09:17` today, `2026-07-01 09:17` on another day, in the tenant's zone."""
    local, today = timezone.localtime(at), timezone.localdate()
    return date_format(local, "H:i" if local.date() == today else "Y-m-d H:i")


def fresh(at: datetime) -> str:
    """As `clock`, and how long ago or ahead where that is less than a day: `09:17 (4 minutes ago)`."""
    if abs(timezone.now() - at).days >= 1:
        return clock(at)
    return f"{clock(at)} ({naturaltime(at)})"


def exact(at: datetime) -> str:
    """To the second, in the tenant's zone."""
    return date_format(timezone.localtime(at), "Y-m-d H:i:s")


def pretty(value: Any) -> str:
    """JSON for people."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def pretty_bytes(content: bytes) -> str:
    """A body that was sent, indented."""
    return pretty(orjson.loads(content))
