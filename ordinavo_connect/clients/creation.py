"""Making Integration Clients."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction

from ordinavo_connect.clients import client_rules
from ordinavo_connect.clients import scopes as catalogue
from ordinavo_connect.clients.models import (
    LINK_THRESHOLD,
    MARGIN,
    REVIEW_THRESHOLD,
    IntegrationClient,
    Strategy,
    Tenant,
    UpdatePolicy,
)
from ordinavo_connect.clients.tenants import in_environment


@transaction.atomic
def create_client(
    tenant: Tenant,
    *,
    name: str,
    source_system: str,
    scopes: Iterable[str] = (),
    environment: str = "live",
    strategy: str = Strategy.EXTERNAL_ID_FIRST,
    auto_create_customers: bool = False,
    auto_create_locations: bool = False,
    auto_create_contacts: bool = False,
    update_policy: str = UpdatePolicy.FILL_BLANKS,
    refuse_unmapped: bool = False,
    review_unknown: bool = True,
    link_threshold: float = LINK_THRESHOLD,
    review_threshold: float = REVIEW_THRESHOLD,
    margin: float = MARGIN,
    allowed_ips: Iterable[str] = (),
    rate_limit: int = 600,
) -> IntegrationClient:
    """A new client of a tenant, or (environment `test`) of its sandbox. It has no key yet.

    Args:
        scopes: names or aliases; stored by full name.
        link_threshold, review_threshold, margin: 0 to 1, for names that are compared: from which score a candidate is
            linked or put to staff, and by how much it must beat the next.
        allowed_ips: addresses and CIDRs, v4 and v6; none: from everywhere.
        rate_limit: requests a minute.

    Raises:
        ValidationError: with every fault at once, by the name of the argument.
    """
    client = IntegrationClient(
        tenant=in_environment(tenant, environment),
        name=name.strip(),
        source_system=source_system,
        strategy=strategy,
        auto_create_customers=auto_create_customers,
        auto_create_locations=auto_create_locations,
        auto_create_contacts=auto_create_contacts,
        update_policy=update_policy,
        refuse_unmapped=refuse_unmapped,
        review_unknown=review_unknown,
        link_threshold=link_threshold,
        review_threshold=review_threshold,
        margin=margin,
        rate_limit=rate_limit,
    )
    errors: client_rules.Errors = {}
    try:
        client.scopes = catalogue.canonical(scopes)
    except ValueError as error:
        errors["scopes"] = [str(error)]
    try:
        client.allowed_ips = client_rules.networks(allowed_ips)
    except ValueError as error:
        errors["allowed_ips"] = [str(error)]
    # Unknown scopes say nothing about what their absence forbids.
    if "scopes" not in errors:
        errors |= client_rules.rule_errors(client)
    _add_field_errors(client, errors)
    if errors:
        raise ValidationError(errors)
    client.save(force_insert=True)
    return client


def _add_field_errors(client: IntegrationClient, errors: client_rules.Errors) -> None:
    try:
        client.full_clean(exclude=errors.keys())
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            errors.setdefault(field, []).extend(messages)
