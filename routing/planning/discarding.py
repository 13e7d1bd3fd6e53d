"""Throwing a suggestion away before it is published."""

from datetime import datetime

from django.utils.translation import gettext as _

from routing.planning.models import RouteSuggestion, SuggestionStatus
from routing.planning.refusals import Refused

# A worker that is at it finds its claim gone, and saves nothing.
OPEN = (
    SuggestionStatus.QUEUED,
    SuggestionStatus.SOLVING,
    SuggestionStatus.DRAFT,
    SuggestionStatus.FAILED,
)


def discard_suggestion(suggestion: RouteSuggestion, *, now: datetime) -> None:
    """Its targets stay open. To discard what is discarded does nothing.

    Raises:
        Refused: `already_published`.
    """
    open_ones = RouteSuggestion.objects.filter(pk=suggestion.pk, status__in=OPEN)
    discarded = open_ones.update(
        status=SuggestionStatus.DISCARDED, discarded_at=now, claim=None, claimed_until=None
    )
    if discarded != 1 and RouteSuggestion.objects.filter(pk=suggestion.pk, status=SuggestionStatus.PUBLISHED):
        raise Refused("already_published", _("It is published already. Cancel its appointments instead."))
