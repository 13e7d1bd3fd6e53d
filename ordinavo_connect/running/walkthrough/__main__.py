"""Run by `make demo`: exit code 0 where every step went through, 1 where one failed."""

import json
import os
import sys
from pathlib import Path

from ordinavo_connect.running.steps import say
from ordinavo_connect.running.walkthrough.doors import DoorClosed
from ordinavo_connect.running.walkthrough.play import Walk, play

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    file = Path(os.environ.get("VAR_DIR") or ROOT / "var") / "demo.json"
    try:
        demo = json.loads(file.read_text())
    except OSError:
        print(
            f"{file} is not there: start the product first, with `make up` in another terminal.",
            file=sys.stderr,
        )
        return 1
    try:
        walk = play(demo, ROOT)
    except DoorClosed as problem:
        print(f"This step failed: {problem}", file=sys.stderr)
        return 1
    say(_where_to_look(walk))
    return 0


def _where_to_look(walk: Walk) -> str:
    base = walk.demo["baseUrl"]
    day = walk.day.isoformat()
    pages = (
        ("The target's life", f"/admin/imports/target/{walk.targets[0]['targetId']}/change/"),
        ("The day", f"/admin/planning/routesuggestion/day/?date={day}"),
        ("The report", f"/admin/visits/visitreport/{walk.reports[0]['id']}/change/"),
        ("Billing", "/admin/billing/billingevent/"),
        ("My Day", "/my-day/"),
    )
    lines = [f"  {name:<18}{base}{path}" for name, path in pages]
    return "\n".join(["", "It is all there to look at:", *lines])


if __name__ == "__main__":
    sys.exit(main())
