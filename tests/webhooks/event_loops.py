"""Event loops for tests that are not asynchronous themselves.

Each runs in a thread of its own: in this one the loop of a browser may be running, which playwright leaves there.
"""

from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Runner = Callable[[Coroutine[Any, Any, Any]], Any]


def aside(run: Callable[..., Any]) -> Runner:
    """`asyncio.run` or `uvloop.run`, in another thread; what it raises is raised here."""

    def runner(scene: Coroutine[Any, Any, Any]) -> Any:
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(run, scene).result()

    return runner
