"""Whose turn it is: an endpoint that hangs or floods delays no other."""

from uuid import UUID

from webhooks.delivery import turns as module
from webhooks.delivery.claims import Claimed, Wanted
from webhooks.delivery.destinations import Destination
from webhooks.delivery.turns import AHEAD, FIRST_WINDOW, Endpoint, Turns, has_time

MOST = 8


def destination(number: int, *, version: int = 1, max_in_flight: int = MOST) -> Destination:
    return Destination(number, version, f"https://{number}.example/", 15.0, max_in_flight)


def knowing(*numbers: int, max_in_flight: int = MOST) -> Turns:
    """Turns that were just woken."""
    turns = Turns()
    turns.know({number: destination(number, max_in_flight=max_in_flight) for number in numbers})
    turns.wake()
    return turns


def delivery(subscription_id: int, number: int = 1) -> Claimed:
    return Claimed(number, subscription_id, 1, "evt_1", "target.imported", 0, 0, 1, b"{}", UUID(int=1))


def claim(turns: Turns, **there: int) -> list[Wanted]:
    """One claim, where so many are due: `claim(turns, s1=3)`."""
    wanted = turns.wanted()
    due = {int(name[1:]): count for name, count in there.items()}
    found = [
        delivery(each.subscription_id)
        for each in wanted
        for _ in range(min(each.room, due.get(each.subscription_id, 0)))
    ]
    turns.took(wanted, found, now=0.0)
    return wanted


def send_all(turns: Turns) -> list[Endpoint]:
    sent = []
    while (turn := turns.next()) is not None:
        sent.append(turn[0])
    return sent


def test_a_new_endpoint_begins_with_a_small_window() -> None:
    assert claim(knowing(1)) == [Wanted(1, FIRST_WINDOW)]


def test_a_bound_below_that_is_kept() -> None:
    assert claim(knowing(1, max_in_flight=1)) == [Wanted(1, 1)]


def test_nothing_is_claimed_of_whom_nobody_woke() -> None:
    turns = knowing(1, 2)
    claim(turns)
    assert turns.wanted() == []
    assert turns.wake([2]) == set()
    assert [each.subscription_id for each in turns.wanted()] == [2]


def test_unknown_subscriptions_are_told() -> None:
    assert knowing(1).wake([1, 7]) == {7}


def test_who_got_all_that_was_asked_for_may_have_more() -> None:
    turns = knowing(1)
    claim(turns, s1=100)
    (sent, *_) = send_all(turns)
    assert turns.wanted() == []  # No room.
    assert turns.done(sent, is_delivered=True)
    assert [each.subscription_id for each in turns.wanted()] == [1]


def test_the_window_opens_with_success_up_to_the_bound_and_closes_with_a_failure() -> None:
    endpoint = Endpoint(destination(1))
    windows = []
    for is_delivered in (True, True, True, False, True):
        endpoint.learn(is_delivered=is_delivered)
        windows.append(endpoint.window)
    assert windows == [8, 8, 8, 1, 2]


def test_only_who_keeps_up_is_claimed_ahead_for() -> None:
    endpoint = Endpoint(destination(1))
    assert endpoint.room == FIRST_WINDOW
    endpoint.learn(is_delivered=True)
    assert endpoint.room == MOST * (1 + AHEAD)
    endpoint.learn(is_delivered=False)
    assert endpoint.room == 1


def test_what_others_want_too_is_not_claimed_ahead() -> None:
    turns = knowing(1)
    turns.share(True)
    turns.know({2: destination(2)})
    for number in (1, 2):
        endpoint = turns.endpoint(number)
        assert endpoint is not None
        endpoint.learn(is_delivered=True)
        assert endpoint.room == MOST
    turns.share(False)
    assert endpoint.room == MOST * (1 + AHEAD)


def test_never_more_under_way_than_the_window() -> None:
    turns = knowing(1)
    claim(turns, s1=100)
    endpoint = send_all(turns)[0]
    assert endpoint.under_way == FIRST_WINDOW
    turns.done(endpoint, is_delivered=True)
    claim(turns, s1=100)
    send_all(turns)
    assert endpoint.under_way == MOST
    assert len(endpoint.waiting) > 0


def test_endpoints_take_turns() -> None:
    turns = knowing(1, 2, 3)
    claim(turns, s1=4, s2=4, s3=2)
    assert [each.id for each in send_all(turns)] == [1, 2, 3, 1, 2, 3, 1, 2, 1, 2]


def test_one_that_hangs_holds_its_window_and_no_more() -> None:
    turns = knowing(1, 2)
    claim(turns, s1=100, s2=100)
    send_all(turns)
    healthy = turns.endpoint(2)
    assert healthy is not None
    for _ in range(50):
        turns.done(healthy, is_delivered=True)
        turns.wake()
        claim(turns, s1=100, s2=100)
        send_all(turns)
    hanging = turns.endpoint(1)
    assert hanging is not None
    assert hanging.under_way == FIRST_WINDOW
    assert healthy.under_way == MOST


def test_a_probe_is_one_delivery() -> None:
    turns = knowing(1)
    claim(turns)
    turns.let_through([1, 99])
    assert claim(turns, s1=1) == [Wanted(1, 1, is_probe=True)]
    assert turns.wanted() == []


def test_what_is_held_is_bounded() -> None:
    turns = knowing(*range(1, module.MOST_HELD))
    assert sum(each.room for each in turns.wanted()) <= module.MOST_HELD


def test_what_was_not_sent_is_let_go() -> None:
    turns = knowing(1, 2)
    claim(turns, s1=4, s2=4)
    turns.next()
    assert len(turns.give_up_waiting()) == 7
    assert send_all(turns) == []


def test_subscriptions_that_are_gone_are_forgotten() -> None:
    turns = knowing(1, 2)
    claim(turns, s1=1)
    send_all(turns)
    turns.forget_all_but([])
    # It still has a request under way.
    assert turns.endpoint(1) is not None
    assert turns.endpoint(2) is None
    turns.wake()
    assert [each.subscription_id for each in turns.wanted()] == [1]


def test_a_change_is_taken_over() -> None:
    turns = knowing(1)
    turns.know({1: destination(1, version=2, max_in_flight=2)})
    assert [each.room for each in turns.wanted()] == [2]


def test_nothing_is_begun_that_could_outlast_its_lease() -> None:
    assert has_time(100.0, destination(1), now=60.0)
    assert not has_time(100.0, destination(1), now=75.0)
