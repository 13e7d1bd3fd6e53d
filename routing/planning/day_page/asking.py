"""The form that asks for a plan."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import Tenant, User
from routing.planning.models import RouteSuggestion
from routing.planning.requests import (
    NotPlannable,
    Selection,
    UnknownEmployees,
    UnknownImportJob,
    UnknownTargets,
    request_suggestion,
)

# Seconds; the API takes 1 to 60.
TIME_LIMITS = (5, 10, 30, 60)
# What `targets` of the form says: all of the day, those that are ticked, or those of an import job.
DAY, CHOSEN, JOB = "day", "chosen", "job"


class CannotAsk(Exception):
    """What is wrong with the form, and the cure, in words."""


def ask(tenant: Tenant, form: QueryDict, *, day: date, by: User, now: datetime) -> RouteSuggestion:
    """Raises: CannotAsk."""
    employees = _ids(form.getlist("employee"))
    if not employees:
        raise CannotAsk(_("Nobody was chosen: tick at least one person."))
    try:
        return request_suggestion(
            tenant,
            selection=_selection(form, day),
            employee_ids=employees,
            time_limit_seconds=_limit(form.get("seconds", "")),
            by=by,
            now=now,
        )
    except UnknownEmployees as error:
        raise CannotAsk(_("Somebody you chose is not active any more: choose again.")) from error
    except UnknownTargets as error:
        raise CannotAsk(_("A target you chose is not there any more: choose again.")) from error
    except UnknownImportJob as error:
        raise CannotAsk(_("There is no such import job.")) from error
    except NotPlannable as error:
        raise CannotAsk(error.message) from error


def given_job(address: Mapping[str, Any]) -> int:
    """The import job that a link to the page chose: `?job=17`; 0 for none."""
    return next(iter(_ids([str(address.get("job", ""))])), 0)


def _selection(form: QueryDict, day: date) -> Selection:
    which = form.get("targets", DAY)
    if which == JOB:
        jobs = _ids([form.get("job", "")])
        return Selection(import_job_id=jobs[0] if jobs else 0, day=day)
    if which != CHOSEN:
        return Selection(day=day)
    chosen = _ids(form.getlist("target"))
    if not chosen:
        raise CannotAsk(_("No target was chosen: tick at least one, or plan all of the day."))
    return Selection(target_ids=chosen, day=day)


def _limit(seconds: str) -> int | None:
    return int(seconds) if seconds in {str(limit) for limit in TIME_LIMITS} else None


def _ids(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 19]
