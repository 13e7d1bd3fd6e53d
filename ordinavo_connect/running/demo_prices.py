"""The prices of the demo tenant: what a visit costs, and material that is often used."""

from decimal import Decimal

from ordinavo_connect.clients.models import Tenant
from routing.billing.models import BillingRule, RuleKind

# Kind, description, unit, price.
PRICES = (
    (RuleKind.FLAT, "Call-out", "visit", "49.00"),
    (RuleKind.TIME, "Technician", "", "84.00"),
    (RuleKind.MATERIAL, "Filter F7", "pc", "12.50"),
    (RuleKind.MATERIAL, "Coolant R290", "kg", "48.00"),
    (RuleKind.MATERIAL, "Sealing ring", "pc", "2.90"),
)


def add_prices(tenant: Tenant) -> None:
    """Prices of a tenant that has none."""
    if BillingRule.objects.filter(tenant=tenant).exists():
        return
    BillingRule.objects.bulk_create(
        BillingRule(tenant=tenant, kind=kind, description=text, unit=unit, unit_price=Decimal(price))
        for kind, text, unit, price in PRICES
    )
