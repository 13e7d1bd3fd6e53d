"""The demo tenant: a small registry, employees and jobs to plan, people to log in as, and a key to try things with.

Everything is made once and then left to whoever works with it; only what `demo.json` says is kept true: a key
or a password that does not fit any more is replaced.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pghistory
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from customers.matching.snapshot import derived
from customers.models import Contact, Customer, ExternalReference, Location
from ordinavo_connect.clients.creation import create_client
from ordinavo_connect.clients.key_lifecycle import create_key
from ordinavo_connect.clients.keys import hash_of, parse
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Membership, Role, Tenant, User
from ordinavo_connect.clients.scopes import SCOPES
from ordinavo_connect.clients.tenants import create_tenant
from ordinavo_connect.running.demo_field_service import LOG_IN, add_employees, import_jobs_to_plan, is_new
from ordinavo_connect.running.demo_prices import add_prices
from ordinavo_connect.running.demo_registry import REGISTRY, DemoContact, DemoLocation

SLUG = "demo"
SOURCE_SYSTEM = "logistics_erp"  # That of the examples: each of them works with the printed key.
KEY_NAME = "make up"
FILE_NAME = "demo.json"


@transaction.atomic
def seed(*, var_dir: Path, base_url: str) -> dict[str, Any]:
    """Makes what is missing of the demo, and `demo.json` (mode 0600) below `var_dir`. Returns its content."""
    now = timezone.now()
    known = read(var_dir)
    tenant = _tenant()
    admin, admin_password = _person(tenant, "admin", Role.OWNER, known.get("adminPassword"))
    reviewer, reviewer_password = _person(
        tenant, "reviewer", Role.MAPPING_REVIEWER, known.get("reviewerPassword")
    )
    User.objects.filter(pk=admin.pk, is_superuser=False).update(is_superuser=True)
    key = _key(tenant, known.get("apiKey"), by=admin)
    has_field_service = not is_new(tenant)
    phone, phone_password = _person(tenant, LOG_IN, Role.EMPLOYEE, known.get("myDayPassword"))
    if not has_field_service:
        add_employees(tenant, log_in=phone, now=now)
        add_prices(tenant)
        import_jobs_to_plan(_key_row(tenant, key), now=now)
    content = {
        "baseUrl": base_url,
        "apiKey": key,
        "adminUrl": base_url + reverse("admin:index"),
        "adminUser": admin.username,
        "adminPassword": admin_password,
        "reviewerUser": reviewer.username,
        "reviewerPassword": reviewer_password,
        "planningUrl": base_url + reverse("admin:planning_day"),
        "myDayUrl": base_url + reverse("my-day"),
        "myDayUser": phone.username,
        "myDayPassword": phone_password,
    }
    # Written before the commit: a crash in between leaves a file that the next run mends, never a lost key.
    write(var_dir, content)
    return content


def read(var_dir: Path) -> dict[str, Any]:
    """What `demo.json` says; nothing where it is missing or no JSON object."""
    try:
        content = json.loads((var_dir / FILE_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write(var_dir: Path, content: Mapping[str, Any]) -> None:
    """Replaces `demo.json` in one step; nobody else can read it at any moment."""
    var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = var_dir / f".{FILE_NAME}.{os.getpid()}"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    path.replace(var_dir / FILE_NAME)


def _tenant() -> Tenant:
    tenant = Tenant.objects.filter(slug=SLUG).first()
    if tenant is None:
        tenant = create_tenant(SLUG, name="Demo Field Service")
        with pghistory.context(reason="demo registry"):
            _fill(tenant)
    return tenant


def _fill(tenant: Tenant) -> None:
    for entry in REGISTRY:
        customer = Customer.objects.create(
            tenant=tenant,
            number=entry.number,
            name=entry.name,
            type="Business",
            industry=entry.industry,
            email=entry.email,
            phone=entry.phone,
            **derived(
                "customer",
                {"name": entry.name, "email": entry.email, "phone": entry.phone},
                tenant_id=tenant.pk,
            ),
        )
        _refer(tenant, entry.external_id, entity_type="customer", customer=customer)
        for location in entry.locations:
            _add_location(customer, location)
        for contact in entry.contacts:
            _add_contact(customer, contact)


def _add_location(customer: Customer, entry: DemoLocation) -> None:
    location = Location.objects.create(
        tenant=customer.tenant,
        customer=customer,
        name=entry.name,
        street=entry.street,
        postal_code=entry.postal_code,
        city=entry.city,
        country="DE",
        latitude=entry.latitude,
        longitude=entry.longitude,
        access_notes=entry.access_notes,
        **derived(
            "location",
            {"street": entry.street, "postal_code": entry.postal_code, "city": entry.city},
            tenant_id=customer.tenant_id,
            customer_name=customer.name,
        ),
    )
    _refer(customer.tenant, entry.external_id, entity_type="location", location=location)


def _add_contact(customer: Customer, entry: DemoContact) -> None:
    contact = Contact.objects.create(
        tenant=customer.tenant,
        customer=customer,
        display_name=entry.name,
        role=entry.role,
        email=entry.email,
        phone=entry.phone,
        **derived(
            "contact", {"email": entry.email, "display_name": entry.name}, tenant_id=customer.tenant_id
        ),
    )
    _refer(customer.tenant, entry.external_id, entity_type="contact", contact=contact)


def _refer(tenant: Tenant, external_id: str, **link: Any) -> None:
    ExternalReference.objects.create(
        tenant=tenant, source_system=SOURCE_SYSTEM, external_id=external_id, origin="entered", **link
    )


def _person(tenant: Tenant, name: str, role: Role, password: str | None) -> tuple[User, str]:
    """A member of the demo tenant, and a password that fits: the known one, or a new one.

    A user of that name who is no member of the demo is somebody else: the demo's own gets another name.
    """
    names = [name, f"demo-{name}"]
    user = User.objects.filter(username__in=names, memberships__tenant=tenant).first()
    if user is None:
        taken = set(User.objects.filter(username__in=names).values_list("username", flat=True))
        free = next(name for name in names if name not in taken)
        user = User.objects.create(username=free, is_staff=role != Role.EMPLOYEE)
        Membership.objects.create(tenant=tenant, user=user, role=role)
    if not password or not user.check_password(password):
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save(update_fields=["password"])
    return user, password


def _key(tenant: Tenant, text: str | None, *, by: User) -> str:
    """The text of a key that works for the demo client: the known one, or a new one."""
    if text and _opens(tenant, text):
        return text
    client = tenant.clients.filter(source_system=SOURCE_SYSTEM).order_by("pk").first() or _client(tenant)
    return create_key(client, name=KEY_NAME, by=by)[1]


def _opens(tenant: Tenant, text: str) -> bool:
    shown = parse(text)
    if shown is None:
        return False
    key = ApiKey.objects.filter(tenant=tenant, public_id=shown.public_id, revoked_at=None).first()
    if key is None or not hmac.compare_digest(hash_of(shown.secret), bytes(key.secret_hash)):
        return False
    return key.expires_at is None or key.expires_at > timezone.now()


def _key_row(tenant: Tenant, text: str) -> ApiKey:
    """The key of a text that works."""
    keys = ApiKey.objects.select_related("client__tenant")
    shown = parse(text)
    return keys.get(tenant=tenant, public_id=shown.public_id if shown else "")


def _client(tenant: Tenant) -> IntegrationClient:
    return create_client(tenant, name="Logistics ERP", source_system=SOURCE_SYSTEM, scopes=SCOPES)
