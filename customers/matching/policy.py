"""The rules that one Integration Client sets for mapping."""

from dataclasses import dataclass
from typing import Any

from ordinavo_connect.clients.models import (
    LINK_THRESHOLD,
    MARGIN,
    REVIEW_THRESHOLD,
    IntegrationClient,
    Strategy,
    UpdatePolicy,
)

# Where phone numbers without a country code are read.
REGION = "DE"

_BY_NUMBER = {
    Strategy.EXTERNAL_ID_FIRST,
    Strategy.EXTERNAL_ID_THEN_CUSTOMER_NUMBER,
    Strategy.EXTERNAL_ID_THEN_NAME_AND_ADDRESS,
}
_WITHIN_CUSTOMER = {Strategy.EXTERNAL_ID_FIRST, Strategy.EXTERNAL_ID_THEN_NAME_AND_ADDRESS}


@dataclass(frozen=True, slots=True)
class Policy:
    """How context is mapped (API contract, Customer mapping).

    Args:
        tenant_id, source_system, client_id: whose references count, and who asks.
        strategy: one of `Strategy`.
        creates: the entities that an import may create.
        update_policy: one of `UpdatePolicy`.
        reviews_unknown: whether what was not found opens a review.
        link_threshold, review_threshold, margin: 0 to 1, for names that are compared.
        region: ISO 3166-1 alpha-2, in which phone numbers without a country code are read.
    """

    tenant_id: int
    source_system: str
    client_id: int
    strategy: str = Strategy.EXTERNAL_ID_FIRST
    creates: frozenset[str] = frozenset()
    update_policy: str = UpdatePolicy.FILL_BLANKS
    reviews_unknown: bool = True
    link_threshold: float = LINK_THRESHOLD
    review_threshold: float = REVIEW_THRESHOLD
    margin: float = MARGIN
    region: str = REGION

    @property
    def only_by_hand(self) -> bool:
        return self.strategy == Strategy.MANUAL_ONLY

    @property
    def by_number(self) -> bool:
        return self.strategy in _BY_NUMBER

    @property
    def within_customer(self) -> bool:
        """Whether an address or an e-mail address counts within the customer that is linked."""
        return self.strategy in _WITHIN_CUSTOMER

    @property
    def by_name(self) -> bool:
        """Whether names and addresses are compared."""
        return self.strategy == Strategy.EXTERNAL_ID_THEN_NAME_AND_ADDRESS

    def as_json(self) -> dict[str, Any]:
        """As an explanation shows it (API contract, Import)."""
        return {
            "strategy": str(self.strategy),
            "linkThreshold": self.link_threshold,
            "reviewThreshold": self.review_threshold,
            "margin": self.margin,
        }


def policy_of(client: IntegrationClient, *, may_write: bool) -> Policy:
    """The policy of a client.

    Args:
        may_write: whether the caller's key has `customers.write`: without, nothing is created or updated.
    """
    creates = {
        "customer": client.auto_create_customers,
        "location": client.auto_create_locations,
        "contact": client.auto_create_contacts,
    }
    by_hand = client.strategy == Strategy.MANUAL_ONLY
    return Policy(
        tenant_id=client.tenant_id,
        source_system=client.source_system,
        client_id=client.pk,
        strategy=client.strategy,
        creates=frozenset(name for name, on in creates.items() if on and may_write and not by_hand),
        update_policy=client.update_policy if may_write else UpdatePolicy.NEVER,
        reviews_unknown=client.review_unknown,
        link_threshold=client.link_threshold,
        review_threshold=client.review_threshold,
        margin=client.margin,
    )
