"""Whose turn it is: how many deliveries of each endpoint a sender claims, and which one it sends next.

Nothing here waits or talks to anybody. So that an endpoint that hangs delays no other:

1. Each endpoint has a window of requests under way. It begins small, doubles with each success up to the bound of
   the subscription, and falls to one with a failure: a hundred endpoints that hang hold a hundred places.
2. Places are given in turn, one to each endpoint that has something to send.
3. Only an endpoint that takes all it is given gets deliveries claimed ahead; none while other senders share it.
"""

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from webhooks.delivery.claims import LEASE_SECONDS, Claimed, Wanted
from webhooks.delivery.destinations import Destination

# Requests under way in a sender, and deliveries that it holds: bounds of its memory and its open files.
MOST_UNDER_WAY = 2000
MOST_HELD = 6000
# Requests under way to an endpoint of which nothing is known yet.
FIRST_WINDOW = 4
# Deliveries claimed ahead for an endpoint that keeps up, in windows.
AHEAD = 3
# Seconds of a lease that must be left beside the time-out: what it takes to settle.
SETTLING_SECONDS = 15.0


@dataclass(slots=True)
class Endpoint:
    """What a sender knows of a subscription's endpoint.

    Attributes:
        waiting: claimed and not sent yet, with the end of each lease in monotonic seconds.
        records_success: whether the next success has to be recorded.
        is_probe: the next claim lets one delivery through the breaker.
        keeps_up: it takes all that it is given.
        is_shared: other senders want some of its deliveries.
    """

    destination: Destination
    window: int = FIRST_WINDOW
    under_way: int = 0
    waiting: deque[tuple[Claimed, float]] = field(default_factory=deque)
    records_success: bool = True
    is_probe: bool = False
    keeps_up: bool = False
    is_shared: bool = False

    @property
    def id(self) -> int:
        return self.destination.id

    @property
    def most_under_way(self) -> int:
        return min(self.window, self.destination.max_in_flight)

    @property
    def capacity(self) -> int:
        """Deliveries that it is given at a time."""
        if self.keeps_up and not self.is_shared:
            return self.destination.max_in_flight * (1 + AHEAD)
        return self.most_under_way

    @property
    def room(self) -> int:
        return 1 if self.is_probe else self.capacity - self.under_way - len(self.waiting)

    def learn(self, *, is_delivered: bool) -> None:
        """Open the window further, or close it."""
        self.window = min(self.window * 2, self.destination.max_in_flight) if is_delivered else 1
        self.keeps_up = is_delivered and self.window >= self.destination.max_in_flight

    @property
    def may_send(self) -> bool:
        return bool(self.waiting) and self.under_way < self.most_under_way


