"""What the page's script asks and is told, as JSON."""

from dataclasses import dataclass
from typing import Any

import orjson
from django.http import JsonResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routing.planning.day_page.undo import Undo
from routing.planning.editing import KINDS, Change, Outcome
from routing.planning.refusals import Refused

# Ids beyond belong to nothing.
_Id = Field(default=0, ge=0, lt=2**63)


class BadRequest(Exception):
    """What was asked cannot be read; only a script that is out of date asks so."""


@dataclass(frozen=True)
class Asked:
    """A change, the version that it is made on, and whether it is to be made whatever it breaks."""

    change: Change
    version: int
    insist: bool


class _Body(BaseModel):
    model_config = ConfigDict(strict=True)

    kind: str
    version: int
    target: int | None = _Id
    employee: int = _Id
    position: int = Field(default=0, ge=0, le=10_000)
    insist: bool = False


def asked_change(body: bytes, *, undo: Undo) -> Asked:
    """What a script asks for: `{"kind": "move", "target": 3, "employee": 7, "position": 2, "version": 4}`.

    Raises:
        BadRequest: it is something else.
        Refused: `cannot_undo`.
    """
    try:
        read = _Body.model_validate(orjson.loads(body))
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise BadRequest(_("The page is out of date. Load it again.")) from error
    if read.kind == "undo":
        return Asked(_back(undo, read.version), read.version, insist=True)
    if read.kind not in KINDS or read.kind == "restore":
        raise BadRequest(_("The page is out of date. Load it again."))
    change = Change(read.kind, read.target or 0, read.employee, read.position)
    return Asked(change, read.version, read.insist)


def _back(undo: Undo, version: int) -> Change:
    arrangement = undo.arrangement(version)
    if arrangement is None:
        raise Refused("cannot_undo", _("There is nothing of yours to take back in this plan."))
    return Change("restore", arrangement=arrangement)


def proposal(outcome: Outcome) -> dict[str, Any]:
    """Of a change that was not made, since it breaks something."""
    return {
        "isApplied": False,
        "what": _capital(outcome.what),
        "says": outcome.consequences.says,
        "broken": [violation.message for violation in outcome.consequences.breaks],
    }


def applied(outcome: Outcome, plan: dict[str, Any]) -> dict[str, Any]:
    """Of a change that was made: what it did, and the plan after it."""
    says = f"{_capital(outcome.what)}: {outcome.consequences.says}."
    return {"isApplied": True, "says": says, "plan": plan}


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def fault(code: str, message: str, *, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
