"""`make bench`: start the product, load a registry, run the benchmarks, print a line a figure, keep them in a file.

Ends with 1 where something other than speed is wrong, with 2 where there is no such benchmark; a figure that falls
short is reported and is no error.
"""

import importlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ordinavo_connect.running.steps import say, step
from ordinavo_connect.running.up import ROOT
from tests.benchmarks.figures import Figure, write
from tests.benchmarks.server import BenchmarkFailed, product
from tests.benchmarks.workplace import CUSTOMERS, Workplace, furnish

BENCHMARKS = ("single_import", "batch_import")


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    results = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute() / "bench.json"
    started = time.monotonic()
    try:
        with _workplace() as work:
            for name in names or BENCHMARKS:
                figures: list[Figure] = importlib.import_module(f"tests.benchmarks.{name}").run(work)
                write(figures, results)
                say("\n".join(["", *(figure.line() for figure in figures), ""]))
    except BenchmarkFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    say(f"Done in {time.monotonic() - started:.0f} s; the figures are in {results}.")
    return 0


@contextmanager
def _workplace() -> Iterator[Workplace]:
    say("Starting the product in a folder of its own …")
    with product() as running:
        say(f"  answers on port {running.port}")
        with step(f"Loading {CUSTOMERS:,} customers, each with location, contact and external IDs"):
            work = furnish(running)
        yield work
        say("Stopping the product …")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
