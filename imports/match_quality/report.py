"""How well a tenant's names are matched, as plain data: for the page, and for `manage.py match_quality`."""

from dataclasses import dataclass
from typing import Any

from imports.match_quality.cases import SAMPLE
from imports.match_quality.judging import (
    Case,
    Outcome,
    Thresholds,
    always,
    at_link,
    outcome,
    present,
)
from imports.match_quality.wording import said

# Link thresholds that are tried beside the present one.
TRIED = (0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class Row:
    """What one link threshold would have done."""

    link: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """Outcomes under the present thresholds, under others, and under those that were asked for."""

    now: Outcome
    rows: list[Row]
    asked: Thresholds | None = None
    then: Outcome | None = None


def report_of(cases: list[Case], asked: Thresholds | None = None) -> Report:
    return Report(
        now=outcome(cases, present),
        rows=[Row(link, outcome(cases, at_link(link))) for link in TRIED],
        asked=asked,
        then=outcome(cases, always(asked)) if asked else None,
    )


def as_json(report: Report) -> dict[str, Any]:
    """For programs: shares from 0 to 1, null where there is nothing to divide by."""
    shown = {"sample": SAMPLE, "now": outcome_as_json(report.now)}
    shown["atLinkThreshold"] = [
        {"linkThreshold": row.link, **outcome_as_json(row.outcome)} for row in report.rows
    ]
    if report.asked and report.then:
        shown["asked"] = {
            "linkThreshold": report.asked.link,
            "reviewThreshold": report.asked.review,
            "margin": report.asked.margin,
            **outcome_as_json(report.then),
            "cases": [_case_as_json(each.case, each.record) for each in report.then.otherwise],
        }
    return shown


def outcome_as_json(result: Outcome) -> dict[str, Any]:
    return {
        "cases": result.cases,
        "links": result.links,
        "right": result.right,
        "unchecked": result.unchecked,
        "otherwise": len(result.otherwise),
        "reviews": result.reviews,
        "precision": result.precision,
        "recall": result.recall,
    }


def _case_as_json(case: Case, record: int) -> dict[str, Any]:
    return {
        "entity": case.entity,
        "sourceSystem": case.source_system,
        "key": case.key,
        "said": said(case),
        "linkedTo": record,
        "decided": case.truth.right,
        case.place[0] + "Id": case.place[1],
    }
