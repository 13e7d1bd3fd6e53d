"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from webhooks.delivery.retries import Again, Delivered, GivenUp, outcome, seconds_asked

NOW = datetime(2026, 6, 18, 12, tzinfo=UTC)
MIDDLE = 0.5  # Of the jitter: exactly the schedule.


def test_the_schedule_of_the_contract() -> None:
    planned = [outcome(500, retries=retries, now=NOW, jitter=lambda: MIDDLE) for retries in range(8)]
    assert planned == [
        *(Again(5), Again(5 * 60), Again(30 * 60), Again(2 * 3600), Again(5 * 3600)),
        *(Again(10 * 3600), Again(10 * 3600), GivenUp()),
    ]


@pytest.mark.parametrize(("number", "seconds"), [(0.0, 4.0), (1.0, 6.0)])
def test_the_jitter_is_a_fifth(number: float, seconds: float) -> None:
    assert outcome(None, retries=0, now=NOW, jitter=lambda: number) == Again(pytest.approx(seconds))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Delivered()),
        (299, Delivered()),
        (302, Again(5)),
        (404, Again(5)),
        (410, GivenUp()),
        (None, Again(5)),
    ],
)
def test_what_a_status_means(status: int | None, expected: object) -> None:
    assert outcome(status, retries=0, now=NOW, jitter=lambda: MIDDLE) == expected


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, "120", Again(120, "retry_after")),
        (503, "120", Again(120, "retry_after")),
        (503, format_datetime(NOW + timedelta(minutes=10), usegmt=True), Again(600, "retry_after")),
        (503, "Wed, 18 Jun 2025 12:00:00 GMT", Again(5)),
        # Sooner than planned, too; a time that is over says nothing.
        (429, "1", Again(1, "retry_after", is_extra=True)),
        (503, "3", Again(3, "retry_after", is_extra=True)),
        (
            503,
            format_datetime(NOW + timedelta(seconds=2), usegmt=True),
            Again(2, "retry_after", is_extra=True),
        ),
        (429, "0", Again(5)),
        (503, format_datetime(NOW, usegmt=True), Again(5)),
        (429, "999999", Again(24 * 3600, "retry_after")),
        (429, "9" * 400, Again(24 * 3600, "retry_after")),
        (429, "soon", Again(5)),
        (429, "-5", Again(5)),
        (429, "", Again(5)),
        # Only these two ask.
        (500, "120", Again(5)),
        (301, "120", Again(5)),
    ],
)
def test_retry_after_is_honoured(status: int, header: str, expected: Again) -> None:
    assert outcome(status, retries=0, retry_after=header, now=NOW, jitter=lambda: MIDDLE) == expected


@pytest.mark.parametrize("number", [0.0, 0.5, 1.0])
def test_it_never_comes_sooner_than_asked_for(number: float) -> None:
    for seconds in (1, 4, 5, 6, 7):
        again = outcome(503, retries=0, retry_after=str(seconds), now=NOW, jitter=lambda: number)
        assert isinstance(again, Again)
        assert again.seconds >= seconds


def test_what_is_asked_for_sooner_takes_no_attempt_of_the_schedule_but_not_for_ever() -> None:
    asked = [outcome(429, retries=1, attempts=made, retry_after="9", now=NOW) for made in (50, 51)]
    assert asked == [Again(9, "retry_after", is_extra=True), Again(9, "retry_after")]


def test_retry_after_adds_no_attempt() -> None:
    assert outcome(503, retries=7, retry_after="5", now=NOW) == GivenUp()


def test_a_date_without_a_zone_is_utc() -> None:
    assert seconds_asked("Thu, 18 Jun 2026 12:01:00 -0000", now=NOW) == 60
