"""10,000 new items, 1,000 a request, all mapped by external ID; beside bare SQL and django-import-export."""

import statistics

from ordinavo_connect.running.steps import say
from tests.benchmarks.batch_peers import bare_sql, import_export
from tests.benchmarks.figures import RUNS, Figure
from tests.benchmarks.processor import Usage
from tests.benchmarks.workplace import KNOWN, KNOWN_TARGETS, Workplace

ITEMS = 10_000
GOAL_PER_SECOND = 4_000
GOAL_OF_BARE_SQL = 0.3
GOAL_OF_IMPORT_EXPORT = 25


def run(work: Workplace) -> list[Figure]:
    """Product and bare SQL take turns, so that a noisy minute meets both; a warm-up, then the median of three."""
    on_one, on_two, bare = [], [], []
    for number in range(RUNS + 1):
        say(f"batch_import: run {number} of {RUNS} …" if number else "batch_import: warming up …")
        on_one.append(_one_run(work, f"one-{number}", connections=1))
        on_two.append(_one_run(work, f"two-{number}", connections=2))
        bare.append(KNOWN_TARGETS / bare_sql.seconds(like=f"{KNOWN}-", name=f"bare-{number}"))
    say("batch_import: the same rows with django-import-export …")
    peer = import_export.measure(work, ITEMS)
    return _figures(on_one[1:], on_two[1:], statistics.median(bare[1:]), peer)


def _one_run(work: Workplace, name: str, *, connections: int) -> Usage:
    requests = work.batches(name, ITEMS)
    usage = Usage(work.product.pid)
    work.send(requests, connections=connections)
    return usage.stop()


def _figures(
    on_one: list[Usage], on_two: list[Usage], bare: float, peer: "import_export.Measured"
) -> list[Figure]:
    single, best = (statistics.median(ITEMS / usage.seconds for usage in runs) for runs in (on_one, on_two))
    milliseconds = statistics.median(usage.product for usage in on_two) / ITEMS * 1e6
    foreign = statistics.median(usage.foreign for usage in on_two)
    return [
        Figure(
            *("batch_import", best, "items/s", GOAL_PER_SECOND),
            compared=(
                f"{ITEMS:,} items on 2 connections; on 1: {single:,.0f} items/s; {milliseconds:.0f} ms of processor"
                f" time for 1,000 items; {foreign:.0%} of the machine went to other programs"
            ),
            parts={
                "onOneConnection": round(single),
                "processorMsPerThousand": round(milliseconds),
                "foreignLoad": round(foreign, 3),
            },
        ),
        Figure(
            *("batch_import.bare_sql", best / bare, "×", GOAL_OF_BARE_SQL),
            compared=f"one INSERT … SELECT and one COPY on one connection: {bare:,.0f} items/s",
            parts={"bareSqlPerSecond": round(bare)},
        ),
        Figure(
            *("batch_import.import_export", best / peer.per_second, "×", GOAL_OF_IMPORT_EXPORT),
            compared=f"django-import-export: {peer.per_second:,.0f} items/s, {peer.how}",
            parts={"importExportPerSecond": round(peer.per_second, 1), "rows": peer.rows},
        ),
    ]
