"""Changing a draft by hand: moved, pinned, left out, put back, taken back.

Each change is one transaction and a compare-and-set on the draft's version: of two managers who change the same
version, one is told who was first. The whole plan is judged by the rules each time, so that times, faults and the
reasons of what is left out are those of the plan as it is saved. A change that breaks a rule which held before is not
made until the person insists; then the draft keeps the fault by name, and publishing refuses it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db import transaction
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import User
from routing.planning import arranging, requests
from routing.planning.arranging import Arrangement, NoSuchPlace
from routing.planning.consequences import Consequences, consequences
from routing.planning.draft import Draft, Judged, lay_out
from routing.planning.models import ExcludedTarget, RouteSuggestion, SuggestionStatus
from routing.planning.plan import Plan
from routing.planning.problem_building import is_commitment
from routing.planning.refusals import Refused
from routing.planning.saving import write_plan

# A log entry of the admin holds any text; a sentence of it is read at a glance.
LONGEST_SENTENCE = 300


@dataclass(frozen=True)
class Change:
    """What a person asks for.

    Args:
        kind: one of KINDS.
        target_id: what it is about; 0 where it is about the whole plan.
        employee_id, position: where `move` puts it; published appointments count, from 1.
        arrangement: what `restore` goes back to.
    """

    kind: str
    target_id: int = 0
    employee_id: int = 0
    position: int = 0
    arrangement: Arrangement | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a change.

    Args:
        is_applied: False: it would break what `consequences.breaks` names, and nothing was changed.
        what: the change as a sentence without a subject: "moved Klinik Nord to Jana Weber".
        draft: as it was before the change.
        judged: the plan as it is, or would be, after the change.
        version: of the suggestion now.
    """

    is_applied: bool
    what: str
    consequences: Consequences
    draft: Draft
    judged: Judged
    version: int


def change_draft(
    suggestion: RouteSuggestion,
    change: Change,
    *,
    version: int,
    by: User,
    now: datetime,
    insist: bool = False,
) -> Outcome:
    """Make a change, unless it breaks a rule and the person does not insist.

    Raises:
        Refused: `changed_meanwhile` (another version: it says who changed it), `not_a_draft`, `no_such_place` (the
            target or the place is not there), `cannot_be_planned`. Nothing was changed.
    """
    _refuse_other_states(suggestion, version)
    draft = lay_out(suggestion)
    arrangement = _arranged(draft, change)
    judged = draft.judged(arrangement)
    outcome = Outcome(
        is_applied=False,
        what=_sentence(draft, change),
        consequences=consequences(draft.now, judged, target_id=change.target_id),
        draft=draft,
        judged=judged,
        version=version,
    )
    if outcome.consequences.breaks and change.kind not in _UNASKED and not insist:
        return outcome
    save(draft, judged, version=version, what=outcome.what, by=by, now=now)
    return replace(outcome, is_applied=True, version=version + 1)


@transaction.atomic
def save(draft: Draft, judged: Judged, *, version: int, what: str, by: User, now: datetime) -> None:
    """Store a judged arrangement as the next version, and who did it.

    Raises:
        Refused: as `change_draft`.
    """
    suggestion = draft.suggestion
    mine = RouteSuggestion.objects.filter(pk=suggestion.pk, status=SuggestionStatus.DRAFT, version=version)
    if mine.update(version=version + 1) != 1:
        _refuse_other_states(suggestion, version)
    taken_out = judged.arrangement.left_out
    write_plan(
        suggestion,
        problem=judged.ground.problem,
        plan=Plan(
            routes=judged.routes,
            excluded=tuple(reason for reason in judged.excluded if reason.target_id not in taken_out),
        ),
        pinned=frozenset(judged.arrangement.pins),
        left_out=[
            ExcludedTarget(target_id=reason.target_id, code=reason.code, message=reason.message)
            for reason in judged.excluded
            if reason.target_id in taken_out
        ],
    )
    _note(suggestion, what, by=by, now=now)


@transaction.atomic
def solve_draft_again(suggestion: RouteSuggestion, *, version: int, by: User, now: datetime) -> None:
    """Have the rest planned anew around what is pinned, and without what was left out.

    Raises:
        Refused: as `change_draft`.
    """
    _refuse_other_states(suggestion, version)
    requests.solve_again(suggestion, version=version)
    _note(suggestion, _("planned it again around what is pinned"), by=by, now=now)


def _note(suggestion: RouteSuggestion, what: str, *, by: User, now: datetime) -> None:
    LogEntry.objects.create(
        action_time=now,
        user=by,
        content_type=ContentType.objects.get_for_model(RouteSuggestion),
        object_id=str(suggestion.pk),
        object_repr=str(suggestion),
        action_flag=CHANGE,
        change_message=what[:LONGEST_SENTENCE],
    )


