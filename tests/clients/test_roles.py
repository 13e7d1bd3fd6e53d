"""Roles: what each may, in the active tenant and nowhere else (API contract, Roles of staff)."""

from collections.abc import Callable

import pytest
from django.test import Client

from ordinavo_connect.clients.active_tenant import place_of, put_to_work
from ordinavo_connect.clients.models import Membership, Role, Tenant, User
from ordinavo_connect.clients.roles import DECIDE_REVIEWS
from ordinavo_connect.clients.tenants import sandbox_of
from tests.factories import make_user

BrowserOf = Callable[[User], Client]

READS_IMPORTS = "imports.view_importjob"
READS_REGISTRY = "customers.view_customer"
WRITES_REGISTRY = "customers.change_customer"
READS_CLIENTS = "clients.view_integrationclient"
WRITES_CLIENTS = "clients.change_integrationclient"
SEES_KEYS = "clients.view_apikey"
MAKES_KEYS = "clients.add_apikey"
MANAGES_STAFF = "clients.add_membership"
MAKES_TENANTS = "clients.add_tenant"
EVERYTHING = {
    *(READS_IMPORTS, READS_REGISTRY, WRITES_REGISTRY, READS_CLIENTS, WRITES_CLIENTS, SEES_KEYS, MAKES_KEYS),
    *(MANAGES_STAFF, MAKES_TENANTS, DECIDE_REVIEWS),
}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.OWNER, EVERYTHING - {MAKES_TENANTS}),
        (Role.INTEGRATION_ADMIN, {READS_IMPORTS, READS_CLIENTS, WRITES_CLIENTS, SEES_KEYS, MAKES_KEYS}),
        (Role.MAPPING_REVIEWER, {READS_IMPORTS, READS_REGISTRY, DECIDE_REVIEWS}),
        (Role.DISPATCHER, {READS_IMPORTS, READS_REGISTRY}),
        (Role.VIEWER, {READS_IMPORTS, READS_REGISTRY, READS_CLIENTS}),
        (Role.EMPLOYEE, set()),
    ],
)
def test_each_role_may_what_is_its_own(tenant: Tenant, role: Role, may: set[str]) -> None:
    user = make_user("somebody", tenant, role)

    assert {perm for perm in EVERYTHING if user.has_perm(perm)} == may


def test_a_superuser_may_all(superuser: User) -> None:
    assert all(superuser.has_perm(perm) for perm in EVERYTHING)


def test_who_is_not_active_may_nothing(owner: User) -> None:
    owner.is_active = False

    assert not owner.has_perm(READS_IMPORTS)


def test_the_role_is_that_of_the_active_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    user = make_user("both", tenant, Role.OWNER)
    Membership.objects.create(tenant=other_tenant, user=user, role=Role.VIEWER)
    put_to_work(user, chosen=tenant.pk)
    assert user.has_perm(WRITES_CLIENTS)
    put_to_work(user, chosen=other_tenant.pk)
    assert not user.has_perm(WRITES_CLIENTS)


def test_a_membership_counts_for_the_sandbox(viewer: User, tenant: Tenant) -> None:
    sandbox = sandbox_of(tenant)
    place = put_to_work(viewer, chosen=sandbox.pk)

    assert (place.tenant, place.role) == (sandbox, Role.VIEWER)


def test_a_choice_without_a_membership_does_not_hold(
    owner: User, tenant: Tenant, other_tenant: Tenant
) -> None:
    assert put_to_work(owner, chosen=other_tenant.pk).tenant == tenant


def test_a_superuser_begins_at_the_first_tenant(
    superuser: User, tenant: Tenant, other_tenant: Tenant
) -> None:
    sandbox_of(tenant)

    assert place_of(superuser).tenant == tenant
    assert put_to_work(superuser, chosen=other_tenant.pk).tenant == other_tenant


def test_there_may_be_no_tenant_yet(superuser: User, browser_of: BrowserOf) -> None:
    assert place_of(superuser).tenant is None
    assert browser_of(superuser).get("/admin/").status_code == 200
    assert browser_of(superuser).get("/admin/clients/integrationclient/").status_code == 200


@pytest.mark.parametrize(
    ("name", "status"),
    [
        *(
            ("owner", 200),
            ("integration_admin", 200),
            ("reviewer", 200),
            ("dispatcher", 200),
            ("viewer", 200),
        ),
        *(("superuser", 200), ("employee", 302)),
    ],
)
def test_the_admin_is_open_to_roles_with_pages_in_it(
    browser_of: BrowserOf, name: str, status: int, request: pytest.FixtureRequest
) -> None:
    assert browser_of(request.getfixturevalue(name)).get("/admin/").status_code == status


@pytest.mark.parametrize(("name", "is_let_in"), [("viewer", True), ("employee", False), ("nobody", False)])
def test_log_in_is_by_role(tenant: Tenant, name: str, is_let_in: bool) -> None:
    role = None if name == "nobody" else Role(name)
    user = make_user(name, tenant, role)
    user.set_password("correct horse")
    user.save()
    browser = Client()
    browser.post("/admin/login/", {"username": name, "password": "correct horse"})

    assert (browser.get("/admin/").status_code == 200) is is_let_in


def test_the_tenant_is_switched_in_the_user_menu(
    browser_of: BrowserOf, owner: User, tenant: Tenant, other_tenant: Tenant
) -> None:
    Membership.objects.create(tenant=other_tenant, user=owner, role=Role.VIEWER)
    browser = browser_of(owner)
    assert browser.get("/admin/").context["request"].tenant == tenant
    assert "Umbrella Maintenance" in browser.get("/admin/").content.decode()

    browser.post("/admin/tenant/", {"tenant": other_tenant.pk})
    assert browser.get("/admin/").context["request"].tenant == other_tenant
    assert browser.get("/admin/tenant/").status_code == 405


@pytest.mark.parametrize("number", ["", "x", "999999", "9" * 30, "-1"])
def test_a_tenant_that_is_not_ones_own_answers_as_one_that_is_not_there(
    browser_of: BrowserOf, owner: User, other_tenant: Tenant, number: str
) -> None:
    browser = browser_of(owner)
    foreign = browser.post("/admin/tenant/", {"tenant": other_tenant.pk})
    unknown = browser.post("/admin/tenant/", {"tenant": number})

    assert (
        (foreign.status_code, foreign.content)
        == (unknown.status_code, unknown.content)
        == (403, foreign.content)
    )


def test_the_menu_shows_what_the_role_needs(browser_of: BrowserOf, reviewer: User, owner: User) -> None:
    menu = browser_of(reviewer).get("/admin/").content.decode()
    assert "Clients and keys" not in menu
    assert "Staff" not in menu
    assert "Clients and keys" in browser_of(owner).get("/admin/").content.decode()


def test_noise_of_other_apps_is_not_in_the_admin(browser_of: BrowserOf, superuser: User) -> None:
    assert browser_of(superuser).get("/admin/auth/group/").status_code in (302, 404)
    assert browser_of(superuser).get("/admin/axes/accessattempt/").status_code in (302, 404)


def test_times_are_those_of_the_tenant(browser_of: BrowserOf, owner: User, tenant: Tenant) -> None:
    tenant.time_zone = "Asia/Tokyo"
    tenant.save()

    assert 'data-admin-utc-offset="32400"' in browser_of(owner).get("/admin/").content.decode()
