"""How far two names agree, word by word: "Auto Haus Meier" and "Autohaus Maier", "Gebr. Vogt" and "Gebrüder Vogt".

Every word agrees, nearly agrees, is another, or is missing on one side. A rare word that agrees weighs much, a common
one little; a word that is another weighs against, however common it is: "Schmidt Metallbau" is not "Schmidt
Immobilien".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from customers.matching.frequency import Frequencies

# What a near agreement costs of a word's bits: once for being near, then by how far.
NEAR_COST = 1.0
# A word that one side lacks: a constant, and a part of what it weighs; less where it tells a place or is common.
MISSING_WORD = 0.7
MISSING_PART = 0.12
# An abbreviation or initial agrees with this part of the word's weight.
SHORTENED = 0.45

_SAME = {
    "gebr": "gebrueder",
    "soehne": "sohn",
    "soehnen": "sohn",
    "dr": "doktor",
    "st": "sankt",
    "intl": "international",
    "int": "international",
    "verw": "verwaltung",
    "verwaltungs": "verwaltung",
    "beteiligungs": "beteiligung",
    "handels": "handel",
    "vertriebs": "vertrieb",
    "services": "service",
    "dienstleistungen": "dienstleistung",
    "dienstleistungs": "dienstleistung",
    "masch": "maschinen",
    "tech": "technik",
    "techn": "technik",
    "dtsch": "deutsche",
    "ges": "gesellschaft",
    "gesellsch": "gesellschaft",
    "std": "stadt",
    "zentr": "zentrum",
    "logist": "logistik",
    "transp": "transporte",
    "transport": "transporte",
    "spedit": "spedition",
}
# Where of a company, not which: as a city in its name.
_BRANCHES = """
    niederlassung nl filiale fil zentrale hauptsitz sitz werk standort zweigstelle geschaeftsstelle
    aussenstelle
"""
_BRANCH = frozenset(_BRANCHES.split())
_FILLERS = frozenset(
    {"und", "u", "and", "the", "der", "die", "das", "fa", "firma", "inh", "inhaber", "co", "herr", "frau"}
)


@dataclass(frozen=True, slots=True)
class NameAgreement:
    """How two names agree.

    Args:
        bits: for it being the same, negative against.
        most: the bits of the name that came in, agreeing with itself.
        others: pairs of words that stand for each other and do not agree.
        similarity: 0 to 1, to be shown.
        is_equal: whether their words are the same, in whatever order.
        is_missing: whether one side has a word that the other lacks, other than a place.
        near: how many words agree only nearly or shortened.
        shared: bits of the words that agree.
    """

    bits: float
    most: float
    others: int
    similarity: float
    is_equal: bool
    is_missing: bool
    near: int
    shared: float


def compare_names(
    ours: tuple[str, ...],
    theirs: tuple[str, ...],
    frequencies: Frequencies,
    *,
    places: frozenset[str] = frozenset(),
    other_word: float,
) -> NameAgreement:
    """Compare the words of two names.

    Args:
        ours: of what came in.
        places: words that tell where: a city in a name says little.
        other_word: what two words cost, in bits, that stand for each other and do not agree.
    """
    left, right = plain_words(ours), plain_words(theirs)
    bits_of = frequencies.bits
    most = sum(bits_of("name", word) for word in left)
    if sorted(left) == sorted(right):
        return NameAgreement(most, most, 0, 1.0, True, False, 0, most)
    mine, yours = list(left), list(right)
    shared = 0.0
    for word in left:
        if word in yours:
            yours.remove(word)
            mine.remove(word)
            shared += bits_of("name", word)
    near = 0
    weights = {word: bits_of("name", word) for word in (*mine, *yours)}
    for agree in (_joined_exactly, _nearly, _joined, _shortened):
        if not (mine and yours):
            break
        agreed = agree(mine, yours, weights)
        shared += agreed
        near += agreed > 0
    mine, yours = (
        [word for word in rest if word not in places and word not in _BRANCH] for rest in (mine, yours)
    )
    bits = shared - _cost(mine, yours, weights, other_word)
    others = min(len(mine), len(yours))
    return NameAgreement(
        bits, most, others, _similarity(left, right), False, len(mine) != len(yours), near, shared
    )


@lru_cache(maxsize=100_000)
def _similar(one: str, other: str) -> float:
    """How alike two words are, 0 to 1; under 0.8 they are two."""
    shorter, longer = sorted((len(one), len(other)))
    if shorter < 3 or longer > 2 * shorter:
        return 0.0
    if one.isdigit() or other.isdigit():
        return 0.0
    edits = OSA.distance(one, other)
    allowed = 1 if shorter <= 4 else 2 if shorter <= 8 else 3
    if edits > allowed:
        # A slip in the first half leaves little of a common start, one in the second much.
        return jw if (jw := JaroWinkler.similarity(one, other)) >= 0.92 else 0.0
    return 1 - edits / (longer + 2)


@lru_cache(maxsize=50_000)
def plain_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name as they are compared: without fillers, and abbreviations written out."""
    plain = tuple(_SAME.get(word, word) for word in words if word not in _FILLERS)
    return plain or tuple(words)


