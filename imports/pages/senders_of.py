"""The targets that were sent with the reference of a review, and the items in which it came."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from customers.models import MappingReview
from customers.reviews import key_of
from imports.models import ImportItem, Target
from ordinavo_connect.clients.admin_lists import moment

# Items that the page of a review names; all of them are a link away.
MOST_ITEMS = 5


@dataclass(frozen=True, slots=True)
class Received:
    """An item in which the reference came."""

    external_id: str
    job: int
    when: SafeString | str
    link: str


def targets_sent_with(review: MappingReview, targets: QuerySet[Target]) -> QuerySet[Target]:
    """Those of the tenant's targets that were sent with the reference of a review."""
    key: dict[str, Any] = {f"{review.entity_type}_key": str(key_of(review))}
    return targets.filter(tenant_id=review.tenant_id, source_system=review.source_system, **key)


def items_as_received(review: MappingReview) -> list[Received]:
    """The newest item of each of the first targets in which the reference came: two statements."""
    sent = targets_sent_with(review, Target.objects.order_by("-pk")).values_list("external_id", flat=True)
    rows = ImportItem.objects.filter(
        tenant_id=review.tenant_id,
        external_id__in=list(sent[:MOST_ITEMS]),
        job__source_system=review.source_system,
        **{f"mapping__{review.entity_type}__key": str(key_of(review))},
    )
    newest = rows.order_by("external_id", "-pk").distinct("external_id").select_related("job")
    return [
        Received(
            external_id=item.external_id,
            job=item.job_id,
            when=moment(item.job.created_at),
            link=reverse("admin:imports_importitem_change", args=[item.pk]),
        )
        for item in sorted(newest, key=lambda item: item.pk, reverse=True)
    ]
