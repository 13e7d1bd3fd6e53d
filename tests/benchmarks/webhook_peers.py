"""The same by django-outbound-webhooks, on the same database: its relay as its documentation starts it."""

import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ordinavo_connect.running.postgres import connection_urls
from ordinavo_connect.running.steps import say
from ordinavo_connect.running.up import ROOT
from tests.benchmarks.figures import Figure
from tests.benchmarks.server import BenchmarkFailed, Product
from tests.benchmarks.webhook_scene import HANGING, HEALTHY, Receivers, happen, receivers, subscribed
from tests.benchmarks.workplace import Workplace

GOAL = 40
OUR_EVENTS, OUR_RUNS = 2_000, 3
PEER_EVENTS = 300
RECEIVERS = 10
# The peer sends one delivery after the other: a sample tells its pace.
PEER_SECONDS = 60.0
SETTINGS = "tests.benchmarks.webhook_peer.settings"


def run(work: Workplace) -> list[Figure]:
    if importlib.util.find_spec("django_outbound_webhooks") is None:
        raise BenchmarkFailed("django-outbound-webhooks is not installed: it is the peer of webhook_peers.")
    paths = [f"{HEALTHY}/{number}" for number in range(RECEIVERS - 1)]
    with receivers() as to:
        ours = statistics.median(_ours(to, [*paths, HANGING], number) for number in range(OUR_RUNS))
        say("webhook_peers: django-outbound-webhooks, one of ten receivers hangs …")
        hanging = _peer(work.product, to, [*paths, HANGING])
        say("webhook_peers: django-outbound-webhooks, all receivers answer …")
        healthy = _peer(work.product, to, paths)
    return [
        Figure(
            *("webhook_peers", ours / hanging, "×", GOAL),
            compared=(
                f"django-outbound-webhooks, one of ten hangs: {hanging:,.1f}/s against our {ours:,.0f}/s; "
                f"it without the one that hangs: {healthy:,.1f}/s"
            ),
            parts={
                "perSecond": round(ours),
                "peerPerSecond": round(hanging, 2),
                "peerHealthy": round(healthy, 1),
            },
        ),
    ]


def _ours(to: Receivers, paths: list[str], number: int) -> float:
    say(f"webhook_peers: our run {number + 1} of {OUR_RUNS} …")
    to.look()
    to.taken.clear()
    with subscribed([to.url(path) for path in paths]) as tenant:
        to.await_healthy(RECEIVERS - 1)
        to.taken.clear()
        start = time.monotonic()
        for first in range(0, OUR_EVENTS, 1000):
            happen(tenant, first, 1000)
        taken = to.await_healthy(OUR_EVENTS * (RECEIVERS - 1))
        return len(taken) / (max(at for _, _, at in taken) - start)


def _peer(product: Product, to: Receivers, paths: list[str]) -> float:
    """Deliveries a second to the receivers that answer: of all there are, or of a minute."""
    environment = _environment(product)
    for app in ("django_domain_events", "django_outbound_webhooks"):
        _call(["manage.py", "migrate", app, "-v0"], environment)
    urls = [to.url(path) for path in paths]
    _call(["-m", "tests.benchmarks.webhook_peer.fire", str(PEER_EVENTS), *urls], environment)
    to.look()
    to.taken.clear()
    with _relaying(product, environment):
        # From the first that arrives: the start of the process does not count.
        start = to.await_healthy(1, seconds=PEER_SECONDS)[0][2]
        while time.monotonic() - start < PEER_SECONDS and len(to.healthy()) < PEER_EVENTS * (RECEIVERS - 1):
            time.sleep(0.5)
        taken = to.healthy()
    whole = len(taken) == PEER_EVENTS * (RECEIVERS - 1)
    return len(taken) / (taken[-1][2] - start if whole else PEER_SECONDS)


def _environment(product: Product) -> dict[str, str]:
    """Of the product, as the owner of the database: the peer makes tables of its own."""
    owner = connection_urls(Path(product.environment["VAR_DIR"]))[1]
    return product.environment | {
        "DATABASE_URL": owner,
        "DATABASE_OWNER_URL": owner,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
    }


def _call(arguments: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BenchmarkFailed(f"{' '.join(arguments[:3])} failed:\n{done.stderr[-4000:]}")


@contextmanager
def _relaying(product: Product, environment: dict[str, str]) -> Iterator[None]:
    log = Path(product.environment["VAR_DIR"]) / "relay.log"
    with log.open("wb") as output:
        command = [sys.executable, "manage.py", "deliver_events"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.kill()
            process.wait()
