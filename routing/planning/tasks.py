"""What workers do for planning: thin, each calls one function that does the work."""

from celery import shared_task
from django.utils import timezone

from ordinavo_connect.api.waking import wake
from routing.planning.appointment_sweep import cancel_orphaned
from routing.planning.solving import solve_suggestion, waiting_suggestions

# Woken at once; the next sweep finds the rest.
WOKEN_AT_ONCE = 20


@shared_task(name="planning.solve")
def solve(suggestion_id: int) -> None:
    """Solve a suggestion, if nobody does."""
    solve_suggestion(suggestion_id)


@shared_task(name="planning.sweep")
def sweep() -> None:
    """Wake workers for what no message told of, and for what a worker that died left behind.

    Appointments whose target was cancelled meanwhile are cancelled too.
    """
    now = timezone.now()
    for suggestion_id in waiting_suggestions(now=now, limit=WOKEN_AT_ONCE):
        wake(solve, suggestion_id)
    cancel_orphaned(now=now)
