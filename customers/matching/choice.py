"""Which of the scored candidates it is: linked, ambiguous, a question, or none. Pure, and decided by tables.

Source: API contract, Customer mapping (`ExternalIdThenNameAndAddress`). A wrong link is worse than a missing one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["linked", "ambiguous", "manualReview", "notFound"]

# Scores are told and kept to four decimals; what is nearer than this is equal.
_ROUNDING = 1e-6

_RULES = {
    "linked": "One candidate is clearly best.",
    "ambiguous": "Several candidates are near each other.",
    "doubt": "The best candidate agrees well, but something speaks against it.",
    "weak": "The best candidate is not safe enough.",
    "notFound": "No candidate reaches the threshold for review.",
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate.

    Args:
        id: of the record; 0: of one that is new.
        score: 0 to 1.
        vetoes: why it may not be linked without a person, however high its score (see `doubts`).
    """

    id: int
    score: float
    vetoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and by which rule.

    Args:
        index: of the candidate that is linked; None: none is.
        rule: a sentence.
    """

    kind: Kind
    index: int | None
    rule: str


def choose(scored: Sequence[Scored], *, link: float, review: float, margin: float) -> Choice:
    """Choose among candidates.

    Args:
        scored: best first.
        link: from this score on a candidate is linked.
        review: from this score on staff is asked.
        margin: by so much it must beat the next.
    """
    if not scored or scored[0].score + _ROUNDING < review:
        return Choice("notFound", None, _RULES["notFound"])
    best = scored[0]
    lead = best.score - scored[1].score if len(scored) > 1 else best.score
    if len(scored) > 1 and lead + _ROUNDING < margin and scored[1].score + _ROUNDING >= review:
        return Choice("ambiguous", None, _RULES["ambiguous"])
    if best.vetoes:
        return Choice("manualReview", None, _RULES["doubt"])
    if best.score + _ROUNDING < link:
        return Choice("manualReview", None, _RULES["weak"])
    return Choice("linked", 0, _RULES["linked"])
