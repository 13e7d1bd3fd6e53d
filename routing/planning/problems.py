"""What can stand in the way of a visit: the codes that the phone sends and events carry, in words."""

from django.utils.translation import gettext_lazy as _

PROBLEMS = {
    "no_access": _("Nobody there, no access"),
    "wrong_address": _("Wrong address"),
    "customer_refused": _("Customer sent me away"),
    "material_missing": _("Material or part missing"),
    "not_safe": _("Not safe to work"),
    "late": _("I will be late"),
    "other": _("Something else"),
}


def problem_label(code: str) -> str:
    """In words; a code that nobody knows any more as it is."""
    return str(PROBLEMS.get(code, code))
