"""Celery: workers do what takes longer than a request may, and beat wakes them when it is time.

The database holds the work, a message only wakes a worker: whoever emits one has committed what there is to do, and
a sweep of its own finds what no message told of. So messages are acknowledged when their task starts, none
is stored twice, and there are no results: a broker that loses everything loses no work.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from time import perf_counter
from typing import Any

import structlog
from celery import Celery, Task, signals
from django.conf import settings
from kombu import Exchange, Queue

from ordinavo_connect.api.correlation import accepted_or_new, correlated
from ordinavo_connect.api.waking import CORRELATION_HEADER

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordinavo_connect.settings")

# Bounds a task that never ends; what knows better sets its own. The second kills the process that runs it.
TASK_SOFT_SECONDS = 120
TASK_HARD_SECONDS = 150
# How often an idle worker looks into the broker's folder: it wakes within this, at under 1 % of a core.
FOLDER_POLL_SECONDS = 0.05
# A broker that says nothing for this long is down for now. A worker tries again, a request goes on without it.
BROKER_SECONDS = 1.0
# What solves for seconds on end gives way to what answers requests.
NICENESS = 5
# One queue for all: a task is short, or it is waited for by somebody who watches its progress.
QUEUE = "ordinavo"

log = structlog.get_logger(__name__)


def _every(task: str, *, seconds: float) -> dict[str, Any]:
    """An entry of the schedule; one that no worker took by the time of the next is dropped, so none pile up."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


BEAT_SCHEDULE = {
    "api.expire": _every("api.expire", seconds=600),
    # How long a registry that grew by much is compared by how common its words were before.
    "customers.count_words": _every("customers.count_words", seconds=600),
    # How long a suggestion waits that no message told of, at most.
    "planning.sweep": _every("planning.sweep", seconds=5),
}


def broker_settings(url: str) -> Mapping[str, Any]:
    """Where messages go: `url`; where that is empty, the folder of `running.broker_folder`."""
    if not url:
        folder = str(settings.VAR_DIR / "broker")
        return {
            "broker_url": "filesystem://localhost",
            "broker_transport": "ordinavo_connect.running.broker_folder:Transport",
            "broker_transport_options": {
                "data_folder_in": folder,
                "data_folder_out": folder,
                "control_folder": folder,
                "polling_interval": FOLDER_POLL_SECONDS,
            },
        }
    return {
        "broker_url": url,
        # Without it kombu takes any certificate of a Redis.
        "broker_use_ssl": {"ssl_cert_reqs": "required"} if url.startswith("rediss://") else None,
        "broker_transport_options": {
            # Of connecting: else a request would wait for as long as the broker is down.
            "max_retries": 0,
            **(_REDIS_OPTIONS if url.startswith("redis") else _AMQP_OPTIONS),
        },
    }


_REDIS_OPTIONS = {
    "socket_connect_timeout": BROKER_SECONDS,
    # More than the second that a worker's blocking read takes where there is nothing to read.
    "socket_timeout": 1.5 * BROKER_SECONDS,
}
_AMQP_OPTIONS = {"read_timeout": BROKER_SECONDS, "write_timeout": BROKER_SECONDS}

app = Celery("ordinavo_connect")
app.conf.update(
    **broker_settings(settings.CELERY_BROKER_URL),
    broker_connection_timeout=BROKER_SECONDS,
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    # The default exchange, which every broker has: nothing is lost with a binding that somebody removed.
    task_queues=[Queue(QUEUE, Exchange(""), routing_key=QUEUE)],
    task_default_queue=QUEUE,
    task_default_exchange="",
    task_default_routing_key=QUEUE,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_soft_time_limit=TASK_SOFT_SECONDS,
    task_time_limit=TASK_HARD_SECONDS,
    task_publish_retry=False,
    timezone="UTC",
    worker_concurrency=settings.WORKER_PROCESSES,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    beat_schedule=BEAT_SCHEDULE,
    # It remembers nothing: a start of beat begins every interval anew, so none is long.
    beat_scheduler="celery.beat:Scheduler",
    # The longest sleep between two looks at the schedule, so that a changed clock is noticed.
    beat_max_loop_interval=5,
)
# For every thread: what an app declares as a shared task looks for its application there.
app.set_default()
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_logging(**_options: Any) -> None:
    """Celery sets up no logging of its own where somebody listens to this: that of the settings holds."""


@signals.worker_process_init.connect
def _give_way(**_options: Any) -> None:
    os.nice(NICENESS)


_begun: dict[str, tuple[ExitStack, float]] = {}


@signals.task_prerun.connect
def _begin(task_id: str, task: Task, **_options: Any) -> None:
    """The task belongs to the request that woke it: its log lines and the history that it writes say so."""
    scope = ExitStack()
    scope.enter_context(correlated(accepted_or_new(task.request.get(CORRELATION_HEADER))))
    _begun[task_id] = (scope, perf_counter())


@signals.task_postrun.connect
def _end(task_id: str, task: Task, state: str = "", **_options: Any) -> None:
    scope, started = _begun.pop(task_id)
    with scope:
        # What beat sends every few seconds is nothing to read about, unless it fails.
        say = log.debug if task.request.get(CORRELATION_HEADER) is None else log.info
        milliseconds = round((perf_counter() - started) * 1000, 1)
        say("task_ended", task=task.name, state=state, duration_ms=milliseconds)
