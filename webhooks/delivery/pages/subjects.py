"""What an event is about, in a few words."""

from django.utils.translation import gettext as _

from webhooks.events.catalogue import WEBHOOK_TEST
from webhooks.events.models import Event

# Parts of the facts that name a thing, the one that says most first.
_SUBJECTS = ("target", "visitReport", "billingEvent", "appointment", "route", "customer")


def subject_of(event: Event) -> str:
    """`Maintenance · JOB-2026-000918`; `–` where nothing is named."""
    for name in _SUBJECTS:
        part = event.facts.get(name) or {}
        words = [part.get(key) for key in ("title", "name", "number") if part.get(key)]
        ids = list((part.get("externalIds") or {}).values())
        if words or ids:
            return " · ".join(map(str, [*words[:1], *ids[:1]]))
    job = event.facts.get("importJob") or {}
    if job.get("id"):
        return _("import job #%(id)s") % {"id": job["id"]}
    subscription = event.facts.get("subscription") or {}
    if event.type == WEBHOOK_TEST:
        return str(subscription.get("name") or _("a test"))
    return "–"
