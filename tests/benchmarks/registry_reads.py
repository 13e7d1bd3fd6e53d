"""Reading a registry of 1,000,000 customers by the API: each filter and each kind of search, one request at a time.

The requests of a kind differ from each other, and go round the kinds by turns: a server that is asked all day is
warm, but no page is answered from what the one before left by chance. The slowest kind decides.
"""

from collections.abc import Callable
from urllib.parse import quote

import orjson

from ordinavo_connect.running.steps import say, step
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.load import BASE, send
from tests.benchmarks.workplace import Workplace

CUSTOMERS = 1_000_000
REQUESTS = 40
WARM_UP = 5
GOAL_MS = 100.0
TENANT = SOURCE_SYSTEM = "bench-large"

# What is asked for, as the n-th request of its kind. The names of the registry share few words (tests.benchmarks.
# registry): six trades, one of them in each name, and a number that is its own.
_TRADES = ("medical", "bäckerei", "logistik", "kältetechnik", "hausverwaltung", "retail")
_CITIES = ("essen", "bochum", "dortmund", "köln", "münster")
KINDS: dict[str, Callable[[int], str]] = {
    "list": lambda n: f"/{_kind(n)}",
    "updatedAfter": lambda n: f"/{_kind(n)}?updatedAfter=20{10 + n % 16}-01-01T00:00:00Z",
    "updatedAfter, none": lambda n: f"/{_kind(n)}?updatedAfter=2099-01-01T00:00:00Z",
    "customerNumber": lambda n: f"/{_kind(n)}?customerNumber=K-{_any(n):07d}",
    "externalId": lambda n: f"/{_kind(n)}?externalId={('CUST', 'LOC', 'CONT')[n % 3]}-{_any(n):07d}",
    "search, number": lambda n: f"/customers?search=k{_any(n):07d}",
    "search, external ID": lambda n: f"/{_kind(n)}?search={('CUST', 'LOC', 'CONT')[n % 3]}-{_any(n):07d}",
    "search, rare word": lambda n: f"/{_kind(n)}?search={_any(n)}",
    "search, rare and common": lambda n: f"/{_kind(n)}?search={quote(_TRADES[n % 6])}+{_any(n)}+gmbh",
    "search, common word": lambda n: f"/{_kind(n)}?search={quote((*_TRADES, 'gmbh')[n % 7])}",
    "search, common words": lambda n: f"/locations?search={quote(_CITIES[n % 5])}+{quote(_TRADES[n % 6])}",
    "search, never together": lambda n: (
        f"/{_kind(n)}?search={quote(_TRADES[n % 6])}+{quote(_TRADES[(n + 1) % 6])}"
    ),
    "search, no such word": lambda n: f"/{_kind(n)}?search=zzqx{n}",
    "search, short word": lambda n: f"/{_kind(n)}?search={('qx', 'ag', 'k', '99', 'gm')[n % 5]}",
    "search and updatedAfter": lambda n: f"/customers?search={_any(n)}&updatedAfter=2020-01-01T00:00:00Z",
}


def run(work: Workplace) -> list[Figure]:
    """A tenant of its own, so that the other benchmarks keep their registry."""
    from ordinavo_connect.clients.models import IntegrationClient
    from tests.benchmarks import large_registry

    made = orjson.loads(
        work.product.manage(
            *("create_client", "--tenant", TENANT, "--name", "Large", "--source-system", SOURCE_SYSTEM),
            *("--scopes", "customers.read", "--rate-limit", "1000000", "--json"),
        )
    )
    tenant_id = IntegrationClient.objects.get(pk=made["integrationClientId"]).tenant_id
    with step(
        f"registry_reads: loading {CUSTOMERS:,} customers, each with location, contact and external IDs"
    ):
        large_registry.load(tenant_id=tenant_id, source_system=SOURCE_SYSTEM, customers=CUSTOMERS)
    latencies = _asked(port=work.product.port, key=made["apiKey"])
    return _figures(latencies)


def _asked(*, port: int, key: str) -> dict[str, list[float]]:
    """Milliseconds of each request, by kind."""
    latencies: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(WARM_UP + REQUESTS):
        if number % 10 == 0:
            say(f"registry_reads: request {number} of each kind …")
        for kind, path in KINDS.items():
            request = _get(path(number), key=key, port=port)
            latency = send([request], port=port, connections=1).latencies[0] * 1000
            if number >= WARM_UP:
                latencies[kind].append(latency)
    return latencies


def _figures(latencies: dict[str, list[float]]) -> list[Figure]:
    p95 = {kind: percentile(values, 95) for kind, values in latencies.items()}
    slowest = max(p95, key=lambda kind: p95[kind])
    shown = ", ".join(f"{kind} {p95[kind]:.0f}" for kind in sorted(p95, key=lambda kind: -p95[kind]))
    return [
        Figure(
            *("registry_reads", p95[slowest], "ms", GOAL_MS, True),
            compared=f"p95 of the slowest kind, {slowest}, among {CUSTOMERS:,} customers; in ms: {shown}",
            parts={
                kind: {"p50Ms": round(percentile(values, 50), 1), "p95Ms": round(p95[kind], 1)}
                for kind, values in latencies.items()
            },
        )
    ]


def _kind(number: int) -> str:
    return ("customers", "locations", "contacts")[number % 3]


def _any(number: int) -> int:
    """A customer's number, far from that of the request before."""
    return number * 7_919 * 104_729 % CUSTOMERS


def _get(path: str, *, key: str, port: int) -> bytes:
    head = f"GET {BASE}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n"
    return head.encode()
