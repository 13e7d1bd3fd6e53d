"""Where a target may go, as the dialog of the planning page shows it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing.planning.consequences import Offer, Person
from routing.planning.day_page.lane_shape import marked
from routing.planning.draft import Draft


def offers_shape(draft: Draft, people: Iterable[Person]) -> dict[str, Any]:
    """The places for a target, as the dialog shows them."""
    numbers = {employee.employee_id: number for number, employee in enumerate(draft.problem.employees)}
    return {"people": [_person(draft, person, numbers[person.employee_id]) for person in people]}


def _person(draft: Draft, person: Person, number: int) -> dict[str, Any]:
    return {
        "employee": person.employee_id,
        **marked(draft.problem.employee[person.employee_id].name, number),
        "summary": person.refusal or _summary(person.offers[0]),
        "isBroken": bool(person.offers) and bool(person.offers[0].consequences.breaks),
        "places": [_offer(draft, person, offer) for offer in person.offers],
    }


def _summary(best: Offer) -> str:
    """Of somebody's best place."""
    broken = len(best.consequences.breaks)
    if best.is_here:
        return _("where it is now")
    if not broken:
        return best.consequences.says
    breaks = ngettext("breaks a rule", "breaks %(n)d rules", broken) % {"n": broken}
    return f"✕ {breaks} · {best.consequences.says}"


def _offer(draft: Draft, person: Person, offer: Offer) -> dict[str, Any]:
    return {
        "position": offer.position,
        "isHere": offer.is_here,
        "label": _("where it is now") if offer.is_here else _label(draft, person, offer),
        "says": "" if offer.is_here else offer.consequences.says,
        "broken": [each.message for each in offer.consequences.breaks],
    }


def _label(draft: Draft, person: Person, offer: Offer) -> str:
    """ "first, before Klinik Nord", "after Klinik Nord"."""
    here = {each.position for each in person.offers if each.is_here}
    order = draft.arrangement.orders.get(person.employee_id, ())
    others = [job_id for at, job_id in enumerate(order, start=1) if at not in here]
    titles: Mapping[int, str] = {job_id: draft.problem.job[job_id].title for job_id in others}
    if not others:
        return _("as the only stop")
    if offer.position == 1:
        return _("first, before %(what)s") % {"what": titles[others[0]]}
    return _("after %(what)s") % {"what": titles[others[offer.position - 2]]}
