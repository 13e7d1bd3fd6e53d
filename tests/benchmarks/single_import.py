"""One mapped item a request, on 8 connections, beside a bare view behind the same server and the same key."""

import statistics

import orjson

from tests.benchmarks.figures import RUNS, Figure, percentile
from tests.benchmarks.items import item
from tests.benchmarks.load import Run, post, send
from tests.benchmarks.server import Server, peer
from tests.benchmarks.workplace import Workplace

CONNECTIONS = 8
SECONDS = 5.0
WARM_UP_SECONDS = 2.0
# More than either server answers in a run.
PREPARED_PER_SECOND = 3000
GOAL_RATIO = 0.5
GOAL_TAIL = 5.0
BARE_APPLICATION = "tests.benchmarks.bare_view.server:application"
BARE_SETTINGS = "tests.benchmarks.bare_view.settings"


def run(work: Workplace) -> list[Figure]:
    """Product and bare view take turns, so that a noisy minute meets both."""
    with peer(work.product, application=BARE_APPLICATION, settings=BARE_SETTINGS) as bare:
        ours, theirs = [], []
        for number in range(RUNS + 1):
            work.say("single_import: warming up …" if number == 0 else f"single_import: run {number} of {RUNS} …")
            seconds = SECONDS if number else WARM_UP_SECONDS
            ours.append(_one_run(work, work.product, f"single-{number}", "/inbound/targets", seconds))
            theirs.append(_one_run(work, bare, f"bare-{number}", "/bare", seconds))
    return _figures(ours[1:], theirs[1:])


def _one_run(work: Workplace, server: Server, name: str, path: str, seconds: float) -> Run:
    requests = [
        post(
            path,
            orjson.dumps(item(f"{name}-{number}", number, customers=work.customers)),
            key=work.api_key,
            port=server.port,
        )
        for number in range(int(PREPARED_PER_SECOND * seconds))
    ]
    return send(requests, port=server.port, connections=CONNECTIONS, seconds=seconds)


def _figures(ours: list[Run], theirs: list[Run]) -> list[Figure]:
    rate = statistics.median(run.per_second for run in ours)
    bare_rate = statistics.median(run.per_second for run in theirs)
    half = statistics.median(percentile(run.latencies, 50) for run in ours) * 1000
    tail = statistics.median(percentile(run.latencies, 99) for run in ours) * 1000
    bare_tail = statistics.median(percentile(run.latencies, 99) / percentile(run.latencies, 50) for run in theirs)
    load = max(run.generator_share for run in (*ours, *theirs))
    return [
        Figure(
            *("single_import", rate / bare_rate, "×", GOAL_RATIO),
            compared=(
                f"{rate:.0f}/s against {bare_rate:.0f}/s of a bare view with the same key and one insert, "
                f"{CONNECTIONS} connections (the generator took {load:.0%} of a core)"
            ),
            parts={"perSecond": round(rate, 1), "barePerSecond": round(bare_rate, 1), "generatorShare": round(load, 3)},
        ),
        Figure(
            *("single_import.p99", tail / half, "×", GOAL_TAIL, True),
            compared=f"p99 {tail:.1f} ms against p50 {half:.1f} ms; of the bare view {bare_tail:.1f} ×",
            parts={"p50Ms": round(half, 2), "p99Ms": round(tail, 2), "bareTail": round(bare_tail, 2)},
        ),
    ]
