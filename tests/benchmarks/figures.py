"""A measured figure: what was reached, what the goal is, and what it was compared to."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RUNS = 3


@dataclass(frozen=True)
class Figure:
    """One line of the report.

    Args:
        name: the benchmark, and after a dot what of it: "batch_import.bare_sql".
        value: in `unit`.
        goal: in `unit`, a floor; a ceiling where `at_most`.
        compared: what it was compared to, and how it was measured.
        parts: the figures that it was computed from, for the file.
    """

    name: str
    value: float
    unit: str
    goal: float
    at_most: bool = False
    compared: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        is_met = self.value <= self.goal if self.at_most else self.value >= self.goal
        return "met" if is_met else "short"

    @property
    def goal_text(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {number(self.goal)} {self.unit}"

    def line(self) -> str:
        """`name  value  goal  met|short  compared to`."""
        value = f"{number(self.value)} {self.unit}"
        return f"{self.name:<26}  {value:>13}  {self.goal_text:>15}  {self.verdict:<5}  {self.compared}"

    def as_json(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "goal": self.goal_text,
            "verdict": self.verdict,
            "comparedTo": self.compared,
            "parts": dict(self.parts),
            "measuredAt": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "processors": os.cpu_count(),
        }


def number(value: float) -> str:
    """Three digits that count, no more: 4,012 and 0.517 and 25."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile. Raises: IndexError where there are no values."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def write(figures: Sequence[Figure], path: Path) -> None:
    """Merge figures into the file: those of other benchmarks stay."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        known = {}
    known |= {figure.name: figure.as_json() for figure in figures}
    path.write_text(json.dumps(known, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
