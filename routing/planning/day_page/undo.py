"""What a person may take back of a draft: kept in the session, and void once somebody else has changed the draft."""

from typing import Any

from django.http import HttpRequest

from routing.planning.arranging import Arrangement, as_json, from_json

SESSION_KEY = "planning_undo"
# Changes of one draft that can be taken back, and ids that all of them hold: a session is read with each request.
MOST_CHANGES = 20
MOST_IDS = 6_000


class Undo:
    """The changes of a person to one draft, the last at the end. Others' drafts, and older ones, are forgotten."""

    def __init__(self, request: HttpRequest, suggestion_id: int) -> None:
        self._request = request
        self._suggestion_id = suggestion_id
        kept = request.session.get(SESSION_KEY) or {}
        self._entries: list[dict[str, Any]] = (
            kept["changes"] if kept.get("suggestion") == suggestion_id else []
        )

    def last(self, version: int) -> str:
        """What would be taken back, in words; "" where nothing can."""
        entry = self._top(version)
        return entry["what"] if entry else ""

    def arrangement(self, version: int) -> Arrangement | None:
        """What to go back to; None where the draft was changed otherwise since."""
        entry = self._top(version)
        return from_json(entry["arrangement"]) if entry else None

    def remember(self, before: Arrangement, *, what: str, version: int) -> None:
        """A change that led to `version`."""
        self._entries.append({"version": version, "what": what, "arrangement": as_json(before)})
        size = len(before.planned) + 1
        self._keep(self._entries[-min(MOST_CHANGES, max(1, MOST_IDS // size)) :])

    def taken_back(self, version: int) -> None:
        """The last change was taken back, which led to `version`: the one before is the next."""
        entries = self._entries[:-1]
        if entries:
            entries[-1]["version"] = version
        self._keep(entries)

    def _top(self, version: int) -> dict[str, Any] | None:
        return self._entries[-1] if self._entries and self._entries[-1]["version"] == version else None

    def _keep(self, entries: list[dict[str, Any]]) -> None:
        self._entries = entries
        self._request.session[SESSION_KEY] = {"suggestion": self._suggestion_id, "changes": entries}
