"""An explanation as reviews and items keep it."""

from typing import Any


def explanation(*scores: tuple[int, float], said: str = "Rhein Medical") -> dict[str, Any]:
    """Of candidates as (id, score), best first, whose name was compared."""
    (_best, score), *others = scores
    runner_up = {"id": others[0][0], "score": others[0][1]} if others else None
    return {
        "rule": "The best candidate is not safe enough.",
        "fields": [{"field": "name", "incoming": said, "candidate": "Rhein", "score": score}],
        "candidates": [{"id": record_id, "score": each} for record_id, each in scores],
        "runnerUp": runner_up,
        "margin": round(score - (runner_up["score"] if runner_up else 0), 4),
        "policy": {
            "strategy": "ExternalIdThenNameAndAddress",
            **{"linkThreshold": 0.9, "reviewThreshold": 0.5, "margin": 0.1},
        },
        "vetoes": [],
    }
