"""How an endpoint is doing, and what follows: the breaker that holds deliveries back, warnings, and its end.

Pure: the state of a subscription and the attempts of a while go in, the new state comes out, with what people
should hear of. Source: API contract, Webhooks.

1. After `OPENS_AFTER` failures in a row the breaker opens: nothing is sent for a while, each while twice as long
   as the one before. Then one delivery is let through; its success closes the breaker, its failure opens it again.
2. Failures that began before the breaker opened and end later change nothing of its time.
3. Nothing but failures for `DISABLED_AFTER` disables the subscription; people are warned twice before.
4. `410 Gone` disables it at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

# Failures in a row that are no accident any more.
OPENS_AFTER = 5
# An endpoint that is back gets its deliveries after five minutes at the latest.
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
DISABLED_AFTER = timedelta(days=5)
# Shares of that time after which people are warned.
WARNINGS = (0.5, 0.9)
# Failing for so long is something to be told of.
FAILING_AFTER = timedelta(hours=1)

Told = Literal["breaker_open", "endpoint_disabled", "recovered"]


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt, as far as the endpoint's state depends on it.

    Attributes:
        error: a sentence; empty where it was delivered.
        is_gone: answered with 410.
        seconds: that it took.
        url: where it went; '' counts for any.
    """

    error: str = ""
    is_gone: bool = False
    seconds: float = 0.0
    url: str = ""

    @property
    def is_delivered(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True)
class Health:
    """The state of an endpoint, as its subscription keeps it."""

    is_disabled: bool = False
    disabled_reason: str = ""
    failing_since: datetime | None = None
    consecutive_failures: int = 0
    breaker_opened_at: datetime | None = None
    breaker_until: datetime | None = None
    last_error: str = ""

    @property
    def is_sound(self) -> bool:
        return not self.consecutive_failures and self.failing_since is None and self.breaker_opened_at is None


@dataclass(frozen=True, slots=True)
class Change:
    """The state afterwards, and what people should hear of."""

    health: Health
    told: tuple[Told, ...] = ()


def after(health: Health, attempts: Sequence[Attempted], *, now: datetime) -> Change:
    """The state after some attempts, which ended in this order, the last of them about `now`."""
    told: list[Told] = []
    for attempt in attempts:
        health, heard = _after_one(health, attempt, now=now)
        told += heard
    return Change(health, tuple(told))


def _after_one(health: Health, attempt: Attempted, *, now: datetime) -> tuple[Health, list[Told]]:
    if attempt.is_delivered:
        sound = Health(is_disabled=health.is_disabled, disabled_reason=health.disabled_reason)
        return sound, [] if health.is_sound else ["recovered"]
    failed = replace(
        health,
        failing_since=health.failing_since or now,
        consecutive_failures=health.consecutive_failures + 1,
        last_error=attempt.error[:500],
    )
    if not health.is_disabled and (reason := _reason_to_disable(failed, attempt, now=now)):
        return replace(failed, is_disabled=True, disabled_reason=reason), ["endpoint_disabled"]
    return _opened(failed, attempt, now=now)


def _reason_to_disable(health: Health, attempt: Attempted, *, now: datetime) -> str:
    if attempt.is_gone:
        return "The endpoint answered 410 Gone."
    if health.failing_since is not None and now - health.failing_since >= DISABLED_AFTER:
        return f"Nothing but failures for {DISABLED_AFTER.days} days. {health.last_error}"[:500]
    return ""


def _opened(health: Health, attempt: Attempted, *, now: datetime) -> tuple[Health, list[Told]]:
    if health.breaker_opened_at is None:
        if health.consecutive_failures < OPENS_AFTER:
            return health, []
        return replace(health, breaker_opened_at=now, breaker_until=now + FIRST_PAUSE), ["breaker_open"]
    began = now - timedelta(seconds=attempt.seconds)
    if began < health.breaker_opened_at:
        return health, []
    return replace(health, breaker_until=now + _pause(now - health.breaker_opened_at)), []


def _pause(open_for: timedelta) -> timedelta:
    """As long as it has been open by now: so each pause is about twice the one before."""
    return min(max(open_for, FIRST_PAUSE), LONGEST_PAUSE)


def warnings_due(failing_since: datetime | None, *, now: datetime) -> int:
    """How many of the warnings before the end are due: 0, 1 or 2."""
    if failing_since is None:
        return 0
    return sum(now - failing_since >= DISABLED_AFTER * share for share in WARNINGS)


def disabled_at(failing_since: datetime) -> datetime:
    """When an endpoint that goes on failing is disabled."""
    return failing_since + DISABLED_AFTER
