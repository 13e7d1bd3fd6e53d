"""Pages that show a secret once: no reload, no way back and no second click shows or makes it again.

The secret stands in the answer to the POST that made it and nowhere else: neither in the database nor in the
session. What is remembered is only that the form was used up. Pages of the admin are `no-store`: no browser
keeps them.
"""

import secrets

from django.http import HttpRequest

SESSION_KEY = "one_time_forms"
FIELD = "once"

# Forms that somebody may have open at the same time, in as many tabs.
MOST_FORMS = 20


def ticket(request: HttpRequest) -> str:
    """For a form that is shown: what it must bring back."""
    fresh = secrets.token_urlsafe(16)
    request.session[SESSION_KEY] = [*request.session.get(SESSION_KEY, []), fresh][-MOST_FORMS:]
    return fresh


def use_up(request: HttpRequest) -> bool:
    """Whether the form that was sent is used for the first time; from now on it is not."""
    known = request.session.get(SESSION_KEY, [])
    shown = request.POST.get(FIELD, "")
    if shown not in known:
        return False
    request.session[SESSION_KEY] = [ticket for ticket in known if ticket != shown]
    return True
