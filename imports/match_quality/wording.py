"""What thresholds would have done, in sentences: for the page and for the command."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.match_quality.judging import Case, Outcome

# What identifies a case when it is read, and is short enough for a line.
_SAID = ("name", "displayName", "legalForm", "street", "houseNumber", "postalCode", "city", "email", "phone")


def said(case: Case) -> str:
    """What came in, in a line."""
    given = {part["field"]: str(part["incoming"]) for part in case.fields if part.get("incoming")}
    return ", ".join(given[name] for name in _SAID if name in given)


def share(value: float | None) -> str:
    """A share from 0 to 1 in percent. What is not all is never rounded up to all."""
    if value is None:
        return "–"
    percent = min(round(value * 100, 1), 99.9) if value < 1 else 100
    return f"{number_format(percent, decimal_pos=1 if percent < 100 else 0)}\N{NO-BREAK SPACE}%"


def effect(now: Outcome, then: Outcome) -> str:
    """What would be different: questions first, then what staff decided otherwise."""
    fewer = now.reviews - then.reviews
    if not fewer and now.links == then.links and len(then.otherwise) == len(now.otherwise):
        return _("You would have the same questions and the same links.")
    parts = {"reviews": _reviews(fewer), "otherwise": _otherwise(len(then.otherwise))}
    return _("You would have %(reviews)s, and %(otherwise)s.") % parts


def _reviews(fewer: int) -> str:
    if not fewer:
        return _("as many reviews as today")
    if fewer > 0:
        return ngettext("%(n)s review fewer", "%(n)s fewer reviews", fewer) % {"n": number_format(fewer)}
    return ngettext("%(n)s review more", "%(n)s more reviews", -fewer) % {"n": number_format(-fewer)}


def _otherwise(count: int) -> str:
    if not count:
        return _("no link that your staff decided otherwise")
    text = ngettext(
        "%(n)s link that your staff decided otherwise", "%(n)s links that your staff decided otherwise", count
    )
    return text % {"n": number_format(count)}
