"""A client's rate limit, counted across server processes (API contract, Errors)."""

import time

from tests.faults.calls import V1, at_once
from tests.faults.served_product import ServedProduct

LIMIT = 20
WINDOW_SECONDS = 60


def test_exactly_as_many_pass_as_may(product: ServedProduct, tenant: str) -> None:
    assert len(product.web_workers()) > 1
    api = product.new_client(tenant, limit=LIMIT)
    answers = at_once([lambda: api.get(f"{V1}/integration/health")] * (3 * LIMIT))
    now = time.time()
    passed = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert len(passed) == LIMIT
    assert {(answer.status, answer.code) for answer in refused} == {(429, "rate_limited")}
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {str(LIMIT)}
    # Each that passed sees a remainder of its own: they were counted one by one.
    assert sorted(int(answer.headers["x-ratelimit-remaining"]) for answer in passed) == list(range(LIMIT))
    assert {answer.headers["x-ratelimit-remaining"] for answer in refused} == {"0"}
    resets = {int(answer.headers["x-ratelimit-reset"]) for answer in answers}
    assert len(resets) == 1
    assert now < resets.pop() <= now + WINDOW_SECONDS + 1
    assert all(0 < int(answer.headers["retry-after"]) <= WINDOW_SECONDS for answer in refused)


def test_another_client_is_not_touched(product: ServedProduct, tenant: str) -> None:
    busy, other = product.new_client(tenant, limit=1), product.new_client(f"{tenant}-other", limit=1)
    assert [busy.get(f"{V1}/integration/health").status for _ in range(2)] == [200, 429]
    assert other.get(f"{V1}/integration/health").status == 200
