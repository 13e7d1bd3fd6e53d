"""10,000 new items, 1,000 a request, all mapped by external ID; beside bare SQL and django-import-export."""

import orjson

from tests.benchmarks.batch_peers import bare_sql, import_export
from tests.benchmarks.figures import Figure, median_of_runs
from tests.benchmarks.items import item
from tests.benchmarks.load import post, send
from tests.benchmarks.registry import analyse
from tests.benchmarks.workplace import Workplace

ITEMS = 10_000
A_REQUEST = 1_000
GOAL_PER_SECOND = 4_000
GOAL_OF_BARE_SQL = 0.3
GOAL_OF_IMPORT_EXPORT = 25


def run(work: Workplace) -> list[Figure]:
    work.say("batch_import: warming up, then analysing the tables …")
    _one_run(work, "batch-first", connections=2)
    analyse()
    rates = {}
    for connections in (1, 2):
        work.say(f"batch_import: {ITEMS:,} items on {connections} connection(s), a warm-up and three runs …")
        name = f"batch-{connections}"
        rates[connections] = median_of_runs(
            lambda run, count=connections: _one_run(work, run, connections=count), name=name
        )
    work.say("batch_import: the same rows in bare SQL …")
    bare = median_of_runs(
        lambda run: ITEMS / bare_sql.seconds(like="batch-2-1-", name=run), name="bare-sql"
    )
    work.say("batch_import: the same rows with django-import-export …")
    peer = import_export.measure(work, ITEMS)
    return _figures(rates, bare, peer)


def _one_run(work: Workplace, name: str, *, connections: int) -> float:
    """Items a second."""
    requests = [
        _request(work, name, range(start, start + A_REQUEST)) for start in range(0, ITEMS, A_REQUEST)
    ]
    return ITEMS / send(requests, port=work.port, connections=connections).seconds


def _request(work: Workplace, name: str, numbers: range) -> bytes:
    items = [item(f"{name}-{number}", number, customers=work.customers) for number in numbers]
    body = orjson.dumps({"batchId": f"{name}-{numbers.start}", "items": items})
    return post("/inbound/targets/batch", body, key=work.api_key, port=work.port)


def _figures(rates: dict[int, float], bare: float, peer: "import_export.Measured") -> list[Figure]:
    best = rates[2]
    return [
        Figure(
            *("batch_import", best, "items/s", GOAL_PER_SECOND),
            compared=f"{ITEMS:,} items over HTTP on 2 connections; on 1: {rates[1]:,.0f} items/s",
            parts={"oneConnection": round(rates[1]), "twoConnections": round(rates[2])},
        ),
        Figure(
            *("batch_import.bare_sql", best / bare, "×", GOAL_OF_BARE_SQL),
            compared=f"bare SQL, one INSERT … SELECT and one COPY on one connection: {bare:,.0f} items/s",
            parts={"bareSqlPerSecond": round(bare)},
        ),
        Figure(
            *("batch_import.import_export", best / peer.per_second, "×", GOAL_OF_IMPORT_EXPORT),
            compared=f"django-import-export: {peer.per_second:,.0f} items/s, {peer.how}",
            parts={"importExportPerSecond": round(peer.per_second, 1), "rows": peer.rows},
        ),
    ]
