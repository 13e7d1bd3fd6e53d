"""The target that a report asks for. The office decides on it by approving the report, so it is made then."""

from datetime import datetime

from django.utils.translation import gettext as _

from imports.appointments import NoFollowUp, create_follow_up, facts_of_targets
from imports.models import Target
from routing.planning.refusals import Refused
from routing.visits.events import FOLLOW_UP_CREATED
from routing.visits.models import VisitReport
from webhooks.events.outbox import Fact, emit

TITLE_LENGTH = 200


def follow_up(report: VisitReport, target: Target, *, now: datetime) -> Target:
    """Make the target of the next visit, in the transaction that is open, with `target.follow_up_created`.

    Raises:
        Refused: no_follow_up.
    """
    try:
        new = create_follow_up(
            target,
            title=_title(report, target),
            description=report.follow_up_text,
            wish_date=report.follow_up_date,
            now=now,
        )
    except NoFollowUp:
        raise Refused(
            "no_follow_up",
            _("This job has too many follow-ups already; import the next visit as its own job."),
        ) from None
    VisitReport.objects.filter(pk=report.pk).update(follow_up_target=new)
    report.follow_up_target = new
    facts = facts_of_targets([new, target])
    fact = Fact(FOLLOW_UP_CREATED, facts[new.pk] | {"followUpOf": facts[target.pk]["target"]})
    emit([fact], tenant_id=report.tenant_id, source_system=report.source_system, occurred_at=now)
    return new


def _title(report: VisitReport, target: Target) -> str:
    """What is to be done, in the employee's first line; without one, what was done before."""
    line = report.follow_up_text.strip().partition("\n")[0].strip()
    return (line or target.title)[:TITLE_LENGTH]
