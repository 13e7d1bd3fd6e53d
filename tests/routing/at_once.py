"""Several people who do something at the same moment, each with a connection of their own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from routing.planning.refusals import Refused


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """The code that each was refused with, or '', in the order in which they ended.

    The test needs `django_db(transaction=True)`: only what is committed is seen by others.
    """
    together = threading.Barrier(len(calls))
    outcomes: list[str] = []

    def run(call: Callable[[], Any]) -> None:
        together.wait(timeout=10)
        try:
            call()
            outcomes.append("")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes
