"""A draft as the page's script shows it: lanes on a time line, what is left out, and what is broken, as plain data.

Times are seconds since midnight of the planned day, each with what a clock shows.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing.planning.day_page.lane_shape import Lanes, own_stops, sums_of
from routing.planning.day_page.target_shape import target_shapes
from routing.planning.draft import Draft, Judged
from routing.planning.models import ExclusionCode
from routing.planning.plan import Exclusion, Route, Stop
from routing.planning.problem import Problem, Span
from routing.planning.problem_building import is_commitment
from routing.planning.publishing import Preview

HOUR = 3600
# What is drawn of a day in which nobody works.
PLAIN_DAY = Span(8 * HOUR, 17 * HOUR)


def plan_shape(
    draft: Draft, judged: Judged, *, version: int, undo: str, is_stale: bool, may_edit: bool, may_open: bool
) -> dict[str, Any]:
    """The whole plan. Three statements.

    Args:
        is_stale: the saved times are not those shown.
        may_open: whether the person may see the pages of targets and appointments.
    """
    problem = judged.ground.problem
    lanes = Lanes(draft, judged, may_open=may_open)
    planned = [stop for route in judged.routes for stop in route.stops if not is_commitment(stop.target_id)]
    excluded = [each for each in judged.excluded if not is_commitment(each.target_id)]
    return {
        "version": version,
        "isEditable": may_edit,
        "isStale": is_stale,
        "axis": axis(problem, judged.routes),
        "lanes": lanes.all(),
        "targets": target_shapes(
            draft.targets.values(), problem=problem, values=judged.ground.values, may_open=may_open
        ),
        "excluded": [_excluded(draft, judged, each) for each in excluded],
        "broken": [{"target": each.target_id, "text": each.message} for each in judged.violations],
        "summary": summary(judged.routes, planned=len(planned), asked=len(planned) + len(excluded)),
        "counted": counted(len(planned), len(draft.suggestion.target_ids)),
        "notes": [note for note in (draft.matrix.note, draft.suggestion.error) if note],
        "undo": undo,
        "publish": {
            "isPossible": bool(planned) and not judged.violations and not is_stale,
            "says": _publishing(planned, judged),
        },
    }


def counted(planned: int, asked: int) -> str:
    """ "15 of 17 planned"."""
    return _("%(planned)d of %(asked)d planned") % {"planned": planned, "asked": asked}


def _publishing(planned: list[Stop], judged: Judged) -> str:
    people = {
        route.employee_id
        for route in judged.routes
        if any(not is_commitment(stop.target_id) for stop in route.stops)
    }
    open_targets = sum(
        each.code != ExclusionCode.NOT_OPEN for each in judged.excluded if not is_commitment(each.target_id)
    )
    return Preview(len(planned), len(people), open_targets).sentence


def axis(problem: Problem, routes: Iterable[Route]) -> dict[str, Any]:
    """From the first start of a shift to the last end, or to the last return where that is later; in whole hours."""
    spans = [employee.day for employee in problem.employees if employee.shifts] or [PLAIN_DAY]
    start = min([*(span[0] for span in spans), *(route.departure for route in routes)]) // HOUR
    end = -(-max([*(span[1] for span in spans), *(route.back for route in routes)]) // HOUR)
    ticks = [{"at": hour * HOUR, "text": problem.clock(hour * HOUR)} for hour in range(start, end + 1)]
    return {"start": start * HOUR, "end": end * HOUR, "ticks": ticks}


def summary(routes: Iterable[Route], *, planned: int, asked: int) -> str:
    """ "9 of 11 targets planned for 3 people · 3 h 20 min travel, 84.2 km · 6 h work · 20 min waiting"."""
    own = [(route, own_stops(route)) for route in routes]
    busy = [(route, stops) for route, stops in own if stops]
    people = len(busy)
    first = ngettext(
        "%(planned)d of %(asked)d targets planned for %(people)d person",
        "%(planned)d of %(asked)d targets planned for %(people)d people",
        people,
    ) % {"planned": planned, "asked": asked, "people": people}
    return " · ".join([first, *sums_of(busy)])


def _excluded(draft: Draft, judged: Judged, each: Exclusion) -> dict[str, Any]:
    job = judged.ground.problem.job[each.target_id]
    return {
        "target": each.target_id,
        "code": each.code,
        "label": _("Left out") if job.is_left_out else str(ExclusionCode(each.code).label),
        "message": each.message,
        "isLeftOut": job.is_left_out,
        "canBePlanned": job.is_open and job.point is not None,
    }
