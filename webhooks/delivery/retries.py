"""What becomes of a delivery after an attempt: delivered, tried again and when, or given up.

Pure: what the attempt was like goes in, a decision comes out. Source: API contract, Webhooks.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Seconds before each further attempt: the eighth and last is made some 28 hours after the first.
SCHEDULE = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 36_000.0)
# A share of that, up or down, so that what failed together does not come back together.
JITTER = 0.2
# Of a receiver that asks for more, this much is granted.
LONGEST_RETRY_AFTER = 24 * 3600.0
# Attempts that come sooner than planned because the receiver asked for it, and take none of the schedule's: one that
# lets in a few a second must not use them all up within seconds, nor be asked for ever.
EXTRA_ATTEMPTS = 50
# The receiver says that it will never take an event again.
GONE = 410
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Delivered:
    """It arrived."""


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt.

    Attributes:
        seconds: from now on.
        reason: of Delivery.due_reason, "retry" or "retry_after".
        is_extra: it takes none of the schedule's.
    """

    seconds: float
    reason: str = "retry"
    is_extra: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """No further attempt, until it is sent again by hand or replayed."""


Outcome = Delivered | Again | GivenUp


def outcome(
    status_code: int | None,
    *,
    retries: int,
    attempts: int = 0,
    retry_after: str = "",
    now: datetime,
    jitter: Callable[[], float] = random.random,
) -> Outcome:
    """What becomes of a delivery.

    Args:
        status_code: of the answer; None where none came.
        retries: how many of the schedule there were before this attempt, 0 at the first.
        attempts: all that there were before it.
        retry_after: the header, as it came; heard of a 429 and a 503.
        now: against which a date in it counts.
        jitter: gives a number from 0 to 1.
    """
    if status_code is not None and 200 <= status_code < 300:
        return Delivered()
    if status_code == GONE or retries >= len(SCHEDULE):
        return GivenUp()
    planned = SCHEDULE[retries] * (1 - JITTER + 2 * JITTER * jitter())
    asked = seconds_asked(retry_after, now=now) if status_code in _BUSY else None
    # A time that is over says nothing of when. What is asked for gets no jitter, so it is never sooner.
    if not asked:
        return Again(planned)
    is_extra = asked < planned and attempts - retries < EXTRA_ATTEMPTS
    return Again(min(asked, LONGEST_RETRY_AFTER), "retry_after", is_extra=is_extra)


def seconds_asked(header: str, *, now: datetime) -> float | None:
    """Seconds of a `Retry-After` (RFC 9110, 10.2.3): a number, or a date; None where it is neither."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        # A number of a hundred digits is one that nobody waits for.
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # "-0000" gives a moment without a zone; HTTP knows UTC alone.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
