"""Solving a suggestion: claimed under a lease, solved outside of any transaction, settled by who holds the claim."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from routing.planning import travel
from routing.planning.events import SUGGESTION_CREATED
from routing.planning.models import RouteSuggestion, SuggestionStatus
from routing.planning.plan import Plan
from routing.planning.problem import Problem
from routing.planning.problem_building import DayToPlan, build_problem
from routing.planning.saving import write_plan
from routing.planning.solver import solve
from webhooks.events.outbox import Fact, emit

# How long a worker that says nothing is believed to be alive. It says something twice a second while it searches; what
# it does before and after that, on a busy machine, takes a few seconds.
LEASE_SECONDS = 20
# Two writes a second keep progress smooth for whoever watches, and cost nothing.
SECONDS_BETWEEN_WRITES = 0.5
# A suggestion whose workers die that often is what kills them.
MOST_CLAIMS = 3

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


def solve_suggestion(suggestion_id: int, *, clock: Clock = timezone.now) -> bool:
    """Solve what waits, or what another worker left behind. False: there was nothing for us to do.

    1. However many workers are woken for one suggestion, one of them claims it.
    2. The claim is a lease, extended as progress is written: a worker that dies is followed by another.
    3. The plan is saved by a compare-and-set on the claim: a worker that was taken for dead saves nothing.
    4. It ends as a draft or with a sentence on why not; whatever goes wrong is logged.
    """
    suggestion = claim(suggestion_id, now=clock())
    if suggestion is None:
        return False
    try:
        _solve_claimed(suggestion, clock)
    except Exception:
        log.exception("solving_failed", suggestion=suggestion.pk)
        _fail(
            suggestion, _("The plan could not be made: something went wrong on our side. Ask for it again.")
        )
    return True


def claim(suggestion_id: int, *, now: datetime) -> RouteSuggestion | None:
    """A suggestion that waits, or whose worker is not heard of any more, as ours; None: it is somebody else's."""
    free = Q(status=SuggestionStatus.QUEUED) | Q(status=SuggestionStatus.SOLVING, claimed_until__lt=now)
    waiting = RouteSuggestion.objects.filter(free, pk=suggestion_id)
    ours = uuid.uuid4()
    claimed = waiting.filter(times_claimed__lt=MOST_CLAIMS).update(
        status=SuggestionStatus.SOLVING,
        claim=ours,
        claimed_until=now + timedelta(seconds=LEASE_SECONDS),
        times_claimed=F("times_claimed") + 1,
        progress=0,
    )
    if not claimed:
        _give_up(waiting.filter(times_claimed__gte=MOST_CLAIMS))
        return None
    return RouteSuggestion.objects.select_related("tenant").filter(pk=suggestion_id, claim=ours).first()


def waiting_suggestions(*, now: datetime, limit: int) -> list[int]:
    """Ids of suggestions that no living worker is at, the oldest first."""
    free = Q(status=SuggestionStatus.QUEUED) | Q(status=SuggestionStatus.SOLVING, claimed_until__lt=now)
    return list(RouteSuggestion.objects.filter(free).order_by("pk").values_list("pk", flat=True)[:limit])


def matrix_for(problem: Problem) -> travel.Matrix:
    """Ways between all places of a problem, as the settings say; never raises, its note says what it fell back to."""
    fallback = travel.GreatCircle(settings.TRAVEL_DETOUR_FACTOR, settings.TRAVEL_SPEED_KMH)
    source = travel.source_from(settings.TRAVEL_MATRIX, url=settings.TRAVEL_MATRIX_URL, fallback=fallback)
    return travel.travel_matrix(problem.points(), source=source, fallback=fallback)


def _solve_claimed(suggestion: RouteSuggestion, clock: Clock) -> None:
    day = build_problem(suggestion)
    heartbeat = _Heartbeat(suggestion, clock)
    matrix = matrix_for(day.problem)
    heartbeat.beat()
    plan = solve(
        day.problem,
        matrix=matrix,
        time_limit_seconds=suggestion.time_limit_seconds,
        seed=suggestion.seed,
        progress=heartbeat.progress,
        cancelled=heartbeat.is_to_stop,
    )
    _settle(suggestion, day, plan, now=clock())


