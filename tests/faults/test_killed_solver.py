"""A worker killed while it solves: another one solves the suggestion, once."""

import json
from typing import Any

import pytest

from tests.faults.calls import BATCH, Api
from tests.faults.served_product import ServedProduct
from tests.running.product import descendants, eventually, is_alive, kill

SUGGESTIONS = "/api/connect/v1/route-suggestions"
DAY = "2026-09-02"
# So many take the solver longer than it takes to kill it.
TARGETS = 150


@pytest.fixture
def demo(product: ServedProduct) -> Api:
    """The demo's client: its tenant has employees."""
    return Api(product.server, json.loads((product.var_dir / "demo.json").read_text())["apiKey"])


def a_days_targets(demo: Api) -> list[int]:
    items = [
        {
            "externalId": f"SOLVE-{number}",
            "title": "Visit",
            "location": {
                "latitude": 51.4 + number % 13 / 100,
                "longitude": 6.95 + number % 17 / 60,
                "street": f"Weg {number}",
            },
            "planning": {"routeDate": DAY, "estimatedWorkMinutes": 20},
        }
        for number in range(TARGETS)
    ]
    answer = demo.post(BATCH, {"items": items})
    assert answer.status == 202, answer.json
    return [item["targetId"] for item in answer.json["items"]]


def state_of(product: ServedProduct, suggestion_id: int) -> tuple[Any, ...]:
    (row,) = product.rows(
        "SELECT status, claim, progress FROM planning_routesuggestion WHERE id = %s", suggestion_id
    )
    return row


def test_another_worker_solves_it(product: ServedProduct, demo: Api) -> None:
    targets = a_days_targets(demo)
    asked = demo.post(SUGGESTIONS, {"targetIds": targets, "date": DAY, "timeLimitSeconds": 8})
    assert asked.status == 202, asked.json
    suggestion_id = asked.json["routeSuggestionId"]
    # Well into the search, not only claimed.
    assert eventually(lambda: 0.1 < state_of(product, suggestion_id)[2] < 1), product.log[-4000:]

    worker = product.worker()
    killed = [worker, *descendants(worker)]
    for process in killed:
        kill(process)
    assert eventually(lambda: not any(map(is_alive, killed)))
    left = state_of(product, suggestion_id)
    assert left[0] == "Solving"
    # Instead of waiting for the lease to end.
    product.rows(
        "UPDATE planning_routesuggestion SET claimed_until = now() WHERE id = %s RETURNING 1", suggestion_id
    )

    assert eventually(lambda: state_of(product, suggestion_id)[0] == "Draft"), product.log[-4000:]
    plan = demo.get(f"{SUGGESTIONS}/{suggestion_id}").json
    planned = [stop["targetId"] for route in plan["routes"] for stop in route["stops"]]
    excluded = [each["targetId"] for each in plan["excludedTargets"]]
    assert sorted(planned + excluded) == sorted(targets)
    told = product.number(
        """
        SELECT count(*) FROM events_event WHERE type = 'route.suggestion.created'
        AND (facts->'routeSuggestion'->>'id')::bigint = %s""",
        suggestion_id,
    )
    assert told == 1
