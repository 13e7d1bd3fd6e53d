"""What the settings of an Integration Client must fulfil, beyond what each field allows by itself."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from ordinavo_connect.clients import scopes as catalogue
from ordinavo_connect.clients.models import IntegrationClient

# The key is a field of the model, so that a form shows the sentence beside it.
Errors = dict[str, list[str]]

AUTO_CREATE_FIELDS = ("auto_create_customers", "auto_create_locations", "auto_create_contacts")


def rule_errors(client: IntegrationClient) -> Errors:
    """Settings that do not go together (API contract, Customer mapping). Empty where all is well."""
    errors: Errors = {}
    if message := threshold_error(client.link_threshold, client.review_threshold):
        errors["link_threshold"] = [message]
    if not catalogue.allows(client.scopes, catalogue.CUSTOMERS_WRITE):
        for name in AUTO_CREATE_FIELDS:
            if getattr(client, name):
                errors[name] = [_("Creating records needs the scope customers.write.")]
    return errors


def threshold_error(link: float | None, review: float | None) -> str | None:
    """What is wrong with two thresholds that are each allowed; None where nothing is."""
    if link is None or review is None or link >= review:
        return None
    return _("The threshold for linking must not be under the one for review.")


def networks(texts: Iterable[str]) -> list[str]:
    """CIDRs in their normal form, each once: `10.1.2.3` becomes `10.1.2.3/32`.

    Raises:
        ValueError: a text is no address and no network; the message names all such.
    """
    found: dict[str, None] = {}
    wrong: list[str] = []
    for text in (text.strip() for text in texts):
        try:
            found[str(ipaddress.ip_network(text))] = None
        except ValueError as error:
            wrong.append(str(error) if "host bits" in str(error) else _no_network(text))
    if wrong:
        raise ValueError(" ".join(wrong))
    return list(found)


def _no_network(text: str) -> str:
    return _("“%(text)s” is no IP address and no network such as 203.0.113.0/24.") % {"text": text}


def expiry_error(expires_at: datetime | None) -> str | None:
    """What is wrong with the moment at which a key is to expire; None where nothing is."""
    if expires_at is None:
        return None
    if timezone.is_naive(expires_at):
        return _("A time needs its zone, as in 2027-01-31T12:00:00Z.")
    if expires_at <= timezone.now():
        return _("The time has passed already.")
    return None
