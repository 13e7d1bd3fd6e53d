"""The texts of the page's scripts, translated."""

from typing import Any

from django.utils.translation import gettext as _


def words() -> dict[str, Any]:
    return {
        "close": _("Close"),
        "working": _("Looking for places …"),
        "pinned": _("pinned"),
        "published": _("Published: %(what)s, %(when)s"),
        "nothingPlanned": _("Nothing planned."),
        "nothingExcluded": _("Every target is planned."),
        "noFurther": _("There is no further place in this direction."),
        "moveTitle": _("Where to with %(what)s?"),
        "unreachable": _("The server cannot be reached. Nothing was changed; try again in a moment."),
        "refused": _(
            "The server refused this. Load the page again; if it goes on, tell an owner of the tenant."
        ),
        "loggedOut": _("You are logged out. Load the page again."),
        "actions": {
            "move": _("Move …"),
            "earlier": _("Earlier"),
            "later": _("Later"),
            "pin": _("Pin"),
            "unpin": _("Unpin"),
            "leaveOut": _("Leave out"),
            "putIn": _("Put in …"),
            "letIn": _("May be planned again"),
            "undo": _("Undo"),
        },
        "labels": {
            "customer": _("Customer"),
            "address": _("Address"),
            "window": _("Time window"),
            "due": _("Due"),
            "priority": _("Priority"),
            "work": _("Work"),
            "skills": _("Skills"),
            "travel": _("Travel"),
            "waiting": _("Waiting"),
            "value": _("Value"),
            "externalId": _("External ID"),
        },
    }
