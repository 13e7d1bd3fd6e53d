"""One mapped item a request, on 8 connections, beside a bare view behind the same server with the same key."""

import statistics
from dataclasses import dataclass

import orjson

from ordinavo_connect.running.steps import say
from tests.benchmarks.figures import RUNS, Figure, percentile
from tests.benchmarks.items import item
from tests.benchmarks.load import Run, post, send
from tests.benchmarks.processor import Usage
from tests.benchmarks.server import Server, peer
from tests.benchmarks.workplace import Workplace

CONNECTIONS = 8
SECONDS = 5.0
WARM_UP_SECONDS = 2.0
# More than either server answers; a run that has none left ends early, and is measured all the same.
PREPARED_PER_SECOND = 2_000
GOAL_RATIO = 0.5
GOAL_TAIL = 5.0


@dataclass(frozen=True)
class _Measured:
    run: Run
    usage: Usage


def run(work: Workplace) -> list[Figure]:
    """Product and bare view take turns, so that a noisy minute meets both; a warm-up, then the median of three."""
    ours, theirs = [], []
    with peer(work.product, settings="tests.benchmarks.bare_view.settings") as bare:
        for number in range(RUNS + 1):
            say(f"single_import: run {number} of {RUNS} …" if number else "single_import: warming up …")
            seconds = SECONDS if number else WARM_UP_SECONDS
            ours.append(_one_run(work, work.product, "/inbound/targets", f"single-{number}", seconds))
            theirs.append(_one_run(work, bare, "/bare", f"plain-{number}", seconds))
    return _figures(ours[1:], theirs[1:])


def _one_run(work: Workplace, server: Server, path: str, name: str, seconds: float) -> _Measured:
    requests = [
        post(path, _body(work, name, number), key=work.api_key, port=server.port)
        for number in range(int(PREPARED_PER_SECOND * seconds))
    ]
    usage = Usage(work.product.pid)
    run = send(requests, port=server.port, connections=CONNECTIONS, seconds=seconds)
    return _Measured(run, usage.stop())


def _body(work: Workplace, name: str, number: int) -> bytes:
    return orjson.dumps(item(f"{name}-{number}", number, customers=work.customers))


def _figures(ours: list[_Measured], theirs: list[_Measured]) -> list[Figure]:
    rate, bare_rate = (statistics.median(one.run.per_second for one in runs) for runs in (ours, theirs))
    half, tail = (
        statistics.median(percentile(one.run.latencies, n) * 1000 for one in ours) for n in (50, 99)
    )
    spent = statistics.median(one.usage.product / len(one.run.latencies) for one in ours) * 1000
    foreign = statistics.median(one.usage.foreign for one in ours)
    generator = max(one.run.generator_share for one in (*ours, *theirs))
    return [
        Figure(
            *("single_import", rate / bare_rate, "×", GOAL_RATIO),
            compared=(
                f"{rate:.0f}/s against {bare_rate:.0f}/s of a bare view with the same key and one insert;"
                f" {spent:.1f} ms of processor time a request; {foreign:.0%} of the machine went to other programs,"
                f" {generator:.0%} of a processor to the sender"
            ),
            parts={
                "perSecond": round(rate, 1),
                "barePerSecond": round(bare_rate, 1),
                "processorMs": round(spent, 2),
                "foreignLoad": round(foreign, 3),
                "generatorShare": round(generator, 3),
            },
        ),
        Figure(
            *("single_import.p99", tail / half, "×", GOAL_TAIL, True),
            compared=f"p99 {tail:.1f} ms against p50 {half:.1f} ms, on {CONNECTIONS} connections",
            parts={"p50Ms": round(half, 2), "p99Ms": round(tail, 2)},
        ),
    ]
