"""What thresholds would have done on past cases, judged by what staff decided. Pure: plain values in and out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from customers.matching.choice import Scored, choose

# What a link is in the light of what staff decided.
RIGHT, OTHERWISE, UNCHECKED = "right", "otherwise", "unchecked"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure a link must be (API contract, Customer mapping): each from 0 to 1.

    Args:
        link: from this score on the best candidate may be linked.
        review: from this score on a candidate is worth a question.
        margin: how far the best must lie before the second.
    """

    link: float
    review: float
    margin: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What staff said of a reference.

    Args:
        decided: whether they said anything.
        right: the record that they linked it to; None: to none of those that there were.
        wrong: records that they said no to.
    """

    decided: bool = False
    right: int | None = None
    wrong: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """A reference whose name was compared, with the scores that were kept.

    Args:
        entity, source_system, key: which; the key as "id:CUST-1".
        client_id: who sent it; None: the client is gone.
        scored: the candidates, best first, five at most.
        thresholds: those in force at the client, or, where it is gone, those of that day.
        linked: the record that it was linked to by name, without staff.
        truth: what staff said of it.
        asks_unknown: whether staff is asked about what was not found.
        fields: what came in beside the best candidate, as the explanation keeps it: [{"field", "incoming", …}].
        place: the page that shows it: ("review", id) or ("item", id).
    """

    entity: str
    source_system: str
    key: str
    client_id: int | None
    scored: tuple[Scored, ...]
    thresholds: Thresholds
    linked: int | None
    truth: Truth
    asks_unknown: bool
    fields: list[dict[str, Any]]
    place: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Surprise:
    """A case with the record that it would be linked to."""

    case: Case
    record: int


@dataclass(slots=True)
class Outcome:
    """What becomes of some cases.

    Args:
        links: how many are linked without staff, of which staff said `right`, `otherwise`, or nothing (`unchecked`).
        reviews: how many are asked about.
        known: how many have a record that is known to be the right one.
        otherwise: the links that staff decided otherwise.
        new: links that are none today, and that staff said nothing of.
    """

    cases: int = 0
    links: int = 0
    right: int = 0
    unchecked: int = 0
    reviews: int = 0
    known: int = 0
    found: int = 0
    otherwise: list[Surprise] = field(default_factory=list)
    new: list[Surprise] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """Of the links, the share that staff did not decide otherwise; None without a link."""
        return (self.links - len(self.otherwise)) / self.links if self.links else None

    @property
    def recall(self) -> float | None:
        """Of the cases with a known record, the share that is linked to it without staff; None without one."""
        return self.found / self.known if self.known else None


# The thresholds for a case.
Rules = Callable[[Case], Thresholds]


def present(case: Case) -> Thresholds:
    return case.thresholds


def always(thresholds: Thresholds) -> Rules:
    return lambda case: thresholds


def at_link(link: float) -> Rules:
    """Another link threshold and the rest as it is; the review threshold gives way where it would lie above."""

    def rules(case: Case) -> Thresholds:
        now = case.thresholds
        return Thresholds(link, min(now.review, link), now.margin)

    return rules


def outcome(cases: Iterable[Case], rules: Rules) -> Outcome:
    """What becomes of the cases under some thresholds."""
    result = Outcome()
    for case in cases:
        _count(case, rules(case), result)
    return result


def _count(case: Case, thresholds: Thresholds, result: Outcome) -> None:
    result.cases += 1
    known = record_known(case)
    result.known += known is not None
    choice = choose(case.scored, link=thresholds.link, review=thresholds.review, margin=thresholds.margin)
    if choice.kind != "linked" or choice.index is None:
        result.reviews += choice.kind != "notFound" or case.asks_unknown
        return
    record = case.scored[choice.index].id
    result.links += 1
    result.found += known is not None and record == known
    verdict = judged(case, record)
    result.right += verdict == RIGHT
    result.unchecked += verdict == UNCHECKED
    if verdict == OTHERWISE:
        result.otherwise.append(Surprise(case, record))
    elif verdict == UNCHECKED and record != case.linked:
        result.new.append(Surprise(case, record))


def judged(case: Case, record: int) -> str:
    """What a link to a record is, in the light of what staff decided."""
    if record in case.truth.wrong:
        return OTHERWISE
    if not case.truth.decided:
        return UNCHECKED
    return RIGHT if record == case.truth.right else OTHERWISE


def record_known(case: Case) -> int | None:
    """The record that is the right one: staff said so, or it was linked and nobody took it back."""
    if case.truth.decided:
        return case.truth.right
    return case.linked if case.linked not in case.truth.wrong else None
