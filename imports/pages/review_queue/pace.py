"""How many questions are left, and how fast somebody gets through them."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from customers.models import MappingReview
from ordinavo_connect.clients.models import User

# Who decided nothing for so long does something else: the pace is that of this sitting.
SITTING = timedelta(minutes=15)
# A pace of fewer decisions is chance.
LEAST_DECISIONS = 3


def pace_of(user: User, *, left: int) -> dict[str, Any]:
    """How a sitting goes.

    Returns:
        `done` decisions `since` a time (milliseconds since 1970; 0 where none was made), `left` questions, and
        `minutes` that these take at the same pace; None where that is not known yet.
    """
    begin = timezone.now() - SITTING
    decided = MappingReview.objects.filter(decided_by=user, decided_at__gte=begin)
    sums = decided.aggregate(done=Count("pk"), first=Min("decided_at"))
    done, first = sums["done"], sums["first"]
    minutes = None
    if done >= LEAST_DECISIONS:
        minutes = max(1, round(left * (timezone.now() - first).total_seconds() / done / 60))
    since = int(first.timestamp() * 1000) if first else 0
    return {"done": done, "left": left, "minutes": minutes, "since": since, "all": done + left}
