"""The demo tenant: a small registry to map against, people to log in as, and a key to try things with.

Everything is made once and then left to whoever works with it; only what `demo.json` says is kept true: a key
or a password that does not fit any more is replaced.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pghistory
from django.db import transaction
from django.utils import timezone

from customers.matching.snapshot import derived
from customers.models import Contact, Customer, ExternalReference, Location
from ordinavo_connect.clients.creation import create_client
from ordinavo_connect.clients.key_lifecycle import create_key
from ordinavo_connect.clients.keys import hash_of, parse
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Membership, Role, Tenant, User
from ordinavo_connect.clients.scopes import SCOPES
from ordinavo_connect.clients.tenants import create_tenant

SLUG = "demo"
SOURCE_SYSTEM = "logistics_erp"  # That of the examples: each of them works with the printed key.
KEY_NAME = "make up"
FILE_NAME = "demo.json"


@dataclass(frozen=True)
class DemoContact:
    external_id: str
    name: str
    role: str
    email: str
    phone: str


@dataclass(frozen=True)
class DemoLocation:
    external_id: str
    name: str
    street: str
    postal_code: str
    city: str
    latitude: float
    longitude: float
    access_notes: str = ""


@dataclass(frozen=True)
class DemoCustomer:
    external_id: str
    number: str
    name: str
    industry: str
    email: str
    phone: str
    locations: tuple[DemoLocation, ...]
    contacts: tuple[DemoContact, ...]


REGISTRY = (
    DemoCustomer(
        *("CUST-10042", "RRM-001", "Rhein-Ruhr Medical Supply", "Medical supply"),
        *("office@rrm.example.com", "+49 201 123400"),
        locations=(
            DemoLocation(
                *("LOC-ESSEN-01", "Essen Center", "Hachestrasse 12", "45127", "Essen", 51.451, 7.012),
                access_notes="Loading bay behind the building; ring at gate 2.",
            ),
            DemoLocation(
                "LOC-ESSEN-02", "Cold store", "Gladbecker Strasse 413", "45326", "Essen", 51.492, 7.008
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-44", "Anna Weber", "Operations Manager", "anna.weber@example.com", "+49 201 123456")
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20019", "BR-019", "Berg Retail Group", "Retail"),
        *("facility@berg-retail.example.com", "+49 234 554100"),
        locations=(
            DemoLocation(
                "LOC-BOCHUM-02", "Bochum Store", "Kortumstrasse 68", "44787", "Bochum", 51.4803, 7.2188
            ),
            DemoLocation(
                *(
                    "LOC-DORTMUND-05",
                    "Dortmund Store",
                    "Westenhellweg 102",
                    "44137",
                    "Dortmund",
                    51.5139,
                    7.4601,
                )
            ),
        ),
        contacts=(
            DemoContact(
                "CONT-71", "Murat Aydin", "Store Manager", "m.aydin@berg-retail.example.com", "+49 234 554112"
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20044", "SBK-007", "Stadtbäckerei Kemper GmbH", "Bakery"),
        *("info@kemper.example.com", "+49 201 770310"),
        locations=(
            DemoLocation(
                "LOC-ESSEN-11",
                "Bakery Rüttenscheid",
                "Rüttenscheider Straße 144",
                "45131",
                "Essen",
                51.4326,
                7.0041,
            ),
        ),
        contacts=(
            DemoContact(
                "CONT-80",
                "Sabine Kemper",
                "Managing Director",
                "s.kemper@kemper.example.com",
                "+49 201 770311",
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20051", "HLK-112", "Hellweg Logistik KG", "Logistics"),
        *("dispo@hellweg-logistik.example.com", "+49 231 889900"),
        locations=(
            DemoLocation(
                *("LOC-DORTMUND-01", "Hub North", "Bornstraße 331", "44145", "Dortmund", 51.5417, 7.4702),
                access_notes="Safety shoes and vest. Register at the barrier.",
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-85", "Jan Hoffmann", "Fleet Manager"),
                *("j.hoffmann@hellweg-logistik.example.com", "+49 231 889914"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20063", "ZPB-003", "Zahnarztpraxis Dr. Brinkmann", "Dental practice"),
        *("praxis@brinkmann.example.com", "+49 234 610720"),
        locations=(
            DemoLocation(
                "LOC-BOCHUM-07", "Practice", "Viktoriastraße 23", "44787", "Bochum", 51.4781, 7.2149
            ),
        ),
        contacts=(),
    ),
    DemoCustomer(
        *("CUST-20070", "PHO-201", "Phoenix Office Park GmbH & Co. KG", "Property management"),
        *("verwaltung@phoenix-office.example.com", "+49 231 470180"),
        locations=(
            DemoLocation(
                "LOC-DORTMUND-09",
                "Office Park See",
                "Hörder Burgstraße 18",
                "44263",
                "Dortmund",
                51.4889,
                7.5093,
            ),
            DemoLocation(
                "LOC-DORTMUND-10",
                "Office Park West",
                "Hochofenstraße 10",
                "44263",
                "Dortmund",
                51.4905,
                7.4925,
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-93", "Katharina Vogt", "Facility Manager"),
                *("k.vogt@phoenix-office.example.com", "+49 231 470185"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20088", "KWE-015", "Klinikum West Essen", "Hospital"),
        *("technik@klinikum-west.example.com", "+49 201 434100"),
        locations=(
            DemoLocation(
                *("LOC-ESSEN-20", "Main house", "Frohnhauser Straße 260", "45144", "Essen", 51.4529, 6.9721),
                access_notes="Technical desk in building C, basement.",
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-101", "Thomas Schröder", "Head of Technical Services"),
                *("t.schroeder@klinikum-west.example.com", "+49 201 434177"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20095", "GRU-044", "Gastro Ruhr Kältetechnik GmbH", "Catering equipment"),
        *("service@gastro-ruhr.example.com", "+49 234 330450"),
        locations=(
            DemoLocation(
                "LOC-BOCHUM-12", "Workshop", "Herner Straße 215", "44809", "Bochum", 51.5012, 7.2143
            ),
        ),
        contacts=(),
    ),
    DemoCustomer(
        *("CUST-20102", "WGB-058", "Wohnungsgenossenschaft Borsigplatz eG", "Housing"),
        *("service@wg-borsigplatz.example.com", "+49 231 982200"),
        locations=(
            DemoLocation(
                "LOC-DORTMUND-14", "Head office", "Oesterholzstraße 91", "44145", "Dortmund", 51.5265, 7.4838
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-117", "Petra Lindner", "Caretaker Services"),
                *("p.lindner@wg-borsigplatz.example.com", "+49 231 982240"),
            ),
        ),
    ),
)


@transaction.atomic
def seed(*, var_dir: Path, base_url: str) -> dict[str, Any]:
    """Makes what is missing of the demo, and `demo.json` (mode 0600) below `var_dir`. Returns its content."""
    known = read(var_dir)
    tenant = _tenant()
    admin, admin_password = _person(tenant, "admin", Role.OWNER, known.get("adminPassword"))
    reviewer, reviewer_password = _person(
        tenant, "reviewer", Role.MAPPING_REVIEWER, known.get("reviewerPassword")
    )
    User.objects.filter(pk=admin.pk, is_superuser=False).update(is_superuser=True)
    content = {
        "baseUrl": base_url,
        "apiKey": _key(tenant, known.get("apiKey"), by=admin),
        "adminUrl": f"{base_url}/admin/",
        "adminUser": admin.username,
        "adminPassword": admin_password,
        "reviewerUser": reviewer.username,
        "reviewerPassword": reviewer_password,
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
            **derived("customer", {"name": entry.name}),
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
        **derived("location", {"street": entry.street, "postal_code": entry.postal_code, "city": entry.city}),
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
        **derived("contact", {"email": entry.email}),
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
        user = User.objects.create(username=free, is_staff=True)
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


def _client(tenant: Tenant) -> IntegrationClient:
    return create_client(tenant, name="Logistics ERP", source_system=SOURCE_SYSTEM, scopes=SCOPES)
