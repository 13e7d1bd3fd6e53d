"""Waking a worker. The work itself is in the database by then: a message that gets lost costs time, never work."""

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from kombu.exceptions import KombuError

from ordinavo_connect.api.correlation import correlation_id

if TYPE_CHECKING:
    from celery import Task

# Of the message: the correlation id of whoever woke the worker.
CORRELATION_HEADER = "ordinavo_correlation_id"
# A broker that was down is left alone for this long: else every request would wait for it in vain.
PAUSE_SECONDS = 5.0
# A connection that broke since it was used last fails sooner than this, and a new one may do. One that hangs fails
# after the time limits of Celery's settings, and is not tried twice.
AT_ONCE_SECONDS = 0.2

log = structlog.get_logger(__name__)
_not_before = 0.0


def wake(task: "Task", *args: Any) -> None:
    """Have a worker run `task(*args)` once the transaction, if there is one, has committed.

    A broker that does not answer is logged as `broker_unavailable`, and the caller goes on: the sweep of the task's
    app finds the work in the database. It may also run twice, or at the same moment as its sweep.

    Args:
        args: JSON values; ids, never the work itself.
    """
    transaction.on_commit(partial(_send, task, args))


def _send(task: "Task", args: tuple[Any, ...]) -> None:
    global _not_before
    if (started := monotonic()) < _not_before:
        return
    failed = _try(task, args)
    if failed and monotonic() - started < AT_ONCE_SECONDS:
        failed = _try(task, args)
    if failed:
        _not_before = monotonic() + PAUSE_SECONDS
        log.warning("broker_unavailable", task=task.name, error=type(failed).__name__)


def _try(task: "Task", args: tuple[Any, ...]) -> Exception | None:
    """What came in between; None where the message was sent."""
    try:
        task.apply_async(args, headers={CORRELATION_HEADER: correlation_id()}, retry=False)
    except (KombuError, OSError) as error:
        return error
    return None
