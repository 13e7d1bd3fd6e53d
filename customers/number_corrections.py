"""A customer number that stands at the wrong customer: given to the one that it belongs to, and back by undo.

Of a conflict, the external ID leads to one customer (the keeper) and the number to another (the holder). Correcting
the number takes it from the holder and gives it to the keeper; what both had before is kept with the review.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer


@dataclass(frozen=True, slots=True)
class Change:
    """The number of one customer, before and after. '' is none."""

    customer: int
    before: str
    after: str

    def as_kept(self) -> dict[str, Any]:
        return {"customer": self.customer, "before": self.before, "after": self.after}


def correction(keeper: Customer, holder: Customer) -> list[Change]:
    """What correcting does, in the order in which it can be done: a number stands at one customer at most."""
    return [Change(holder.pk, holder.number, ""), Change(keeper.pk, keeper.number, holder.number)]


def carry_out(changes: list[Change], *, tenant_id: int) -> bool:
    """Change the numbers; False where one is not what it was, and then nothing counts: roll back."""
    return all(_set(change.customer, change.before, change.after, tenant_id) for change in changes)


def take_back(kept: list[dict[str, Any]], *, tenant_id: int) -> bool:
    """The reverse of `carry_out`, of what was kept."""
    changes = [Change(**change) for change in reversed(kept)]
    return all(_set(change.customer, change.after, change.before, tenant_id) for change in changes)


def what_contradicts(kept: list[dict[str, Any]], *, tenant_id: int) -> list[str]:
    """Sentences on what changed since the numbers were corrected, so that they cannot be put back."""
    changes = [Change(**change) for change in kept]
    ids = [change.customer for change in changes]
    now = dict(Customer.objects.filter(tenant_id=tenant_id, pk__in=ids).values_list("pk", "number"))
    if any(now.get(change.customer) != change.after for change in changes):
        return [_("The customer numbers were changed in the registry since; change them there.")]
    restored = [change.before for change in changes if change.before]
    taken = Customer.objects.filter(tenant_id=tenant_id, number__in=restored).exclude(pk__in=ids)
    return [
        _("The number %(number)s belongs to %(customer)s by now; change that first.")
        % {"number": customer.number, "customer": customer.name}
        for customer in taken
    ]


def _set(customer_id: int, before: str, after: str, tenant_id: int) -> bool:
    rows = Customer.objects.filter(pk=customer_id, tenant_id=tenant_id, number=before)
    return rows.update(number=after, updated_at=timezone.now()) == 1
