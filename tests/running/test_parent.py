"""The pauses between two starts. The parent itself is tested with real processes: see test_up."""

from ordinavo_connect.running.parent import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    RECOVERED_AFTER_SECONDS,
    Process,
    _Running,
)


def test_each_pause_is_twice_the_last_up_to_a_bound() -> None:
    running = _Running(Process("web", ["true"]))
    pauses = [running.pause(now=0.0) for _ in range(20)]
    assert pauses[:3] == [FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS, 4 * FIRST_PAUSE_SECONDS]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_a_process_that_ran_for_a_while_starts_over() -> None:
    running = _Running(Process("web", ["true"]), ends=7)
    assert running.pause(now=RECOVERED_AFTER_SECONDS) == FIRST_PAUSE_SECONDS
