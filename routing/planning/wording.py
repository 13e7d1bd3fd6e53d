"""Values as sentences about plans show them."""

from collections.abc import Sequence

from django.utils import formats
from django.utils.translation import gettext as _

from routing.planning.problem import Employee, Problem

# How many names a sentence holds.
NAMES = 3


def minutes(seconds: int) -> int:
    """Begun minutes count."""
    return -(-seconds // 60)


def day_text(problem: Problem, moment: int) -> str:
    """The date of a moment, in the tenant's time zone."""
    return formats.date_format(problem.moment(moment), "j F Y")


def absence(employee: Employee) -> str:
    """How a sentence about somebody who does not work goes on: "Jana …"."""
    return employee.absence or _("does not work on this day")


def names(employees: Sequence[Employee]) -> str:
    """ "Anna, Bernd and Jana", "Anna, Bernd, Jana and 2 more"."""
    known = [employee.name for employee in employees[:NAMES]]
    if len(employees) > NAMES:
        return _("%(names)s and %(more)s more") % {
            "names": ", ".join(known),
            "more": len(employees) - NAMES,
        }
    if len(known) < 2:
        return "".join(known)
    return _("%(names)s and %(last)s") % {"names": ", ".join(known[:-1]), "last": known[-1]}
