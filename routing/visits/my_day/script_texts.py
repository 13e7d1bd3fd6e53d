"""What the scripts of My Day say: handed to them with the page, so that they speak its language."""

from django.utils.translation import gettext as _


def script_texts() -> dict[str, str]:
    return {
        "sending": _("Sending…"),
        "offline": _("No connection. Everything is kept on this phone; try again when you have signal."),
        "waitsForSignal": _(
            "No connection. Everything is kept on this phone and is sent when you have signal."
        ),
        "failed": _("The server has a problem. Everything is kept on this phone; try again in a minute."),
        "reload": _("Load this page again, then try again. Everything is kept on this phone."),
        "logIn": _("Log in"),
        "saving": _("Saving…"),
        "saved": _("Saved"),
        "keptHere": _("Kept on this phone"),
        "restored": _("What you entered before is back."),
        "photoWaits": _("Waits"),
        "photoFailed": _("Not sent"),
        "retry": _("Send again"),
        "remove": _("Remove"),
        "photo": _("Photo"),
        "photosLost": _("A photo is not on this phone any more. Take it again, or remove it; then send."),
        "tooMany": _("No more photos fit into this report. Remove one first."),
        "checkFields": _("Something is missing; it is marked above."),
    }
