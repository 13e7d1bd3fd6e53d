"""What a planned target is worth."""

import itertools

import pytest

from routing.planning.problem import PRIORITIES
from routing.planning.value import prize
from tests.routing.planning.days import job

BEST = {
    "expected_revenue": 1e12,
    "close_probability": 100.0,
    "customer_tier": "Platinum",
    "overdue_days": 1000,
}


@pytest.mark.parametrize(("lower", "higher"), list(itertools.pairwise(PRIORITIES)))
def test_nothing_lifts_a_target_over_the_next_priority(lower: str, higher: str) -> None:
    assert prize(job(1, priority=lower, **BEST)) < prize(job(1, priority=higher))


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({}, {"expected_revenue": 100}),
        ({"expected_revenue": 100}, {"expected_revenue": 1_000}),
        ({"expected_revenue": 1_000, "close_probability": 10}, {"expected_revenue": 1_000}),
        ({}, {"customer_tier": " GOLD "}),
        ({"customer_tier": "Silver"}, {"customer_tier": "Gold"}),
        ({}, {"overdue_days": 1}),
        ({"overdue_days": 1}, {"overdue_days": 2}),
    ],
)
def test_among_equals_business_and_being_overdue_decide(
    less: dict[str, object], more: dict[str, object]
) -> None:
    assert prize(job(1, **less)) < prize(job(1, **more))


@pytest.mark.parametrize(
    "nothing",
    [
        {"expected_revenue": -5},
        {"expected_revenue": 0},
        {"close_probability": 100},
        {"customer_tier": "Unheard-of"},
        {"expected_revenue": 100, "close_probability": 0},
    ],
)
def test_what_says_nothing_is_worth_nothing(nothing: dict[str, object]) -> None:
    assert prize(job(1, **nothing)) == prize(job(1))
