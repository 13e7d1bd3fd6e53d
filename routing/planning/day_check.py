"""Whether what is about to be promised to customers can be kept: the hard rules, asked about exact times.

A plan is an order of stops, from which times follow; what is published are the times. So each stop is taken as pinned
to its start, beside the appointments that stand already, and whatever the rules then name is broken. What those
appointments break by themselves is nobody's fault here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from imports.models import Target
from routing.planning.employees import zone_of
from routing.planning.models import Appointment, Employee, RouteSuggestion
from routing.planning.plan import Violation
from routing.planning.problem import Job, Pin, Problem
from routing.planning.problem_building import (
    build_problem,
    commitment_id,
    commitments_on,
    is_commitment,
)
from routing.planning.rules import check
from routing.planning.solving import matrix_for
from routing.planning.travel import Matrix

# (appointment, employee, start, end) and (target, when it was changed): what a check rests on.
Facts = frozenset[tuple[int | datetime, ...]]


@dataclass(frozen=True)
class Check:
    """What a plan breaks, and the facts that the answer rests on.

    Args:
        broken: sentences.
        legs: seconds and metres of the way to each target, by its id.
    """

    broken: tuple[str, ...]
    legs: Mapping[int, tuple[int, int]]
    targets: Facts
    commitments: Facts

    def still_holds(self, targets: Iterable[Target], commitments: Iterable[Appointment]) -> bool:
        """Whether the facts are still the same."""
        return _of_targets(targets) == self.targets and _of_commitments(commitments) == self.commitments


def check_suggestion(suggestion: RouteSuggestion) -> Check:
    """Check the stored plan of a suggestion. No transaction should be open: a map service may be asked."""
    # Read before the plan is: whatever changes after this is seen as a change.
    stops = list(suggestion.stops.select_related("target", "employee"))
    targets = [stop.target for stop in stops]
    commitments = list(commitments_of(suggestion, {stop.employee for stop in stops}))
    day = build_problem(suggestion)
    starts = {stop.target_id: (stop.employee_id, stop.start_at) for stop in stops}
    lacking = [stop for stop in stops if stop.employee_id not in day.problem.employee]
    found = _Found.of(_at_their_times(day.problem, starts), day.orders)
    broken = [
        *(
            _("%(employee)s takes no part in this plan any more.") % {"employee": stop.employee}
            for stop in lacking
        ),
        *found.broken,
    ]
    return Check(tuple(dict.fromkeys(broken)), found.legs, _of_targets(targets), _of_commitments(commitments))


def commitments_of(suggestion: RouteSuggestion, employees: Iterable[Employee]) -> Iterable[Appointment]:
    """What takes time of these employees on the day already."""
    ids = [employee.pk for employee in employees]
    return commitments_on(suggestion.date, employee_ids=ids, zone=zone_of(suggestion.tenant))


def check_move(appointment: Appointment, *, employee: Employee, start_at: datetime) -> Check:
    """Check an appointment at another time or with another person."""
    tenant = appointment.tenant
    date = start_at.astimezone(zone_of(tenant)).date()
    # As if somebody asked for a plan of that day, of this target and this employee alone.
    asked = RouteSuggestion(
        pk=0, tenant=tenant, date=date, target_ids=[appointment.target_id], employee_ids=[employee.pk]
    )
    others = [row for row in commitments_of(asked, [employee]) if row.pk != appointment.pk]
    target = Target.objects.get(pk=appointment.target_id)
    day = build_problem(asked)
    work = int((appointment.end_at - appointment.start_at).total_seconds())
    problem = _without(day.problem, commitment_id(appointment))
    problem = _reopened(problem, appointment.target_id, work)
    problem = _at_their_times(problem, {appointment.target_id: (employee.pk, start_at)})
    found = _Found.of(problem, _orders(problem))
    broken = found.broken
    if employee.pk not in problem.employee:
        broken = [_("%(employee)s is not active.") % {"employee": employee}]
    return Check(tuple(broken), found.legs, _of_targets([target]), _of_commitments(others))


def _without(problem: Problem, job_id: int) -> Problem:
    return replace(problem, jobs=tuple(job for job in problem.jobs if job.target_id != job_id))


def _reopened(problem: Problem, target_id: int, work_seconds: int) -> Problem:
    """The target is planned: by the appointment that is to be moved."""

    def reopened(job: Job) -> Job:
        if job.target_id != target_id:
            return job
        return replace(job, is_open=True, status="Open", work_seconds=work_seconds)

    return replace(problem, jobs=tuple(reopened(job) for job in problem.jobs))


def _at_their_times(problem: Problem, starts: Mapping[int, tuple[int, datetime]]) -> Problem:
    """The problem with each job pinned to its employee and start."""

    def pinned(job: Job) -> Job:
        if job.target_id not in starts:
            return job
        employee_id, start_at = starts[job.target_id]
        return replace(job, pin=Pin(employee_id, problem.seconds(start_at)))

    return replace(problem, jobs=tuple(pinned(job) for job in problem.jobs))


def _orders(problem: Problem) -> dict[int, list[int]]:
    """Every pinned job, in order of time, by employee."""
    pinned = [(job.pin.start or 0, job.pin.employee_id, job.target_id) for job in problem.jobs if job.pin]
    orders: dict[int, list[int]] = {}
    for _start, employee_id, job_id in sorted(pinned):
        if employee_id in problem.employee:
            orders.setdefault(employee_id, []).append(job_id)
    return orders


@dataclass(frozen=True)
class _Found:
    """What the rules say of some orders: sentences, and the way to each target."""

    broken: list[str]
    legs: dict[int, tuple[int, int]]

    @classmethod
    def of(cls, problem: Problem, orders: Mapping[int, Sequence[int]]) -> "_Found":
        matrix = matrix_for(problem)
        found = check(problem, matrix=matrix, orders=orders)
        stops = [stop for route in found.routes for stop in route.stops]
        legs = {stop.target_id: (stop.travel_seconds, stop.travel_metres) for stop in stops}
        if not found.violations:
            return cls([], legs)
        known = _broken_before(problem, matrix, orders)
        new = [each for each in found.violations if each.seconds > known.get(_key(each), -1)]
        return cls([_sentence(problem, violation) for violation in new], legs)


def _broken_before(
    problem: Problem, matrix: Matrix, orders: Mapping[int, Sequence[int]]
) -> dict[tuple[str, int, int | None], int]:
    """What the commitments break without the others, and by how much."""
    alone = {employee_id: [job for job in jobs if is_commitment(job)] for employee_id, jobs in orders.items()}
    before = check(problem, matrix=matrix, orders={who: jobs for who, jobs in alone.items() if jobs})
    return {_key(violation): violation.seconds for violation in before.violations}


def _sentence(problem: Problem, violation: Violation) -> str:
    """As the rules say it; only that the times are pinned is a matter of this module."""
    if violation.code != "pinned_start_missed" or violation.target_id is None:
        return violation.message
    job = problem.job[violation.target_id]
    values = {
        "name": problem.employee[violation.employee_id].name,
        "title": job.title,
        "time": problem.clock(job.pin.start or 0) if job.pin else "",
        "minutes": max(1, round(violation.seconds / 60)),
    }
    if is_commitment(job.target_id):
        return (
            _("%(name)s would be %(minutes)s min late for the appointment at %(time)s that stands already.")
            % values
        )
    return (
        _("%(name)s gets to %(title)s %(minutes)s min later than %(time)s, beside the other appointments.")
        % values
    )


def _key(violation: Violation) -> tuple[str, int, int | None]:
    return violation.code, violation.employee_id, violation.target_id


def _of_targets(targets: Iterable[Target]) -> Facts:
    return frozenset((target.pk, target.updated_at) for target in targets)


def _of_commitments(appointments: Iterable[Appointment]) -> Facts:
    return frozenset((row.pk, row.employee_id, row.start_at, row.end_at) for row in appointments)


__all__ = ["Check", "check_move", "check_suggestion", "commitments_of"]
