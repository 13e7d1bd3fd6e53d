"""The scopes of the API, each with a sentence on what it allows (API contract, Scopes)."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HEALTH_READ = "integration.health.read"
TARGETS_WRITE = "inbound.targets.write"
TARGETS_BATCH_WRITE = "inbound.targets.batch.write"
CUSTOMERS_MAP = "customers.map"
CUSTOMERS_WRITE = "customers.write"
CUSTOMERS_READ = "customers.read"
IMPORT_JOBS_READ = "import_jobs.read"
ROUTE_SUGGESTIONS_CREATE = "route_suggestions.create"
ROUTE_SUGGESTIONS_READ = "route_suggestions.read"
WEBHOOKS_READ = "webhooks.read"
WEBHOOKS_MANAGE = "webhooks.manage"
WEBHOOK_DELIVERIES_READ = "webhook_deliveries.read"
VISIT_REPORTS_READ = "visit_reports.read"
BILLING_READ = "billing.read"
BILLING_MANAGE = "billing.manage"

SCOPES: dict[str, Promise] = {
    HEALTH_READ: _("Check that the connection and the key work."),
    TARGETS_WRITE: _("Import single targets."),
    TARGETS_BATCH_WRITE: _("Import batches of targets."),
    CUSTOMERS_MAP: _("Link imported targets to known customers, locations and contacts."),
    CUSTOMERS_WRITE: _("Create and update customers, locations and contacts during an import."),
    CUSTOMERS_READ: _("See which records a target was linked to, and read the registry."),
    IMPORT_JOBS_READ: _("Read import jobs, their items and the imported targets."),
    ROUTE_SUGGESTIONS_CREATE: _("Ask for route suggestions."),
    ROUTE_SUGGESTIONS_READ: _("Read route suggestions."),
    WEBHOOKS_READ: _("Read webhook subscriptions and events."),
    WEBHOOKS_MANAGE: _("Create, change and disable webhook subscriptions, and send events again."),
    WEBHOOK_DELIVERIES_READ: _("Read webhook deliveries and their attempts."),
    VISIT_REPORTS_READ: _("Read visit reports and their photos."),
    BILLING_READ: _("Read billing events."),
    BILLING_MANAGE: _("Acknowledge billing events."),
}

ALIASES = {"targets.write": TARGETS_WRITE}

# A scope that brings another along: who manages subscriptions may read them.
INCLUDES = {WEBHOOKS_MANAGE: (WEBHOOKS_READ,)}


def canonical(names: Iterable[str]) -> list[str]:
    """Full names of scopes, aliases replaced, each once, in the order of the catalogue.

    Raises:
        ValueError: a name is no scope; the message names it.
    """
    full = {ALIASES.get(name, name) for name in names}
    if unknown := sorted(full - SCOPES.keys()):
        raise ValueError(f"Unknown scope: {', '.join(unknown)}. Known scopes: {', '.join(SCOPES)}.")
    return [name for name in SCOPES if name in full]


def allows(granted: Iterable[str], wanted: str) -> bool:
    """Whether granted scopes (full names) allow what one scope (or its alias) allows."""
    wanted = ALIASES.get(wanted, wanted)
    granted = set(granted)
    return wanted in granted or any(wanted in INCLUDES.get(scope, ()) for scope in granted)
