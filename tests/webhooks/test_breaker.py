"""What follows from how an endpoint is doing."""

from datetime import UTC, datetime, timedelta

import pytest

from webhooks.delivery.breaker import (
    DISABLED_AFTER,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    OPENS_AFTER,
    Attempted,
    Health,
    after,
    warnings_due,
)

NOW = datetime(2026, 6, 18, 12, tzinfo=UTC)
FAILURE = Attempted("The endpoint answered 500 Internal Server Error.")
SUCCESS = Attempted()


def failed(times: int, *, now: datetime = NOW, health: Health | None = None) -> Health:
    return after(health or Health(), [FAILURE] * times, now=now).health


def test_a_failure_is_noted() -> None:
    health = failed(1)
    assert (health.failing_since, health.consecutive_failures) == (NOW, 1)
    assert health.last_error == FAILURE.error
    assert health.breaker_until is None


def test_the_row_begins_with_its_first_failure() -> None:
    assert failed(1, now=NOW + timedelta(hours=3), health=failed(1)).failing_since == NOW


def test_the_breaker_opens_after_a_row_of_failures() -> None:
    assert failed(OPENS_AFTER - 1).breaker_until is None
    change = after(Health(), [FAILURE] * OPENS_AFTER, now=NOW)
    assert change.health.breaker_until == NOW + FIRST_PAUSE
    assert change.told == ("breaker_open",)


def test_a_success_between_keeps_it_closed() -> None:
    attempts = [FAILURE] * (OPENS_AFTER - 1) + [SUCCESS] + [FAILURE] * (OPENS_AFTER - 1)
    assert after(Health(), attempts, now=NOW).health.breaker_until is None


def test_a_success_ends_it_all() -> None:
    change = after(failed(OPENS_AFTER + 3), [SUCCESS], now=NOW)
    assert change.health == Health()
    assert change.told == ("recovered",)


def test_a_success_of_a_sound_endpoint_is_nothing_to_tell() -> None:
    assert after(Health(), [SUCCESS, SUCCESS], now=NOW).told == ()


def test_each_pause_is_longer_up_to_a_bound() -> None:
    health, now, pauses = failed(OPENS_AFTER), NOW, []
    for _ in range(8):
        assert health.breaker_until is not None
        pauses.append(health.breaker_until - now)
        now = health.breaker_until
        health = failed(1, now=now, health=health)
    assert pauses == sorted(pauses)
    assert pauses[0] == FIRST_PAUSE
    assert pauses[-1] == LONGEST_PAUSE


def test_what_was_under_way_when_it_opened_does_not_prolong_it() -> None:
    opened = failed(OPENS_AFTER)
    late = after(
        opened, [Attempted("No answer came within 15 s.", seconds=15)], now=NOW + timedelta(seconds=10)
    )
    assert late.health.breaker_until == opened.breaker_until


def test_410_disables_at_once() -> None:
    change = after(Health(), [Attempted("The endpoint answered 410 Gone.", is_gone=True)], now=NOW)
    assert change.health.is_disabled
    assert "410" in change.health.disabled_reason
    assert change.told == ("endpoint_disabled",)


def test_five_days_of_nothing_but_failures_disable() -> None:
    health = failed(1)
    assert not failed(1, now=NOW + DISABLED_AFTER - timedelta(seconds=1), health=health).is_disabled
    ended = failed(1, now=NOW + DISABLED_AFTER, health=health)
    assert ended.is_disabled
    assert "5 days" in ended.disabled_reason
    assert FAILURE.error in ended.disabled_reason


def test_one_success_in_five_days_is_enough() -> None:
    health = after(failed(9), [SUCCESS, FAILURE], now=NOW + timedelta(days=4)).health
    assert not failed(1, now=NOW + timedelta(days=6), health=health).is_disabled


def test_one_that_is_disabled_is_not_disabled_again() -> None:
    disabled = failed(1, now=NOW + DISABLED_AFTER, health=failed(1))
    assert after(disabled, [FAILURE], now=NOW + DISABLED_AFTER).told == ()


def test_a_success_by_hand_does_not_enable() -> None:
    disabled = failed(1, now=NOW + DISABLED_AFTER, health=failed(1))
    assert after(disabled, [SUCCESS], now=NOW).health.is_disabled


@pytest.mark.parametrize(("days", "warnings"), [(0, 0), (2.49, 0), (2.5, 1), (4.49, 1), (4.5, 2), (9, 2)])
def test_people_are_warned_at_half_and_at_nine_tenths(days: float, warnings: int) -> None:
    assert warnings_due(NOW, now=NOW + timedelta(days=days)) == warnings


def test_nobody_is_warned_of_a_sound_endpoint() -> None:
    assert warnings_due(None, now=NOW) == 0