def _refuse_other_states(suggestion: RouteSuggestion, version: int) -> None:
    """Raises: Refused where it is no draft of that version."""
    row = RouteSuggestion.objects.only("status", "version").get(pk=suggestion.pk)
    if row.status != SuggestionStatus.DRAFT:
        state = SuggestionStatus(row.status).label
        raise Refused("not_a_draft", _("This plan is no draft any more: %(state)s.") % {"state": state})
    if row.version != version:
        raise Refused("changed_meanwhile", _changed_by(suggestion))


def _changed_by(suggestion: RouteSuggestion) -> str:
    """Who changed it last, when and how."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(RouteSuggestion), object_id=str(suggestion.pk)
    )
    last = entries.select_related("user").order_by("-action_time", "-pk").first()
    if last is None:
        return _(
            "The plan was changed since you opened it. It is shown as it is now; your change was not made."
        )
    return _("%(who)s %(what)s %(when)s. The plan is shown as it is now; your change was not made.") % {
        "who": last.user.get_full_name() or last.user.get_username(),
        "what": last.change_message,
        "when": naturaltime(last.action_time),
    }


def _arranged(draft: Draft, change: Change) -> Arrangement:
    """Raises: Refused."""
    if change.kind in _ABOUT_A_TARGET:
        job = draft.problem.job.get(change.target_id)
        if job is None or is_commitment(change.target_id):
            raise Refused(
                "no_such_place", _("This target is not part of the plan any more. Load the page again.")
            )
        if change.kind == "move" and (job.point is None or not job.is_open):
            raise Refused("cannot_be_planned", _("%(what)s cannot be planned.") % {"what": job.title})
    if change.kind == "move" and change.employee_id not in draft.problem.employee:
        raise Refused("no_such_place", _("This person takes no part in the plan. Load the page again."))
    if change.arrangement is not None:
        _refuse_unknown(draft, change.arrangement)
    try:
        return KINDS[change.kind](draft.arrangement, change)
    except NoSuchPlace as error:
        raise Refused(
            "no_such_place", _("There is no such place in the plan. Load the page again.")
        ) from error


def _refuse_unknown(draft: Draft, arrangement: Arrangement) -> None:
    """Raises: Refused where an earlier arrangement has what is no longer there, or lacks what is published since."""
    known = {job_id for job_id in arrangement.planned if job_id in draft.problem.job}
    people = all(who in draft.problem.employee for who in arrangement.orders)
    commitments = {job_id for job_id in draft.problem.job if is_commitment(job_id)}
    if (
        not people
        or known != arrangement.planned
        or commitments != {each for each in known if is_commitment(each)}
    ):
        raise Refused("cannot_undo", _("This cannot be taken back: the day has changed since."))


def _restored(arrangement: Arrangement, change: Change) -> Arrangement:
    return change.arrangement or arrangement


KINDS: Mapping[str, Callable[[Arrangement, Change], Arrangement]] = {
    "move": lambda now, change: arranging.moved(
        now, change.target_id, employee_id=change.employee_id, position=change.position
    ),
    "leave_out": lambda now, change: arranging.left_out(now, change.target_id),
    "let_in": lambda now, change: arranging.let_in(now, change.target_id),
    "pin": lambda now, change: arranging.pinned(now, change.target_id),
    "unpin": lambda now, change: arranging.unpinned(now, change.target_id),
    # The same arrangement with the times that follow from it today.
    "refresh": lambda now, change: now,
    "restore": _restored,
}
# What these break was there before, or came from outside: it is named, not asked about.
_UNASKED = frozenset({"refresh", "restore"})
_ABOUT_A_TARGET = frozenset(KINDS) - _UNASKED


def _sentence(draft: Draft, change: Change) -> str:
    """What is done, for whoever reads who did it: "Maria moved Klinik Nord to Jana Weber"."""
    place = draft.arrangement.place_of(change.target_id)
    is_within = place is not None and place.employee_id == change.employee_id
    sentences: dict[str, str] = {
        "move": _("moved %(what)s within the day of %(who)s")
        if is_within
        else _("moved %(what)s to %(who)s"),
        "leave_out": _("left out %(what)s"),
        "let_in": _("allowed %(what)s to be planned again"),
        "pin": _("pinned %(what)s"),
        "unpin": _("unpinned %(what)s"),
        "refresh": _("took over new times"),
        "restore": _("took back the last change"),
    }
    job, employee = draft.problem.job.get(change.target_id), draft.problem.employee.get(change.employee_id)
    values = {"what": job.title if job else "", "who": employee.name if employee else ""}
    return sentences[change.kind] % values
