"""What a planned target is worth, in points: the one number that decides what is left out when time is short.

A priority is worth three of the next lower one. Business value and being overdue order the targets of one priority:
together they less than triple a value, so one target never gives way to one other of lower priority. Several of them
may outweigh it, where they fit into the time that it would take.
"""

from routing.planning.problem import Job

BASE = {"Low": 100, "Normal": 300, "High": 900, "Urgent": 2_700}

# Shares of the base. The sum of what can be added stays below 2: see the module.
REVENUE_SHARE = 0.6
TIER_SHARE = 0.3
OVERDUE_SHARE = 0.3
OVERDUE_SHARE_A_DAY = 0.05
OVERDUE_DAYS_THAT_COUNT = 14

# Expected revenue that brings half of its share: ten times as much cannot bring ten times the points.
HALF_REVENUE = 1_000.0

# As systems name their best customers; what is not listed brings nothing.
TIERS = {
    **dict.fromkeys(("a", "gold", "platinum", "premium", "vip", "key", "strategic", "1"), 1.0),
    **dict.fromkeys(("b", "silver", "2"), 0.5),
}


def prize(job: Job) -> int:
    """The points that a plan collects with this job, at least 1."""
    shares = 1 + _revenue(job) + _tier(job) + _overdue(job)
    return max(1, round(BASE.get(job.priority, BASE["Normal"]) * shares))


def _revenue(job: Job) -> float:
    """What may be earned, weighted by its probability (unknown counts as certain)."""
    if job.expected_revenue is None or job.expected_revenue <= 0:
        return 0.0
    probability = 1.0 if job.close_probability is None else min(max(job.close_probability, 0), 100) / 100
    expected = job.expected_revenue * probability
    return REVENUE_SHARE * expected / (expected + HALF_REVENUE)


def _tier(job: Job) -> float:
    return TIER_SHARE * TIERS.get(job.customer_tier.strip().casefold(), 0.0)


def _overdue(job: Job) -> float:
    if job.overdue_days <= 0:
        return 0.0
    return OVERDUE_SHARE + OVERDUE_SHARE_A_DAY * min(job.overdue_days, OVERDUE_DAYS_THAT_COUNT)
