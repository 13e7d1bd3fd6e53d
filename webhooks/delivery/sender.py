"""The sender: fans events out and delivers them, until it is told to stop."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic

import psycopg
import structlog

from webhooks.delivery import claims, health, notices
from webhooks.delivery.breaker import Attempted
from webhooks.delivery.claims import Claimed, Connection, Result, Wanted
from webhooks.delivery.connections import Database, Lane, connect
from webhooks.delivery.destinations import Destination, destinations
from webhooks.delivery.fan_out import FanOut, fan_out
from webhooks.delivery.health import Observed
from webhooks.delivery.network import Edge, Exchange
from webhooks.delivery.retries import GONE, Delivered, outcome
from webhooks.delivery.subscriptions import DELIVERIES_CHANNEL
from webhooks.delivery.turns import Endpoint, Turns, has_time
from webhooks.events.catalogue import WEBHOOK_TEST
from webhooks.events.outbox import EVENTS_CHANNEL

log = structlog.get_logger(__name__)

# How often it looks without being woken: retries are due by time alone, and a notification may get lost.
POLL_SECONDS = 1.0
# How often it looks which subscriptions there are, and how often for what operators should be told.
SUBSCRIPTIONS_SECONDS = 10.0
NOTICES_SECONDS = 60.0
# A clock that goes back by more was set back; by less, it is being adjusted.
CLOCK_SECONDS = 2.0
# Told to stop, it waits so long for answers; what is under way then is sent again by another sender.
# The longest time-out of a subscription, and a little to write down what came of it.
GRACE_SECONDS = 32.0
# Results that are written in one statement, and results at which nothing more is claimed before some are written.
SETTLED_AT_A_TIME = 500
MOST_UNSETTLED = 2000


class Sender:
    """Guarantee: each delivery is sent at least once, however often this process dies, and each attempt that is
    told of was made.

    1. An event is fanned out in one transaction with its deliveries; a delivery is claimed before it is sent, and
       settled after. If we die between the two, another sender, or our next start, takes it over after seconds,
       or when its lease ends at the latest, and sends it again: with the same id and bytes, so that the receiver
       can tell.
    2. Any number of senders work beside each other; rows are handed out by the database (`claims`), which also keeps
       the requests under way to an endpoint within its bound for all of them; fan-out goes one at a time (`fan_out`).
    3. Throughput is bounded by one core: claims and results go to the database by the dozen, requests go over
       connections that stay open.
    4. A notification wakes it, and a look every second finds what no notification told of.
    5. Told to stop, it claims nothing more, gives back what it has not sent, waits a while for answers that are
       under way, writes what became of them, and ends.
    """

    def __init__(self, edge: Edge, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self._edge = edge
        self._grace_seconds = grace_seconds
        self._turns = Turns()
        # The database's clock against our monotonic one.
        self._clock_ahead: float | None = None
        self._has_unknown = True  # Whether there may be subscriptions that were not read yet.
        self._attempts: set[asyncio.Task[None]] = set()
        self._results: list[Result] = []
        self._observed: list[Result] = []
        self._unsent: list[Claimed] = []
        self._stopping, self._drained = asyncio.Event(), asyncio.Event()
        self._events_wake, self._claim_wake = asyncio.Event(), asyncio.Event()
        self._settle_wake, self._observe_wake = asyncio.Event(), asyncio.Event()
        self._id = claims.new_sender()
        self._claiming, self._settling = Database("claims", sender=self._id), Database("results")
        self._fanning, self._keeping, self._telling = Lane("fan-out"), Lane("keeper"), Lane("notices")

    def stop(self) -> None:
        """Begin to end; `run` returns when it has."""
        self._stopping.set()
        for wake in (self._events_wake, self._claim_wake, self._settle_wake):
            wake.set()

    async def run(self) -> None:
        """Work until `stop` is called.

        Raises:
            ExceptionGroup: something is wrong with the program; whoever started it starts it again.
        """
        try:
            async with self._edge, asyncio.TaskGroup() as loops:
                endless = [loops.create_task(loop()) for loop in (self._listen, self._look, self._tell)]
                fanning, claiming = loops.create_task(self._fan_out()), loops.create_task(self._claim())
                settling, observing = loops.create_task(self._settle()), loops.create_task(self._observe())
                await self._stopping.wait()
                await asyncio.wait([fanning, claiming], timeout=self._grace_seconds)
                await self._finish()
                await asyncio.wait([settling, observing], timeout=self._grace_seconds)
                for task in (*endless, fanning, claiming, settling, observing):
                    task.cancel()
        finally:
            await self._claiming.close()
            await self._settling.close()
            for lane in (self._fanning, self._keeping, self._telling):
                await lane.close()

    async def _finish(self) -> None:
        """Let what is under way end, and give back what cannot."""
        self._unsent += self._turns.give_up_waiting()
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=self._grace_seconds)
        for task in self._attempts:
            task.cancel()
        if self._attempts:
            await asyncio.wait(self._attempts)
        self._drained.set()
        self._settle_wake.set()

    # What wakes it

    async def _listen(self) -> None:
        """Hear of events and deliveries. What was told while nobody listened is looked for first."""
        while True:
            try:
                async with await connect("listening") as connection:
                    await connection.execute(f"LISTEN {EVENTS_CHANNEL}")
                    await connection.execute(f"LISTEN {DELIVERIES_CHANNEL}")
                    self._look_everywhere()
                    async for heard in connection.notifies():
                        if heard.channel == EVENTS_CHANNEL:
                            self._events_wake.set()
                        else:
                            self._wake(_named(heard.payload))
            except psycopg.OperationalError as error:
                log.warning("webhook_listening_failed", error=type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)

    async def _look(self) -> None:
        """Look for what is due, every second; and now and then for subscriptions that came and went."""
        read_at = -SUBSCRIPTIONS_SECONDS
        while True:
            if monotonic() - read_at >= SUBSCRIPTIONS_SECONDS:
                read_at = monotonic()
                await self._read_subscriptions(None)
            await self._watch_clock()
            await self._claiming.run(claims.take_over)
            self._turns.share(await self._claiming.run(claims.has_others))
            self._turns.let_through(await self._claiming.run(claims.probes))
            self._wake(None)
            await asyncio.sleep(POLL_SECONDS)

    async def _watch_clock(self) -> None:
        """Notice where the clock of the database was set back, also while no sender was there."""
        ahead = (await self._claiming.run(claims.clock)).timestamp() - monotonic()
        if self._clock_ahead is None or ahead < self._clock_ahead - CLOCK_SECONDS:
            await self._claiming.run(claims.mend_times)
        self._clock_ahead = ahead

    async def _read_subscriptions(self, ids: set[int] | None) -> None:
        found = await self._keeping.run(lambda: destinations(ids))
        self._turns.know(found)
        if ids is None:
            self._turns.forget_all_but(found.keys())

    def _look_everywhere(self) -> None:
        self._events_wake.set()
        self._has_unknown = True
        self._wake(None)

    def _wake(self, ids: set[int] | None) -> None:
        if self._turns.wake(ids):
            # A new one, or one that is gone: told apart by reading them all.
            self._has_unknown = True
        self._claim_wake.set()

    # What it does

    async def _fan_out(self) -> None:
        while not self._stopping.is_set():
            self._events_wake.clear()
            done: FanOut = await self._fanning.run(fan_out)
            if done.events:
                continue
            with suppress(TimeoutError):
                # Where another sender is at it, it also sees what we were woken for, or we look again.
                await asyncio.wait_for(self._events_wake.wait(), 0.05 if done.is_busy else POLL_SECONDS)

    async def _claim(self) -> None:
        while not self._stopping.is_set():
            if self._has_unknown:
                self._has_unknown = False
                await self._read_subscriptions(None)
                self._turns.wake()
            wanted = self._turns.wanted() if len(self._results) < MOST_UNSETTLED else []
            if not wanted:
                await self._claim_wake.wait()
                self._claim_wake.clear()
                continue
            await self._claim_some(wanted)
            self._send_what_may_be_sent()

    async def _claim_some(self, wanted: Sequence[Wanted]) -> None:
        """Hold what is due, and read again what changed of its subscriptions since we last read."""
        claim = partial(claims.claim, wanted=wanted, sender=self._id, shares=self._turns.shares)
        claimed = await self._claiming.run(claim)
        stale = {each.subscription_id for each in claimed if not self._is_current(each)}
        if stale:
            await self._read_subscriptions(stale)
        self._turns.took(wanted, claimed, now=monotonic())

    def _is_current(self, claimed: Claimed) -> bool:
        endpoint = self._turns.endpoint(claimed.subscription_id)
        return endpoint is not None and endpoint.destination.version == claimed.version

    def _send_what_may_be_sent(self) -> None:
        while not self._stopping.is_set() and (turn := self._turns.next()) is not None:
            task = asyncio.create_task(self._deliver(*turn))
            self._attempts.add(task)
            task.add_done_callback(self._attempts.discard)

    async def _deliver(self, endpoint: Endpoint, claimed: Claimed, lease_end: float) -> None:
        destination, is_delivered = endpoint.destination, None
        try:
            if has_time(lease_end, destination, now=monotonic()):
                result = await self._attempt(destination, claimed)
                is_delivered = result.exchange.is_delivered
                self._results.append(result)
            else:
                self._unsent.append(claimed)
        except asyncio.CancelledError:
            self._unsent.append(claimed)
            raise
        finally:
            if self._turns.done(endpoint, is_delivered=is_delivered):
                self._claim_wake.set()
            self._settle_wake.set()
        self._send_what_may_be_sent()

    async def _attempt(self, destination: Destination, claimed: Claimed) -> Result:
        started, now = monotonic(), datetime.now(UTC)
        headers: Mapping[str, str] = {}
        if destination.problem:
            exchange = Exchange(0, error_code="secret_unreadable", error_message=destination.problem)
        else:
            request = destination.request(claimed, at=now)
            headers = destination.shown_headers(request)
            exchange = await self._edge.post(request)
        decided = outcome(
            exchange.status_code,
            retries=claimed.retries,
            attempts=claimed.attempts,
            retry_after=exchange.retry_after,
            now=now,
        )
        return Result(claimed, decided, exchange, headers, age=started, url=destination.url)

    async def _settle(self) -> None:
        """Write results as they come: what came while the last were written goes together."""
        while True:
            await self._settle_wake.wait()
            self._settle_wake.clear()
            while self._results or self._unsent:
                await self._settle_some()
            self._claim_wake.set()
            if self._drained.is_set():
                self._observe_wake.set()
                return

    async def _settle_some(self) -> None:
        results, self._results = self._results[:SETTLED_AT_A_TIME], self._results[SETTLED_AT_A_TIME:]
        unsent, self._unsent = self._unsent, []
        if unsent:
            await self._settling.run(lambda connection: claims.release(connection, unsent))
        settled = await self._settling.run(lambda connection: _settled(connection, results))
        if self._turns.shares:
            # Only what is settled makes room where others hold some, too.
            self._turns.wake({each.claimed.subscription_id for each in results})
        self._observed += [
            each for each in results if each.claimed.id in settled and self._is_worth_recording(each)
        ]
        if self._observed:
            self._observe_wake.set()

    def _is_worth_recording(self, result: Result) -> bool:
        endpoint = self._turns.endpoint(result.claimed.subscription_id)
        if endpoint is None:
            return False
        is_delivered = isinstance(result.outcome, Delivered)
        is_told = endpoint.records_success or not is_delivered or result.claimed.event_type == WEBHOOK_TEST
        # After a failure the next success is one to record; after that, none for a while.
        endpoint.records_success = not is_delivered
        return is_told

    async def _observe(self) -> None:
        """Record what results mean for their subscriptions."""
        while True:
            await self._observe_wake.wait()
            self._observe_wake.clear()
            if self._observed:
                observed, self._observed = _by_subscription(self._observed), []
                await self._keeping.run(partial(health.record, observed))
            elif self._drained.is_set():
                return
            if self._drained.is_set():
                self._observe_wake.set()

    async def _tell(self) -> None:
        while True:
            await self._telling.run(notices.sweep)
            await self._telling.run(notices.mail_notices)
            await asyncio.sleep(NOTICES_SECONDS)


async def _settled(connection: Connection, results: Sequence[Result]) -> set[int]:
    """Write results; the ids of those that were still ours.

    One that the database refuses must not keep the others: it is left, and is sent again when its lease ends.
    """
    now = monotonic()
    try:
        return await claims.settle(connection, [replace(each, age=now - each.age) for each in results])
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        if len(results) == 1:
            log.error("webhook_result_refused", delivery_id=results[0].claimed.id, error=type(error).__name__)
            return set()
    halves = results[: len(results) // 2], results[len(results) // 2 :]
    return await _settled(connection, halves[0]) | await _settled(connection, halves[1])


def _by_subscription(results: Sequence[Result]) -> dict[int, Observed]:
    found: dict[int, list[Result]] = defaultdict(list)
    for result in results:
        found[result.claimed.subscription_id].append(result)
    return {subscription_id: _observed(of_one) for subscription_id, of_one in found.items()}


def _observed(results: Sequence[Result]) -> Observed:
    tests = [each.exchange for each in results if each.claimed.event_type == WEBHOOK_TEST]
    return Observed([_attempted(each) for each in results], tests[-1] if tests else None)


def _attempted(result: Result) -> Attempted:
    exchange = result.exchange
    return Attempted(
        error=exchange.error_message,
        is_gone=exchange.status_code == GONE,
        seconds=exchange.duration_ms / 1000,
        url=result.url,
    )


def _named(payload: str) -> set[int] | None:
    """The subscriptions that a notification names; None where it names none."""
    return {int(each) for each in payload.split(",") if each.isdecimal()} or None
