"""How well names and addresses are matched: Febrl 4 and German companies, beside Splink and a trigram top-1.

The product is asked through its own API, one arrival at a time, so that none sees another. Thresholds are chosen on
one half of what comes in and reported on the other; the defaults are reported beside them.
"""

import http.client
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import orjson

from ordinavo_connect.running.steps import say, step
from tests.benchmarks import match_peers
from tests.benchmarks.figures import Figure
from tests.benchmarks.match_peers import Answer
from tests.benchmarks.match_sets import MatchSet, Row, febrl, german_companies
from tests.benchmarks.workplace import Workplace

A_REQUEST = 1_000
SCOPES = "inbound.targets.write,inbound.targets.batch.write,customers.map,customers.read,customers.write"
GOAL_PRECISION = 0.999
GOAL_RECALL = 0.983
GOAL_DECIDED = 0.80
GOAL_TOP_FIVE = 0.98
# So permissive that every best candidate without a doubt is linked: what stricter thresholds do follows from it.
_OPEN = ("--link-threshold", "0.2", "--review-threshold", "0.2", "--margin", "0")


@dataclass(frozen=True)
class Asked:
    """What the product said of an arrival.

    Args:
        scores: of the best five, best first.
        truths: of the same.
        is_doubted: whether the best may not be linked without a person.
    """

    truth: str | None
    scores: list[float]
    truths: list[str]
    is_doubted: bool


@dataclass(frozen=True)
class Thresholds:
    link: float
    review: float
    margin: float


@dataclass(frozen=True)
class Quality:
    """Shares, 0 to 1; `wrong` is a count."""

    precision: float
    recall: float
    decided: float
    top_five: float
    wrong: int


def run(work: Workplace) -> list[Figure]:
    figures: list[Figure] = []
    for case in (febrl(), german_companies()):
        with step(f"match_quality: asking the product about {len(case.arrivals):,} of {case.name}"):
            asked = _ask(work, case)
        figures += _figures(case, asked)
    return figures


def _figures(case: MatchSet, asked: list[Asked]) -> list[Figure]:
    from ordinavo_connect.clients.models import LINK_THRESHOLD, MARGIN, REVIEW_THRESHOLD

    first, second = asked[::2], asked[1::2]
    chosen = _chosen(first)
    quality = judge(second, chosen)
    default = judge(second, Thresholds(LINK_THRESHOLD, REVIEW_THRESHOLD, MARGIN))
    peers = _peers(case)
    how = (
        f"link ≥ {chosen.link:.2f} chosen on the other half; at the defaults precision {default.precision:.4f}, "
        f"recall {default.recall:.4f}, decided {default.decided:.3f}; {peers}"
    )
    figure, goal, value = (
        ("recall", GOAL_RECALL, quality.recall)
        if case.name == "febrl4"
        else ("decided", GOAL_DECIDED, quality.decided)
    )
    name = f"match_quality.{case.name}"
    return [
        Figure(f"{name}.precision", quality.precision, "", GOAL_PRECISION, compared=how, parts=vars(quality)),
        Figure(
            f"{name}.{figure}", value, "", goal, compared=f"{quality.wrong} wrong links", parts=vars(default)
        ),
        Figure(f"{name}.top_five", quality.top_five, "", GOAL_TOP_FIVE, compared="right record among five"),
    ]


def judge(asked: Sequence[Asked], thresholds: Thresholds) -> Quality:
    """What these thresholds make of answers."""
    from customers.matching.choice import Scored, choose

    linked = right = decided = found = 0
    known = sum(each.truth is not None for each in asked)
    for each in asked:
        vetoes = ("doubt",) if each.is_doubted else ()
        scored = [Scored(i, score, vetoes if i == 0 else ()) for i, score in enumerate(each.scores)]
        choice = choose(scored, link=thresholds.link, review=thresholds.review, margin=thresholds.margin)
        is_right = choice.kind == "linked" and each.truths[0] == each.truth
        linked += choice.kind == "linked"
        right += is_right
        decided += is_right or (choice.kind == "notFound" and each.truth is None)
        found += each.truth is not None and each.truth in each.truths
    return Quality(right / max(1, linked), right / known, decided / len(asked), found / known, linked - right)


def _chosen(asked: Sequence[Asked]) -> Thresholds:
    """The lowest threshold for linking at which the precision holds, the rest as the defaults."""
    from ordinavo_connect.clients.models import MARGIN, REVIEW_THRESHOLD

    grid = [Thresholds(step / 100, REVIEW_THRESHOLD, MARGIN) for step in range(99, 59, -1)]
    held = [each for each in grid if judge(asked, each).precision >= GOAL_PRECISION]
    return min(held, key=lambda each: each.link, default=grid[0])


