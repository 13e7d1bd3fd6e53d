"""Records of the registry as the API shows them (API contract, Shapes)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from customers.models import Contact, Customer, ExternalReference, KeyKind, Location


def external_ids(
    entity: str, record_ids: Sequence[int], *, tenant_id: int, source_system: str
) -> dict[int, str]:
    """What a source system calls records; the newest where it has several names for one. One statement."""
    references = ExternalReference.objects.filter(
        tenant_id=tenant_id,
        source_system=source_system,
        entity_type=entity,
        key_kind=KeyKind.ID,
        **{f"{entity}_id__in": record_ids},
    )
    return dict(references.order_by("pk").values_list(f"{entity}_id", "external_id"))


def customer(row: Customer, names: Mapping[int, str]) -> dict[str, Any]:
    """A customer. `names`: external IDs of the caller's source system, by record."""
    return {
        "customerId": row.pk,
        "externalId": names.get(row.pk),
        "customerNumber": row.number or None,
        "name": row.name,
        "type": row.type or None,
        "industry": row.industry or None,
        "email": row.email or None,
        "phone": row.phone or None,
        "updatedAtUtc": _moment(row.updated_at),
    }


def location(row: Location, names: Mapping[int, str]) -> dict[str, Any]:
    """A location, without what is internal: access notes and the defaults of its targets."""
    return {
        "customerLocationId": row.pk,
        "customerId": row.customer_id,
        "externalId": names.get(row.pk),
        "name": row.name or None,
        "street": row.street or None,
        "postalCode": row.postal_code or None,
        "city": row.city or None,
        "country": row.country or None,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "updatedAtUtc": _moment(row.updated_at),
    }


def contact(row: Contact, names: Mapping[int, str]) -> dict[str, Any]:
    """A contact."""
    return {
        "customerContactId": row.pk,
        "customerId": row.customer_id,
        "externalId": names.get(row.pk),
        "displayName": row.display_name or None,
        "role": row.role or None,
        "email": row.email or None,
        "phone": row.phone or None,
        "updatedAtUtc": _moment(row.updated_at),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
