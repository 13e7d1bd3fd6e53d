"""10,000 new items, 1,000 a request, all mapped by external ID; beside bare SQL and django-import-export."""

import statistics

from ordinavo_connect.running.steps import say
from tests.benchmarks.batch_peers import bare_sql, import_export
from tests.benchmarks.figures import RUNS, Figure
from tests.benchmarks.processor import Usage
from tests.benchmarks.workplace import KNOWN, KNOWN_TARGETS, Workplace

ITEMS = 10_000
# Which worker of the server takes a connection is chance: two of them may meet on one.
CONNECTIONS = (1, 2, 4)
GOAL_PER_SECOND = 4_000
GOAL_OF_BARE_SQL = 0.3
GOAL_OF_IMPORT_EXPORT = 25


def run(work: Workplace) -> list[Figure]:
    """Product and bare SQL take turns, so that a noisy minute meets both; a warm-up, then the median of three."""
    runs: dict[int, list[Usage]] = {connections: [] for connections in CONNECTIONS}
    bare = []
    for number in range(RUNS + 1):
        say(f"batch_import: run {number} of {RUNS} …" if number else "batch_import: warming up …")
        for connections in CONNECTIONS:
            runs[connections].append(_one_run(work, f"on-{connections}-{number}", connections=connections))
        bare.append(KNOWN_TARGETS / bare_sql.seconds(like=f"{KNOWN}-", name=f"bare-{number}"))
    say("batch_import: the same rows with django-import-export …")
    peer = import_export.measure(work, ITEMS)
    return _figures({n: measured[1:] for n, measured in runs.items()}, statistics.median(bare[1:]), peer)


def _one_run(work: Workplace, name: str, *, connections: int) -> Usage:
    requests = work.batches(name, ITEMS)
    usage = Usage(work.product.pid)
    work.send(requests, connections=connections)
    return usage.stop()


def _figures(runs: dict[int, list[Usage]], bare: float, peer: "import_export.Measured") -> list[Figure]:
    rates = {
        n: statistics.median(ITEMS / usage.seconds for usage in measured) for n, measured in runs.items()
    }
    connections, best = max(rates.items(), key=lambda rate: rate[1])
    milliseconds = statistics.median(usage.product for usage in runs[connections]) / ITEMS * 1e6
    foreign = statistics.median(usage.foreign for usage in runs[connections])
    others = ", ".join(f"on {n}: {rate:,.0f}" for n, rate in rates.items() if n != connections)
    return [
        Figure(
            *("batch_import", best, "items/s", GOAL_PER_SECOND),
            compared=(
                f"{ITEMS:,} items on {connections} connection(s); {others}; {milliseconds:.0f} ms of processor time"
                f" for 1,000 items; {foreign:.0%} of the machine went to other programs"
            ),
            parts={
                "perSecondByConnections": {str(n): round(rate) for n, rate in rates.items()},
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
