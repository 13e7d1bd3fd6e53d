"""What a change by hand costs and breaks, in words, before it is made.

Pure: it compares two judged arrangements of one draft, or a draft and a target at a place where it does not stand yet.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _

from routing.planning.arranging import left_out, moved
from routing.planning.draft import Draft, Judged, key_of
from routing.planning.durations import duration
from routing.planning.ground import Ground
from routing.planning.plan import Route, Stop, Violation
from routing.planning.problem import Employee, Problem
from routing.planning.rules import Checked, checked, cushion_seconds
from routing.planning.wording import absence


@dataclass(frozen=True)
class Consequences:
    """What a change does.

    Args:
        travel_seconds: more (or, negative, less) travel in all.
        says: "+14 min travel, starts 10:05, 20 min before the window ends".
        breaks: rules that hold before the change and not after it, or that it breaks more.
    """

    travel_seconds: int
    says: str
    breaks: tuple[Violation, ...]


@dataclass(frozen=True)
class Offer:
    """A place that a target may be moved to, and what that does. `is_here`: it stands there already."""

    employee_id: int
    position: int
    is_here: bool
    consequences: Consequences


@dataclass(frozen=True)
class Person:
    """Where in somebody's day a target may stand, the best place first.

    Args:
        refusal: why nothing is offered, in words; else "".
    """

    employee_id: int
    offers: tuple[Offer, ...]
    refusal: str = ""


def consequences(before: Judged, after: Judged, *, target_id: int | None = None) -> Consequences:
    """What it does to go from one arrangement to the other; `target_id` is what the change is about, if one."""
    known = {key_of(violation): violation.seconds for violation in before.violations}
    travel = after.travel_seconds - before.travel_seconds
    stop = _stop(after.routes, target_id)
    return Consequences(
        travel_seconds=travel,
        says=_sentence(after.ground.problem, travel, stop),
        breaks=tuple(_worse(after.violations, known)),
    )


def offers_for(draft: Draft, target_id: int) -> list[Person]:
    """Every place of every employee's day, and what it does to put the target there, whatever it breaks.

    Those who break nothing come first, the least travel first. Raises: KeyError where it is no target of the draft.
    """
    if draft.problem.job[target_id].point is None:
        return []
    table = _Table(draft, target_id)
    people = [
        table.person(employee.employee_id) if employee.is_available else _absent(employee)
        for employee in draft.problem.employees
    ]
    return sorted(people, key=_rank_of_person)


def _absent(employee: Employee) -> Person:
    refusal = _("%(name)s %(absence)s.") % {"name": employee.name, "absence": absence(employee)}
    return Person(employee.employee_id, (), refusal)


class _Table:
    """A draft without one target. Of each place only the routes that it changes are judged."""

    def __init__(self, draft: Draft, target_id: int) -> None:
        self.draft, self.target_id = draft, target_id
        self.place = draft.arrangement.place_of(target_id)
        self.without = left_out(draft.arrangement, target_id)
        self.known = {key_of(violation): violation.seconds for violation in draft.now.violations}
        self.travel = {route.employee_id: route.travel_seconds for route in draft.now.routes}
        self.left = self._left()

    def person(self, employee_id: int) -> Person:
        order = self.without.orders.get(employee_id, ())
        # A pin moves along, and what was left out is not any more: the same for all places of this person.
        sample = moved(self.draft.arrangement, self.target_id, employee_id=employee_id, position=1)
        ground = self.draft.ground(sample)
        offers = [
            self._offer(ground, employee_id, position, (*order[:position], self.target_id, *order[position:]))
            for position in range(len(order) + 1)
        ]
        return Person(employee_id, tuple(sorted(offers, key=_rank)))

    def _left(self) -> Checked:
        """The route that the target leaves, as it is then."""
        orders = self.without.orders
        if self.place is None or self.place.employee_id not in orders:
            return Checked((), ())
        employee_id = self.place.employee_id
        return checked(self.draft.ground(self.without), {employee_id: orders[employee_id]})

    def _offer(self, ground: Ground, employee_id: int, index: int, order: tuple[int, ...]) -> Offer:
        after = checked(ground, {employee_id: order})
        touched = {employee_id}
        routes, violations = after.routes, after.violations
        if self.place is not None and self.place.employee_id != employee_id:
            touched.add(self.place.employee_id)
            routes, violations = (*routes, *self.left.routes), (*violations, *self.left.violations)
        travel = sum(route.travel_seconds for route in routes) - sum(
            self.travel.get(who, 0) for who in touched
        )
        says = _sentence(self.draft.problem, travel, _stop(after.routes, self.target_id))
        breaks = tuple(_worse(self.draft.faults(violations), self.known))
        is_here = self.place == (employee_id, index + 1)
        return Offer(employee_id, index + 1, is_here, Consequences(travel, says, breaks))


def _worse(
    violations: Iterable[Violation], known: Mapping[tuple[str, int, int | None], int]
) -> Iterator[Violation]:
    return (violation for violation in violations if violation.seconds > known.get(key_of(violation), -1))


def _stop(routes: Iterable[Route], target_id: int | None) -> Stop | None:
    stops = chain.from_iterable(route.stops for route in routes)
    return next((stop for stop in stops if stop.target_id == target_id), None)


def _sentence(problem: Problem, travel_seconds: int, stop: Stop | None) -> str:
    parts = [travel_text(travel_seconds)]
    if stop is not None:
        parts.append(_("starts %(time)s") % {"time": problem.clock(stop.start)})
        if cushion := cushion_text(problem, stop):
            parts.append(cushion)
    return ", ".join(parts)


def travel_text(seconds: int) -> str:
    """ "+14 min travel"."""
    if not seconds:
        return _("no more travel")
    sign = "+" if seconds > 0 else "−"
    return _("%(time)s travel") % {"time": f"{sign}{duration(abs(seconds))}"}


def cushion_text(problem: Problem, stop: Stop) -> str:
    """ "20 min before the window ends"; "" where nothing bounds the start, it is fixed, or it is too late anyway."""
    job = problem.job[stop.target_id]
    cushion = cushion_seconds(problem, stop)
    if cushion is None or cushion < 0 or job.is_fixed or job.start_range.end > problem.day.end:
        return ""
    if job.window is None or (job.due_at is not None and job.due_at < job.window.end):
        return _("%(time)s before its latest start") % {"time": duration(cushion)}
    return _("%(time)s before the window ends") % {"time": duration(cushion)}


def _rank(offer: Offer) -> tuple[bool, bool, int, int, int]:
    """Where it stands comes last: to move it there is no move."""
    breaks = offer.consequences.breaks
    late = sum(violation.seconds for violation in breaks)
    return offer.is_here, bool(breaks), late, offer.consequences.travel_seconds, offer.position


def _rank_of_person(person: Person) -> tuple[bool, tuple[bool, bool, int, int, int]]:
    return not person.offers, _rank(person.offers[0]) if person.offers else (True, True, 0, 0, 0)
