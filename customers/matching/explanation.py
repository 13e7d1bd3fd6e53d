"""Why it was this record and no other: the same object in the API, in the review and in the import log.

Shape (API contract, Import): `rule`, `fields` (`field`, `incoming`, `candidate`, `score`), `candidates` (`id`,
`score`), `runnerUp`, `margin`, `policy`. Kept with it, and not shown: `vetoes` of the best, which a replay needs.
"""

from collections.abc import Sequence
from typing import Any

from rapidfuzz import fuzz

from customers.matching.agreement import compare_places
from customers.matching.candidates import Candidate
from customers.matching.context import Context, Given
from customers.matching.frequency import ANYWHERE
from customers.matching.identity import place_of
from customers.matching.legal_forms import split_legal_form
from customers.matching.policy import Policy
from customers.matching.snapshot import Record
from customers.normalisation import email_key, name_key, phone_key, split_street

# More would not be read.
MOST = 5
# A text is shown by its start.
MOST_CHARACTERS = 120

Field = dict[str, Any]


def explain_candidates(
    rule: str, context: Context, candidates: Sequence[Candidate], policy: Policy
) -> dict[str, Any]:
    """The explanation of a choice among customers by name and address."""
    fields = _fields_of_best(context, candidates[0], policy) if candidates else []
    scores = [(each.customer, each.score) for each in candidates]
    vetoes = list(candidates[0].vetoes) if candidates else []
    return _explanation(rule, fields, scores, policy) | {"vetoes": vetoes}


def explain_record(
    rule: str, entity: str, given: Given, records: Sequence[Record], policy: Policy, *, is_linked: bool
) -> dict[str, Any]:
    """The explanation of what a reference, a number, an address or an e-mail address led to.

    Args:
        records: what it was linked to, then what else it may be.
    """
    fields = _FIELDS[entity](given, records[0], policy) if records else []
    scores = []
    for place, record in enumerate(records):
        is_sure = is_linked and place == 0
        agreed = _FIELDS[entity](given, record, policy)
        scores.append((record, 1.0 if is_sure else _mean([each["score"] for each in agreed])))
    return _explanation(rule, fields, scores, policy)


def _explanation(
    rule: str, fields: list[Field], scores: Sequence[tuple[Record, float]], policy: Policy
) -> dict[str, Any]:
    # One that the same request creates has no id yet.
    known = [(record, round(score, 4)) for record, score in scores if record.id is not None][:MOST]
    runner_up = known[1] if len(known) > 1 else None
    best = known[0][1] if known else None
    return {
        "rule": rule,
        "fields": fields,
        "candidates": [{"id": record.id, "score": score} for record, score in known],
        "runnerUp": {"id": runner_up[0].id, "score": runner_up[1]} if runner_up else None,
        "margin": None if best is None else round(best - (runner_up[1] if runner_up else 0.0), 4),
        "policy": policy.as_json(),
    }


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores) if scores else 0.0


def _fields_of_best(context: Context, best: Candidate, policy: Policy) -> list[Field]:
    given = context.customer
    assert given is not None
    similar = best.agreement.similar
    rows = [
        ("name", given.text("name"), best.customer.text("name")),
        ("legalForm", *(_form(text) for text in (given.text("name"), best.customer.text("name")))),
    ]
    if context.location is not None and best.location is not None:
        rows += _place_rows(context.location, best.location)
    contact = context.contact
    for name in ("phone", "email"):
        incoming = given.text(name) or (contact.text(name) if contact else "")
        rows.append((name, incoming, best.customer.text(name)))
    return [_field(name, ours, theirs, similar[name]) for name, ours, theirs in rows if name in similar]


def _place_rows(given: Given, record: Record) -> list[tuple[str, str, str]]:
    streets = [split_street(side.text("street")) for side in (given, record)]
    return [
        ("street", given.text("street"), record.text("street")),
        ("houseNumber", streets[0][1], streets[1][1]),
        ("postalCode", given.text("postal_code"), record.text("postal_code")),
        ("city", given.text("city"), record.text("city")),
        ("country", given.text("country"), record.text("country")),
    ]


def _form(name: str) -> str:
    return split_legal_form(name_key(name))[1]


def _field(name: str, ours: str, theirs: str, score: float) -> Field:
    return {
        "field": name,
        "incoming": ours[:MOST_CHARACTERS],
        "candidate": theirs[:MOST_CHARACTERS],
        "score": round(score, 4),
    }


def _customer_fields(given: Given, record: Record, policy: Policy) -> list[Field]:
    rows = [
        ("customerNumber", "number", _equal),
        ("name", "name", _alike),
        (
            "phone",
            "phone",
            lambda one, other: _equal(*(phone_key(x, policy.region) or x for x in (one, other))),
        ),
        ("email", "email", lambda one, other: _equal(email_key(one), email_key(other))),
    ]
    return _compared(given, record, rows)


def _location_fields(given: Given, record: Record, policy: Policy) -> list[Field]:
    ours, theirs = (
        place_of(*(side.text(part) for part in ("street", "postal_code", "city", "country")))
        for side in (given, record)
    )
    similar = compare_places(ours, theirs, ANYWHERE).similar
    rows = _place_rows(given, record)
    named = _compared(given, record, [("name", "name", _alike)])
    return named + [_field(name, one, other, similar[name]) for name, one, other in rows if name in similar]


def _contact_fields(given: Given, record: Record, policy: Policy) -> list[Field]:
    rows = [
        ("displayName", "display_name", _alike),
        (
            "phone",
            "phone",
            lambda one, other: _equal(*(phone_key(x, policy.region) or x for x in (one, other))),
        ),
        ("email", "email", lambda one, other: _equal(email_key(one), email_key(other))),
    ]
    return _compared(given, record, rows)


def _compared(given: Given, record: Record, rows: Sequence[tuple[str, str, Any]]) -> list[Field]:
    """Fields that both sides have."""
    return [
        _field(name, ours, theirs, score(ours, theirs))
        for name, column, score in rows
        if (ours := given.text(column)) and (theirs := record.text(column))
    ]


def _equal(one: str, other: str) -> float:
    return float(one == other)


def _alike(one: str, other: str) -> float:
    return fuzz.token_sort_ratio(name_key(one), name_key(other)) / 100


_FIELDS = {"customer": _customer_fields, "location": _location_fields, "contact": _contact_fields}
