"""What others make of the same fields: Splink, trained on them, and a plain trigram top-1.

Each answers for every arrival with the record that it holds for the best, and how sure it is.
"""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.match_sets import MatchSet, Row


@dataclass(frozen=True)
class Answer:
    """The best record for an arrival. `truths`: of the best five, best first."""

    score: float
    truths: list[str]


NONE = Answer(0.0, [])
_MOST = 5


def trigram(case: MatchSet) -> list[Answer]:
    """The share of three-letter sequences that name and address have in common."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer="char_wb", ngram_range=(3, 3), binary=True)
    known = counter.fit_transform(map(_text, case.registry))
    asked = counter.transform(map(_text, case.arrivals))
    sizes, ours = known.sum(axis=1).A1, asked.sum(axis=1).A1
    answers = []
    for number in range(asked.shape[0]):
        common = (known @ asked[number].T).toarray().ravel()
        similar = common / (sizes + ours[number] - common)
        best = similar.argsort()[::-1][:_MOST]
        answers.append(Answer(float(similar[best[0]]), [case.registry[i].truth or "" for i in best]))
    return answers


def _text(row: Row) -> str:
    return f"{row.name} {row.street} {row.postal_code} {row.city} {row.phone} {row.email}".lower()


def splink(case: MatchSet) -> list[Answer]:
    """Fellegi and Sunter's model, its parameters learned from the two tables by expectation maximisation."""
    warnings.filterwarnings("ignore")
    import pandas
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    database = DuckDBAPI()
    tables = [
        database.register(
            pandas.DataFrame([_columns(i, row) for i, row in enumerate(rows)]), dataset_display_name=name
        )
        for rows, name in ((case.registry, "registry"), (case.arrivals, "arrivals"))
    ]
    frequent: dict[str, Any] = {"term_frequency_adjustments": True}
    comparisons = [
        cl.JaroWinklerAtThresholds("first", [0.92, 0.8]).configure(**frequent),
        cl.JaroWinklerAtThresholds("last", [0.92, 0.8]).configure(**frequent),
        cl.JaroWinklerAtThresholds("street", [0.92, 0.8]).configure(**frequent),
        cl.ExactMatch("house").configure(**frequent),
        cl.LevenshteinAtThresholds("postal_code", [1, 2]),
        cl.JaroWinklerAtThresholds("city", [0.92, 0.8]).configure(**frequent),
    ]
    if any(row.phone for row in case.registry):
        comparisons += [cl.ExactMatch("phone"), cl.ExactMatch("domain").configure(**frequent)]
        comparisons += [cl.ExactMatch("form")]
    blocks = [
        block_on("first", "city"),
        *(block_on("last", "city"), block_on("first", "postal_code"), block_on("last", "postal_code")),
        *(block_on("street", "house"), block_on("first", "last"), block_on("postal_code", "house")),
        *(block_on("first", "street"), block_on("last", "street"), block_on("name")),
        *(block_on("city", "house"), block_on("street"), block_on("substr(last, 1, 3)", "postal_code")),
        *(block_on("substr(first, 1, 3)", "postal_code"), block_on("substr(street, 1, 4)", "city")),
        # Given name and surname may have changed places.
        "l.first = r.last and l.city = r.city",
    ]
    settings = SettingsCreator(
        link_type="link_only", comparisons=comparisons, blocking_rules_to_generate_predictions=blocks
    )
    linker = Linker(tables, settings, log_level=logging.WARNING)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("name", "postal_code"), block_on("name", "street")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    for rule in (block_on("first", "last"), block_on("street", "house"), block_on("postal_code", "city")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_weight=-20).as_pandas_dataframe()
    return _best(pairs, case)


def _columns(number: int, row: Row) -> dict[str, Any]:
    """Our own normalisation, so that the peer is judged by what it makes of the fields and not by their spelling."""
    from customers.matching.identity import identity_of, place_of

    identity = identity_of(row.name, phones=(row.phone,), emails=(row.email,), region="DE")
    place = place_of(row.street, row.postal_code, row.city)
    words = identity.words or ("",)
    return {
        "unique_id": number,
        "name": " ".join(sorted(words)) or None,
        "first": words[0] or None,
        "last": " ".join(words[1:]) or None,
        "form": identity.form or None,
        "street": place.street or None,
        "house": place.house or None,
        "postal_code": place.postal or None,
        "city": place.city or None,
        "phone": next(iter(identity.phones), None),
        "domain": next(iter(identity.domains), None),
    }


def _best(pairs: Any, case: MatchSet) -> list[Answer]:
    """Of each arrival the records with the highest match weight."""
    left_is_registry = pairs["source_dataset_l"].iloc[0] == "registry"
    ours, theirs = ("unique_id_r", "unique_id_l") if left_is_registry else ("unique_id_l", "unique_id_r")
    found: list[Answer] = [NONE] * len(case.arrivals)
    ordered = pairs.sort_values("match_weight", ascending=False)
    for number, group in ordered.groupby(ours, sort=False):
        truths: Sequence[str] = [case.registry[i].truth or "" for i in group[theirs].head(_MOST)]
        found[int(number)] = Answer(float(group["match_weight"].iloc[0]), list(truths))
    return found
