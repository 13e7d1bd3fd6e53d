"""Rows for tests, each valid by itself; what a test is about, it names."""

from typing import Any

from customers.matching.snapshot import derived
from customers.models import Contact, Customer, ExternalReference, Location
from ordinavo_connect.clients.creation import create_client
from ordinavo_connect.clients.key_lifecycle import create_key
from ordinavo_connect.clients.models import IntegrationClient, Membership, Role, Tenant, User
from ordinavo_connect.clients.scopes import (
    CUSTOMERS_MAP,
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    HEALTH_READ,
    IMPORT_JOBS_READ,
    TARGETS_BATCH_WRITE,
    TARGETS_WRITE,
)

IMPORT_SCOPES = (
    *(HEALTH_READ, TARGETS_WRITE, TARGETS_BATCH_WRITE, IMPORT_JOBS_READ),
    *(CUSTOMERS_MAP, CUSTOMERS_WRITE, CUSTOMERS_READ),
)


def make_client(tenant: Tenant, *, source_system: str = "erp", **settings: Any) -> IntegrationClient:
    """An Integration Client with every scope that an import can need."""
    defaults: dict[str, Any] = {"name": f"{source_system} of {tenant.slug}", "scopes": IMPORT_SCOPES}
    return create_client(tenant, source_system=source_system, **defaults | settings)


def make_key(client: IntegrationClient, **settings: Any) -> str:
    """The text of a new key of the client."""
    return create_key(client, **{"name": "test"} | settings)[1]


def make_user(name: str, tenant: Tenant | None = None, role: Role | None = None, **fields: Any) -> User:
    """A person; with a tenant and a role, a member of it."""
    user = User.objects.create(username=name, is_staff=role != Role.EMPLOYEE, **fields)
    if tenant is not None and role is not None:
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return user


def make_customer(tenant: Tenant, *, name: str = "Rhein-Ruhr Medical Supply", **fields: Any) -> Customer:
    computed = derived("customer", fields | {"name": name}, tenant_id=tenant.pk)
    return Customer.objects.create(tenant=tenant, name=name, **computed, **fields)


def make_location(customer: Customer, **fields: Any) -> Location:
    place = {"street": "Hachestrasse 12", "postal_code": "45127", "city": "Essen", "country": "DE"} | fields
    computed = derived("location", place, tenant_id=customer.tenant_id, customer_name=customer.name)
    return Location.objects.create(tenant=customer.tenant, customer=customer, **computed, **place)


def make_contact(
    customer: Customer, *, display_name: str = "Anna Weber", email: str = "", **fields: Any
) -> Contact:
    return Contact.objects.create(
        tenant=customer.tenant,
        customer=customer,
        display_name=display_name,
        email=email,
        **derived("contact", {"email": email, "display_name": display_name}, tenant_id=customer.tenant_id),
        **fields,
    )


def make_reference(
    record: Customer | Location | Contact,
    external_id: str,
    *,
    source_system: str = "erp",
    origin: str = "entered",
) -> ExternalReference:
    """What a source system calls a record."""
    entity = type(record).__name__.lower()
    return ExternalReference.objects.create(
        tenant=record.tenant,
        source_system=source_system,
        entity_type=entity,
        external_id=external_id,
        origin=origin,
        **{entity: record},
    )