@dataclass
class _Heartbeat:
    """Tells of progress, which extends the lease, and hears whether to stop."""

    suggestion: RouteSuggestion
    clock: Clock
    share: float = 0.0
    _next: float = field(default_factory=monotonic)
    _is_to_stop: bool = False

    def progress(self, share: float) -> None:
        # Whoever reads 1 expects the plan to be there: that is said when it is saved.
        self.share = min(max(share, 0.0), 0.99)
        if monotonic() >= self._next:
            self.beat()

    def is_to_stop(self) -> bool:
        if monotonic() >= self._next:
            self.beat()
        return self._is_to_stop

    def beat(self) -> None:
        """Extend the lease. What is no longer ours, by a discard or another worker, is not worth going on with."""
        self._next = monotonic() + SECONDS_BETWEEN_WRITES
        mine = _claimed(self.suggestion)
        until = self.clock() + timedelta(seconds=LEASE_SECONDS)
        mine.update(progress=self.share, claimed_until=until)
        self._is_to_stop = not mine.filter(is_stop_requested=False).exists()


def _claimed(suggestion: RouteSuggestion) -> QuerySet[RouteSuggestion]:
    return RouteSuggestion.objects.filter(
        pk=suggestion.pk, status=SuggestionStatus.SOLVING, claim=suggestion.claim
    )


@transaction.atomic
def _settle(suggestion: RouteSuggestion, day: DayToPlan, plan: Plan, *, now: datetime) -> None:
    """Save the plan as a draft, where the claim is still ours, and tell of the first one."""
    is_ours = _claimed(suggestion).update(
        status=SuggestionStatus.DRAFT,
        progress=1,
        claim=None,
        claimed_until=None,
        times_claimed=0,
        is_stop_requested=False,
        error="",
        travel_note=plan.note,
        version=F("version") + 1,
        solved_at=now,
    )
    if not is_ours:
        log.warning("solved_too_late", suggestion=suggestion.pk)
        return
    write_plan(suggestion, problem=day.problem, plan=plan, pinned=day.pinned, left_out=day.left_out)
    if suggestion.solved_at is None:
        emit(
            [Fact(SUGGESTION_CREATED, {"routeSuggestion": _facts(suggestion)})],
            tenant_id=suggestion.tenant_id,
            source_system=suggestion.source_system,
            occurred_at=now,
        )


def _facts(suggestion: RouteSuggestion) -> dict[str, object]:
    return {
        "id": suggestion.pk,
        "status": SuggestionStatus.DRAFT.value,
        "date": suggestion.date.isoformat(),
        "plannedTargets": suggestion.stops.count(),
        "excludedTargets": suggestion.excluded.count(),
    }


def _fail(suggestion: RouteSuggestion, message: str) -> None:
    _end_without_plan(_claimed(suggestion), message)


def _give_up(waiting: QuerySet[RouteSuggestion]) -> None:
    """Its workers died too often: whoever asked is told, and no worker more is lost on it."""
    message = _("The plan could not be made: every try ended early. Ask for fewer targets at a time.")
    if _end_without_plan(waiting, message):
        log.error("solving_given_up")


def _end_without_plan(rows: QuerySet[RouteSuggestion], message: str) -> int:
    """Failed, or, where there was a plan before, that plan again; with the reason."""
    ended = {
        "error": message,
        "claim": None,
        "claimed_until": None,
        "times_claimed": 0,
        "is_stop_requested": False,
    }
    kept = rows.filter(solved_at__isnull=False).update(status=SuggestionStatus.DRAFT, progress=1, **ended)
    failed = rows.filter(solved_at__isnull=True).update(status=SuggestionStatus.FAILED, **ended)
    return int(kept + failed)