def _nearly(mine: list[str], yours: list[str], weights: dict[str, float]) -> float:
    """Take out pairs of words that nearly agree, the nearest first; returns their bits."""
    pairs = sorted(
        ((similar, one, other) for one in mine for other in yours if (similar := _similar(one, other))),
        reverse=True,
    )
    bits = 0.0
    for similar, one, other in pairs:
        if one in mine and other in yours:
            mine.remove(one)
            yours.remove(other)
            weight = min(weights[one], weights[other])
            bits += max(0.3 * weight, weight * similar - NEAR_COST)
    return bits


def _joined_exactly(mine: list[str], yours: list[str], weights: dict[str, float]) -> float:
    """What is letter by letter the same, joined: before "Heizungs" is taken for a slip of "Heizungsbau"."""
    return _joined(mine, yours, weights) if "".join(mine) == "".join(yours) else 0.0


def _joined(mine: list[str], yours: list[str], weights: dict[str, float]) -> float:
    """What is left, written as one word or as several."""
    if not mine or not yours or len(mine) == len(yours) == 1:
        return 0.0
    one, other = "".join(mine), "".join(yours)
    if one != other and "".join(sorted(mine)) != "".join(sorted(yours)):
        similar = _similar(one, other)
        if similar < 0.85:
            return _joined_pairs(mine, yours, weights) + _joined_pairs(yours, mine, weights)
    weight = min(sum(weights[word] for word in mine), sum(weights[word] for word in yours))
    mine.clear()
    yours.clear()
    return max(0.3 * weight, weight - NEAR_COST)


def _joined_pairs(apart: list[str], whole: list[str], weights: dict[str, float]) -> float:
    """Two words of one side that are one of the other."""
    for first in list(apart):
        for second in list(apart):
            if first is second:
                continue
            for word in whole:
                if word == first + second or (len(word) > 6 and _similar(word, first + second) > 0.85):
                    apart.remove(first)
                    apart.remove(second)
                    whole.remove(word)
                    return max(1.0, min(weights[first] + weights[second], weights[word]) - NEAR_COST)
    return 0.0


def _shortened(mine: list[str], yours: list[str], weights: dict[str, float]) -> float:
    """Abbreviations and initials: "Masch.bau", "J. Schmidt"."""
    bits = 0.0
    for one in list(mine):
        for other in list(yours):
            short, long = sorted((one, other), key=len)
            if (
                short != long
                and not short.isdigit()
                and long.startswith(short)
                and len(short) in (1, 2, 3, 4, 5, 6)
            ):
                mine.remove(one)
                yours.remove(other)
                bits += SHORTENED * min(weights[one], weights[other]) * (0.4 if len(short) == 1 else 1)
                break
    return bits


def _cost(mine: list[str], yours: list[str], weights: dict[str, float], other_word: float) -> float:
    """What the words that are left cost: pairs that stand for each other, and those that one side lacks."""
    pairs, missing = min(len(mine), len(yours)), abs(len(mine) - len(yours))
    longer = sorted(mine if len(mine) > len(yours) else yours, key=lambda word: weights[word])
    return other_word * pairs + sum(MISSING_WORD + MISSING_PART * weights[word] for word in longer[:missing])


def _similarity(left: Sequence[str], right: Sequence[str]) -> float:
    if sorted(left) == sorted(right):
        return 1.0
    one, other = " ".join(sorted(left)), " ".join(sorted(right))
    return max(JaroWinkler.similarity(one, other), JaroWinkler.similarity(" ".join(left), " ".join(right)))
