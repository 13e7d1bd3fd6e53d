"""Replaying the events of a period: first the number of what would be sent, then the sending."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from webhooks.delivery.conditions import matches
from webhooks.delivery.models import Subscription, SubscriptionStatus
from webhooks.delivery.notices import last_end, offered_since
from webhooks.events.catalogue import WEBHOOK_TEST, types_of
from webhooks.events.models import Event

# Counted so far and no further: the page says "10,000 or more".
MOST_COUNTED = 10_000
_SHAPE = "%Y-%m-%dT%H:%M"


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of times: it needs no script."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format=_SHAPE)


class ReplayForm(forms.Form):
    """The period, in the tenant's time zone."""

    since = forms.DateTimeField(
        label=_("Since"), input_formats=[_SHAPE, "%Y-%m-%dT%H:%M:%S"], widget=MomentInput
    )
    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        input_formats=[_SHAPE, "%Y-%m-%dT%H:%M:%S"],
        help_text=_("Empty: until now."),
        widget=MomentInput,
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", now("The end lies after the beginning."))
        return cleaned


def quick_periods(*, at: datetime) -> list[dict[str, str]]:
    """The periods that are asked for most, up to a time."""
    spans = (
        (now("the last hour"), timedelta(hours=1)),
        (now("the last day"), timedelta(days=1)),
        (now("the last 7 days"), timedelta(days=7)),
    )
    return [{"label": label, "query": period({"since": at - span})} for label, span in spans]


def matching(subscription: Subscription, *, since: datetime, until: datetime | None = None) -> int:
    """How many events of a period a replay would send; at most MOST_COUNTED."""
    types = set(types_of(subscription.event_types)) - {WEBHOOK_TEST}
    events = Event.objects.filter(tenant_id=subscription.tenant_id, type__in=types, occurred_at__gte=since)
    if until is not None:
        events = events.filter(occurred_at__lt=until)
    if not subscription.conditions:
        return events.order_by()[:MOST_COUNTED].count()
    found = 0
    for event in events.order_by("-id").iterator(chunk_size=500):
        found += matches(subscription, event)
        if found == MOST_COUNTED:
            break
    return found


def period(values: Mapping[str, Any]) -> str:
    """The address of the page of a period, after its `?`."""
    local = {name: timezone.localtime(at).strftime(_SHAPE) for name, at in values.items() if at}
    return urlencode(local)


def first_failure(subscription: Subscription) -> datetime | None:
    """When the failures began that disabled it: what a replay would bring back.

    None where it was not disabled, is not tested since, or its events were replayed.
    """
    if subscription.status == SubscriptionStatus.DISABLED or not (subscription.verdict or {}).get("ok"):
        return None
    end = last_end(subscription)
    return None if end is None or end.facts.get("replayed") else offered_since(end)