def _peers(case: MatchSet) -> str:
    told = []
    for name, peer in (("Splink", match_peers.splink), ("trigrams", match_peers.trigram)):
        say(f"match_quality: {name} on {case.name} …")
        told.append(f"{name} {_peer_quality(peer, case)}")
    return "; ".join(told)


def _peer_quality(peer: Callable[[MatchSet], list[Answer]], case: MatchSet) -> str:
    """At the lowest score at which its links of one half are as precise, what it links of the other."""
    answers = list(zip(peer(case), case.arrivals, strict=True))
    first, second = answers[::2], answers[1::2]
    score = _score_for(first)
    linked = [(a, row) for a, row in second if a.truths and a.score >= score]
    right = sum(a.truths[0] == row.truth for a, row in linked)
    known = sum(row.truth is not None for _, row in second)
    among = sum(row.truth is not None and row.truth in a.truths for a, row in second)
    return f"precision {right / max(1, len(linked)):.4f} at recall {right / known:.4f}, among five {among / known:.4f}"


def _score_for(answers: Sequence[tuple[Answer, Row]]) -> float:
    ordered = sorted((a.score, bool(a.truths) and a.truths[0] == row.truth) for a, row in answers)
    ordered.reverse()
    best, right = float("inf"), 0
    for number, (score, is_right) in enumerate(ordered, 1):
        right += is_right
        if right / number >= GOAL_PRECISION:
            best = score
    return best


# Asking the product


def _ask(work: Workplace, case: MatchSet) -> list[Asked]:
    from customers.matching.counting import count_words
    from customers.models import ExternalReference
    from ordinavo_connect.clients.models import IntegrationClient

    registry = _client(work, case, "registry", "--auto-create-customers", "--auto-create-locations")
    for body in _batches(case):
        _post(work.product.port, registry["apiKey"], "/inbound/targets/batch", body)
    tenant_id = IntegrationClient.objects.get(pk=registry["integrationClientId"]).tenant_id
    count_words(tenant_id)
    references = ExternalReference.objects.filter(tenant_id=tenant_id, entity_type="customer")
    truths = dict(references.values_list("customer_id", "external_id"))
    names = _client(work, case, "arrivals", "--strategy", "ExternalIdThenNameAndAddress", *_OPEN)

    def ask(number: int) -> Asked:
        row = case.arrivals[number]
        body = orjson.dumps(_item(f"A-{number}", f"A-{number}", row, case))
        path = "/inbound/targets?dryRun=true&explain=true"
        answer = _post(work.product.port, names["apiKey"], path, body)
        return _asked(row, answer["items"][0]["customerMapping"], truths)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(ask, range(len(case.arrivals))))


def _asked(row: Row, mapping: dict[str, Any], truths: dict[int, str]) -> Asked:
    why = mapping["explanation"]["customer"] or {"candidates": []}
    candidates = why["candidates"]
    return Asked(
        row.truth,
        [each["score"] for each in candidates],
        [truths[each["id"]] for each in candidates],
        mapping["matchedBy"]["customer"] is None,
    )


def _client(work: Workplace, case: MatchSet, name: str, *settings: str) -> dict[str, Any]:
    made: dict[str, Any] = orjson.loads(
        work.product.manage(
            *("create_client", "--tenant", f"quality-{case.name}", "--name", name, "--source-system", name),
            *("--scopes", SCOPES, "--rate-limit", "1000000", "--json", *settings),
        )
    )
    return made


def _batches(case: MatchSet) -> Iterator[bytes]:
    for start in range(0, len(case.registry), A_REQUEST):
        rows = case.registry[start : start + A_REQUEST]
        items = [_item(f"R-{start + n}", row.truth or "", row, case) for n, row in enumerate(rows)]
        yield orjson.dumps({"items": items})


def _item(external_id: str, customer_id: str, row: Row, case: MatchSet) -> dict[str, Any]:
    return {
        "externalId": external_id,
        "title": "Visit",
        # A name that is missing is a dash: nothing is created without one, and nothing found.
        "customer": {
            "externalId": customer_id,
            "name": row.name or "-",
            "phone": row.phone or None,
            "email": row.email or None,
        },
        "location": {
            "street": row.street or None,
            "postalCode": row.postal_code or None,
            "city": row.city or None,
            "country": case.country,
        },
    }


def _post(port: int, key: str, path: str, body: bytes) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", f"/api/connect/v1{path}", body, headers)
        response = connection.getresponse()
        text = response.read()
        assert response.status < 300, text[:500]
        answer: dict[str, Any] = orjson.loads(text)
        return answer
    finally:
        connection.close()