class Turns:
    """The endpoints of one sender."""

    def __init__(self) -> None:
        self._endpoints: dict[int, Endpoint] = {}
        # Those that may have deliveries due; in the order in which they get their turn.
        self._hungry: dict[int, None] = {}
        self._ready: OrderedDict[int, Endpoint] = OrderedDict()
        self._under_way = 0
        self._held = 0
        self._shares = False

    @property
    def shares(self) -> bool:
        return self._shares

    def share(self, shares: bool) -> None:
        """Whether there are other senders now."""
        if shares == self._shares:
            return
        self._shares = shares
        for endpoint in self._endpoints.values():
            endpoint.is_shared = shares

    def endpoint(self, subscription_id: int) -> Endpoint | None:
        return self._endpoints.get(subscription_id)

    def know(self, destinations: Mapping[int, Destination]) -> None:
        """Take over what was read of some subscriptions."""
        for subscription_id, destination in destinations.items():
            known = self._endpoints.get(subscription_id)
            if known is None:
                self._endpoints[subscription_id] = Endpoint(destination, is_shared=self._shares)
            elif known.destination.version != destination.version:
                known.destination = destination
                known.records_success = destination.records_success
            else:
                # By time alone: the last success that was recorded is a while ago.
                known.records_success |= destination.records_success

    def forget_all_but(self, ids: Collection[int]) -> None:
        """Forget subscriptions that are gone."""
        for subscription_id in [each for each in self._endpoints if each not in ids]:
            endpoint = self._endpoints[subscription_id]
            if not endpoint.under_way and not endpoint.waiting:
                del self._endpoints[subscription_id]
                self._hungry.pop(subscription_id, None)

    def wake(self, ids: Iterable[int] | None = None) -> set[int]:
        """Something may be due: of these subscriptions, or of any. The ones that are not known yet."""
        asked = list(self._endpoints if ids is None else ids)
        self._hungry |= dict.fromkeys(each for each in asked if each in self._endpoints)
        return {each for each in asked if each not in self._endpoints}

    def let_through(self, ids: Iterable[int]) -> None:
        """The breaker of these lets one delivery through."""
        for subscription_id in ids:
            if endpoint := self._endpoints.get(subscription_id):
                endpoint.is_probe = True
                self._hungry[subscription_id] = None

    def wanted(self) -> list[Wanted]:
        """What to claim now, of every endpoint with room that may have something due.

        Room is asked for once half of it is free: a claim of one delivery costs as much as one of twenty.
        """
        asked, left = [], MOST_HELD - self._held
        for subscription_id in list(self._hungry):
            endpoint = self._endpoints[subscription_id]
            room = min(endpoint.room, left)
            if room <= 0 or (not endpoint.is_probe and room * 2 < endpoint.capacity):
                continue
            asked.append(Wanted(subscription_id, room, endpoint.is_probe))
            endpoint.is_probe = False
            del self._hungry[subscription_id]
            left -= room
        return asked

    def took(self, wanted: Iterable[Wanted], claimed: Iterable[Claimed], *, now: float) -> None:
        """Hold what was claimed. Who got all that was asked for may have more."""
        got: dict[int, int] = {}
        for each in claimed:
            endpoint = self._endpoints.get(each.subscription_id)
            if endpoint is None:
                continue  # Deleted since it was asked for, and its deliveries with it.
            got[each.subscription_id] = got.get(each.subscription_id, 0) + 1
            endpoint.waiting.append((each, now + LEASE_SECONDS))
            self._held += 1
        for each_wanted in wanted:
            if got.get(each_wanted.subscription_id, 0) >= each_wanted.room and not each_wanted.is_probe:
                self._hungry[each_wanted.subscription_id] = None
        for subscription_id in got:
            self._give_turn(self._endpoints[subscription_id])

    def next(self) -> tuple[Endpoint, Claimed, float] | None:
        """The next delivery to send, and the end of its lease; None where none may be sent now."""
        while self._ready and self._under_way < MOST_UNDER_WAY:
            _, endpoint = self._ready.popitem(last=False)
            if not endpoint.may_send:
                continue
            claimed, lease_end = endpoint.waiting.popleft()
            endpoint.under_way += 1
            self._under_way += 1
            self._give_turn(endpoint)
            return endpoint, claimed, lease_end
        return None

    def done(self, endpoint: Endpoint, *, is_delivered: bool | None) -> bool:
        """A delivery is not under way any more; whether there is reason to claim.

        Args:
            is_delivered: None where nothing was sent.
        """
        endpoint.under_way -= 1
        self._under_way -= 1
        self._held -= 1
        if is_delivered is not None:
            endpoint.learn(is_delivered=is_delivered)
        self._give_turn(endpoint)
        return endpoint.id in self._hungry and endpoint.room * 2 >= endpoint.capacity

    def _give_turn(self, endpoint: Endpoint) -> None:
        """At the end of the row, unless it stands there already."""
        if endpoint.may_send:
            self._ready.setdefault(endpoint.id, endpoint)

    def give_up_waiting(self) -> list[Claimed]:
        """Let go of all that is held and not sent."""
        dropped = []
        for endpoint in self._endpoints.values():
            dropped += [claimed for claimed, _ in endpoint.waiting]
            endpoint.waiting.clear()
        self._held -= len(dropped)
        return dropped


def has_time(lease_end: float, destination: Destination, *, now: float) -> bool:
    """Whether an attempt that begins now is settled before somebody else may begin another."""
    return lease_end - now >= destination.timeout_seconds + SETTLING_SECONDS
