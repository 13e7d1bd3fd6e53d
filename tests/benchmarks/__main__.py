"""`make bench`: start the product, load a registry, run the benchmarks, print a line a figure, keep them in a file.

Ends with 1 where something other than speed is wrong, with 2 where there is no such benchmark; a figure that falls
short is reported and is no error.
"""

import importlib
import os
import signal
import sys
import time
from pathlib import Path

from ordinavo_connect.running.steps import say
from ordinavo_connect.running.up import ROOT
from tests.benchmarks.figures import Figure, write
from tests.benchmarks.server import BenchmarkFailed, product
from tests.benchmarks.workplace import furnish

BENCHMARKS = (
    *("single_import", "batch_import", "webhook_delivery", "webhook_peers", "routing"),
    *("match_by_name", "match_quality", "registry_reads"),
)


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(
            f"No benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.",
            file=sys.stderr,
        )
        return 2
    # An exit unwinds, so that the product and its folder go, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    results = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute() / "bench.json"
    started = time.monotonic()
    try:
        figures = _measured(names or list(BENCHMARKS), results)
    except BenchmarkFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    say("\n".join(["", *(figure.line() for figure in figures), ""]))
    say(f"Done in {time.monotonic() - started:.0f} s; the figures are in {results}.")
    return 0


def _measured(names: list[str], results: Path) -> list[Figure]:
    """Run benchmarks, one after the other, on one product; what is measured is kept even where a later one fails."""
    figures: list[Figure] = []
    say("Starting the product in a folder of its own …")
    with product() as running:
        work = furnish(running)
        for name in names:
            # Imported here, since models can be imported only where the database is known.
            figures += importlib.import_module(f"tests.benchmarks.{name}").run(work)
            write(figures, results)
        say("Stopping the product …")
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
