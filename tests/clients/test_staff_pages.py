"""Staff and tenants in the admin: who may take on whom, and set whose password."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from ordinavo_connect.clients.models import Membership, Role, Tenant, User
from ordinavo_connect.clients.staff import may_manage
from ordinavo_connect.clients.tenants import sandbox_of
from tests.factories import make_user

BrowserOf = Callable[[User], Client]
LIST = "/admin/clients/membership/"
PERSON = {"username": "petra", "first_name": "Petra", "last_name": "Lindner", "email": "p@example.com"}


def member(user: User) -> Membership:
    return Membership.objects.get(user=user)


def page_of(user: User) -> str:
    return f"{LIST}{member(user).pk}/change/"


def password_page(user: User) -> str:
    return f"{LIST}{member(user).pk}/password/"


def test_an_owner_takes_somebody_on(browser_of: BrowserOf, owner: User, tenant: Tenant) -> None:
    response = browser_of(owner).post(f"{LIST}add/", PERSON | {"role": "mapping_reviewer"})

    petra = User.objects.get(username="petra")
    assert (member(petra).tenant, member(petra).role) == (tenant, Role.MAPPING_REVIEWER)
    password = response.context["password"]
    assert password in response.content.decode()
    assert petra.check_password(password)
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"username": "owner"}, "username"), ({"username": "a b"}, "username"), ({"email": "x"}, "email")],
)
def test_a_fault_is_told_beside_its_field(
    browser_of: BrowserOf, owner: User, change: dict[str, str], field: str
) -> None:
    response = browser_of(owner).post(f"{LIST}add/", PERSON | {"role": "viewer"} | change)

    assert response.context["adminform"].form.errors.keys() == {field}
    assert Membership.objects.count() == 1


def test_a_role_changes(browser_of: BrowserOf, owner: User, viewer: User) -> None:
    browser_of(owner).post(page_of(viewer), {"role": "dispatcher"})

    assert member(viewer).role == Role.DISPATCHER


def test_a_tenant_keeps_an_owner(browser_of: BrowserOf, owner: User) -> None:
    browser = browser_of(owner)
    browser.post(page_of(owner), {"role": "viewer"})
    browser.post(f"{LIST}{member(owner).pk}/delete/", {"post": "yes"})

    assert member(owner).role == Role.OWNER


def test_one_of_two_owners_may_go(browser_of: BrowserOf, owner: User, tenant: Tenant) -> None:
    make_user("second", tenant, Role.OWNER)
    browser_of(owner).post(f"{LIST}{member(owner).pk}/delete/", {"post": "yes"})

    assert not Membership.objects.filter(user=owner).exists()


def test_a_new_password_is_shown_once(browser_of: BrowserOf, owner: User, viewer: User) -> None:
    browser = browser_of(owner)
    form = {"once": browser.get(password_page(viewer)).context["once"]}
    password = browser.post(password_page(viewer), form).context["password"]
    again = browser.post(password_page(viewer), form, follow=True)

    viewer.refresh_from_db()
    assert viewer.check_password(password)
    assert password not in again.content.decode()


def test_an_owner_sets_no_password_of_somebody_who_may_more(
    browser_of: BrowserOf, owner: User, tenant: Tenant, other_tenant: Tenant
) -> None:
    root = make_user("root", tenant, Role.VIEWER, is_superuser=True)
    elsewhere = make_user("elsewhere", tenant, Role.VIEWER)
    Membership.objects.create(user=elsewhere, tenant=other_tenant, role=Role.VIEWER)

    for person in (root, elsewhere):
        page = f"{LIST}{Membership.objects.get(user=person, tenant=tenant).pk}/password/"
        assert browser_of(owner).get(page).status_code == 403
        assert browser_of(owner).post(page).status_code == 403


def test_who_may_manage_whom(
    owner: User, viewer: User, superuser: User, other_owner: User, integration_admin: User
) -> None:
    assert may_manage(owner, viewer)
    assert may_manage(superuser, owner)
    assert not may_manage(owner, superuser)
    assert not may_manage(owner, other_owner)
    assert not may_manage(integration_admin, viewer)


def test_a_sandbox_has_the_staff_of_its_tenant(
    browser_of: BrowserOf, owner: User, viewer: User, tenant: Tenant
) -> None:
    browser = browser_of(owner)
    browser.post("/admin/tenant/", {"tenant": sandbox_of(tenant).pk})

    assert "viewer" in browser.get(LIST).content.decode()
    browser.post(f"{LIST}add/", PERSON | {"role": "viewer"})
    assert member(User.objects.get(username="petra")).tenant == tenant


def test_another_tenants_staff_are_not_there(browser_of: BrowserOf, owner: User, other_owner: User) -> None:
    browser = browser_of(owner)

    assert "other_owner" not in browser.get(LIST).content.decode()
    assert browser.get(page_of(other_owner)).headers["Location"] == "/admin/"
    assert browser.post(password_page(other_owner)).headers["Location"] == "/admin/"


@pytest.mark.parametrize("name", ["integration_admin", "reviewer", "dispatcher"])
def test_staff_are_the_owners_business(
    browser_of: BrowserOf, name: str, request: pytest.FixtureRequest
) -> None:
    browser = browser_of(request.getfixturevalue(name))

    assert browser.get(LIST).status_code == 403
    assert browser.post(f"{LIST}add/", PERSON | {"role": "owner"}).status_code == 403


def test_superusers_make_tenants(browser_of: BrowserOf, superuser: User, owner: User) -> None:
    form = {"name": "New", "slug": "new", "time_zone": "Europe/Vienna", "default_work_minutes": "45"}
    assert browser_of(owner).post("/admin/clients/tenant/add/", form).status_code == 403
    browser_of(superuser).post("/admin/clients/tenant/add/", form)

    tenant = Tenant.objects.get(slug="new")
    assert (tenant.name, tenant.time_zone, tenant.default_work_minutes) == ("New", "Europe/Vienna", 45)


@pytest.mark.parametrize("slug", ["new-sandbox", "New", ""])
def test_a_slug_has_a_form(browser_of: BrowserOf, superuser: User, slug: str) -> None:
    form = {"name": "New", "slug": slug, "time_zone": "Europe/Vienna", "default_work_minutes": "45"}
    browser_of(superuser).post("/admin/clients/tenant/add/", form)

    assert not Tenant.objects.exists()


def test_an_owner_names_the_own_tenant_only(
    browser_of: BrowserOf, owner: User, tenant: Tenant, other_tenant: Tenant
) -> None:
    form = {"name": "Renamed", "slug": "changed", "time_zone": "Europe/Vienna", "default_work_minutes": "45"}
    for one in (tenant, other_tenant):
        browser_of(owner).post(f"/admin/clients/tenant/{one.pk}/change/", form)
        one.refresh_from_db()

    assert (tenant.name, tenant.slug) == ("Renamed", "acme")
    assert other_tenant.name == "Umbrella Maintenance"


def test_accounts_are_for_superusers(browser_of: BrowserOf, owner: User, superuser: User) -> None:
    assert browser_of(owner).get("/admin/clients/user/").status_code == 403
    assert browser_of(superuser).get("/admin/clients/user/").status_code == 200
    assert browser_of(superuser).get(f"/admin/clients/user/{owner.pk}/change/").status_code == 200


def test_a_superuser_makes_an_account(browser_of: BrowserOf, superuser: User) -> None:
    form = {"username": "root", "password1": "correct horse 1", "password2": "correct horse 1"}
    browser_of(superuser).post("/admin/clients/user/add/", form | {"usable_password": "true"})

    assert User.objects.get(username="root").check_password("correct horse 1")


def test_log_in_attempts_are_limited(tenant: Tenant, viewer: User) -> None:
    viewer.set_password("correct horse")
    viewer.save()
    browser = Client()
    for _attempt in range(settings.AXES_FAILURE_LIMIT):
        browser.post("/admin/login/", {"username": "viewer", "password": "wrong"})
    browser.post("/admin/login/", {"username": "viewer", "password": "correct horse"})

    assert browser.get("/admin/").status_code == 302
