"""Lengths of time and way as people read them."""

from django.utils.translation import gettext as _

from routing.planning.wording import minutes


def duration(seconds: int) -> str:
    """ "2 h 10 min"."""
    hours, rest = divmod(minutes(seconds), 60)
    if hours and rest:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    return _("%(hours)s h") % {"hours": hours} if hours else _("%(minutes)s min") % {"minutes": rest}


def kilometres(metres: int) -> str:
    """ "84.2": one decimal, as the API has it."""
    return f"{metres / 1000:.1f}"
