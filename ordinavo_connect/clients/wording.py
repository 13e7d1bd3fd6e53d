"""What the settings of an Integration Client mean, in sentences that its pages show beside each choice."""

from django.utils.functional import Promise
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients import scopes
from ordinavo_connect.clients.models import IntegrationClient, Strategy, UpdatePolicy

SCOPE_GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (_("Connection"), (scopes.HEALTH_READ,)),
    (_("Import"), (scopes.TARGETS_WRITE, scopes.TARGETS_BATCH_WRITE, scopes.IMPORT_JOBS_READ)),
    (_("Customers"), (scopes.CUSTOMERS_MAP, scopes.CUSTOMERS_WRITE, scopes.CUSTOMERS_READ)),
    (_("Route planning"), ("route_suggestions.create", "route_suggestions.read")),
    (_("Webhooks"), ("webhooks.read", "webhooks.manage", "webhook_deliveries.read")),
    (_("Visits and billing"), ("visit_reports.read", "billing.read", "billing.manage")),
)

ENVIRONMENTS: dict[str, Promise] = {
    "live": _("Works with the real customers and targets."),
    "test": _("Works in the sandbox: customers, targets and subscriptions of their own, which can be wiped."),
}

STRATEGIES: dict[str, Promise] = {
    Strategy.EXTERNAL_ID_FIRST: _(
        "By external ID; where that is not known, by customer number; within the customer so found, a "
        "location of the same address and a contact of the same e-mail."
    ),
    Strategy.EXTERNAL_ID_THEN_CUSTOMER_NUMBER: _(
        "By external ID; where that is not known, by customer number. Addresses and e-mails are not compared."
    ),
    Strategy.EXTERNAL_ID_THEN_NAME_AND_ADDRESS: _(
        "As by external IDs first; where that finds nothing, names and addresses are compared: what is clearly one is "
        "linked, what is near goes to review."
    ),
    Strategy.EXTERNAL_ID_ONLY: _("Only by external IDs that are known already."),
    Strategy.MANUAL_ONLY: _("Only what staff linked by hand; everything else goes to review."),
}

UPDATE_POLICIES: dict[str, Promise] = {
    UpdatePolicy.NEVER: _("An import changes no customer, location or contact."),
    UpdatePolicy.FILL_BLANKS: _("An import fills what is blank, and never replaces what is there."),
    UpdatePolicy.OVERWRITE: _("The source system is right: an import replaces what is there."),
}

AUTO_CREATE: dict[str, Promise] = {
    "auto_create_customers": _("A customer that is not found is created from what was sent."),
    "auto_create_locations": _("A location that its customer does not have is added to it."),
    "auto_create_contacts": _("A contact that its customer does not have is added to it."),
}

REFUSE_UNMAPPED = _(
    "A target whose customer, location or contact is not found or not clear is rejected, not imported."
)
REVIEW_UNKNOWN = _("What was not found is put to staff as a review; off: it only leaves a warning.")
ALLOWED_IPS = _(
    "One address or network a line, such as 203.0.113.7 or 2001:db8::/32. Empty: from everywhere."
)
RATE_LIMIT = _("More requests than this in a minute are answered with 429 and the time to wait.")

THRESHOLDS: dict[str, Promise] = {
    "link_threshold": _(
        "Where names are compared: a candidate of this score or more is linked by itself. Higher: fewer links, more "
        "questions."
    ),
    "review_threshold": _(
        "From this score on staff are asked whether it is the one; below, nothing was found. Higher: fewer questions, "
        "more records that exist twice."
    ),
    "margin": _(
        "By how much the best candidate must beat the next. Nearer than this, staff decide between them."
    ),
}


def unknown_customer_story(client: IntegrationClient) -> str:
    """What happens to a job of a customer that nobody knows yet, under the client's settings.

    Source: API contract, Customer mapping.
    """
    may_create = scopes.allows(client.scopes, scopes.CUSTOMERS_WRITE)
    if client.auto_create_customers and may_create and client.strategy != Strategy.MANUAL_ONLY:
        return now(
            "The job is imported, and the customer is created from what was sent: mapping status Created."
        )
    if client.refuse_unmapped:
        return now("The job is rejected with mapping_required. Nothing is imported.")
    if client.strategy == Strategy.MANUAL_ONLY:
        return now(
            "The job is imported without a customer, and staff are asked: mapping status ManualReview."
        )
    if client.review_unknown:
        return now(
            "The job is imported without a customer, and staff are asked who it is: mapping status NotFound. "
            "Once they have decided, this job and all later ones are linked by themselves."
        )
    return now("The job is imported without a customer and carries a warning: mapping status NotFound.")
