"""Visit reports as the API shows them (API contract, Visit reports and Shapes)."""

from collections.abc import Callable, Iterable
from typing import Any

from customers.models import Customer, ExternalReference, KeyKind, Location
from imports.presentation import moment
from imports.presentation import target as shown_target
from routing.visits.links import signed_path
from routing.visits.models import Attachment, VisitReport

# By entity and id of the record.
ExternalIds = dict[tuple[str, int], str]


def external_ids_of(targets: Iterable[Any], *, tenant_id: int, source_system: str) -> ExternalIds:
    """What a source system calls the customers and locations of targets; the newest where it has several names.

    One statement.
    """
    targets = list(targets)
    customers = {target.customer_id for target in targets if target.customer_id}
    locations = {target.location_id for target in targets if target.location_id}
    references = ExternalReference.objects.filter(
        tenant_id=tenant_id, source_system=source_system, key_kind=KeyKind.ID
    )
    found: ExternalIds = {}
    both = references.filter(customer_id__in=customers) | references.filter(location_id__in=locations)
    for reference in both.order_by("pk"):
        record_id = getattr(reference, f"{reference.entity_type}_id")
        found[reference.entity_type, record_id] = reference.external_id
    return found


def report(
    row: VisitReport, external_ids: ExternalIds, *, absolute: Callable[[str], str], with_ids: bool
) -> dict[str, Any]:
    """A report. Its attachments, and its target with customer, location and tenant, should be loaded.

    Args:
        absolute: makes an address of a path.
        with_ids: whether the caller has `customers.read`.
    """
    target = row.target
    return {
        "id": row.pk,
        "title": row.title,
        "status": row.status,
        "result": row.result or None,
        "text": row.text or None,
        "workMinutes": row.work_minutes,
        "materials": row.materials,
        "isBillable": row.is_billable,
        "billingStatus": row.billing_status,
        "followUpRequired": row.follow_up_required,
        "target": shown_target(target, with_ids=with_ids),
        "customer": customer(target.customer, external_ids, with_details=with_ids),
        "location": location(target.location, external_ids),
        "attachments": [
            _attachment(each, absolute) for each in row.attachments.all() if each.arrived_at is not None
        ],
        "createdAtUtc": moment(row.created_at),
        "submittedAtUtc": moment(row.submitted_at),
        "decidedAtUtc": moment(row.decided_at),
        "updatedAtUtc": moment(row.updated_at),
    }


def customer(row: Customer | None, external_ids: ExternalIds, *, with_details: bool) -> dict[str, Any] | None:
    """Whom it was done for. `with_details`: its e-mail and phone too, for callers that may read the registry."""
    if row is None:
        return None
    return {
        "customerId": row.pk,
        "externalId": external_ids.get(("customer", row.pk)),
        "customerNumber": row.number or None,
        "name": row.name,
        "type": row.type or None,
        "industry": row.industry or None,
        "email": (row.email or None) if with_details else None,
        "phone": (row.phone or None) if with_details else None,
        "updatedAtUtc": moment(row.updated_at),
    }


def location(row: Location | None, external_ids: ExternalIds) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "customerLocationId": row.pk,
        "customerId": row.customer_id,
        "externalId": external_ids.get(("location", row.pk)),
        "name": row.name or None,
        "street": row.street or None,
        "postalCode": row.postal_code or None,
        "city": row.city or None,
        "country": row.country or None,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "updatedAtUtc": moment(row.updated_at),
    }


def _attachment(row: Attachment, absolute: Callable[[str], str]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "contentType": row.content_type,
        "bytes": row.bytes,
        "sha256": row.sha256,
        "url": absolute(signed_path(row)),
    }
