"""The fixed cast of the tests.

Two tenants that know nothing of each other: Acme with its ERP and one person of each role, and Umbrella with
its own. Who stands outside is `other_…`; `superuser` belongs to nobody.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from ordinavo_connect.clients.models import IntegrationClient, Role, Tenant, User
from ordinavo_connect.clients.tenants import create_tenant
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_key, make_user


def pytest_configure() -> None:
    # A slow hash of passwords protects nobody here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def nobody_in_the_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Servers that tests started in threads keep connections; the database can only be dropped without them."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def tenant(db: Any) -> Tenant:
    return create_tenant("acme", name="Acme Field Service")


@pytest.fixture
def other_tenant(db: Any) -> Tenant:
    return create_tenant("umbrella", name="Umbrella Maintenance")


@pytest.fixture
def erp(tenant: Tenant) -> IntegrationClient:
    """Acme's ERP, which may import all that there is."""
    return make_client(tenant, name="Acme ERP")


@pytest.fixture
def other_erp(other_tenant: Tenant) -> IntegrationClient:
    """Umbrella's ERP: its source system is called as Acme's."""
    return make_client(other_tenant, name="Umbrella ERP")


@pytest.fixture
def api(erp: IntegrationClient) -> ApiCaller:
    """The API with the key of Acme's ERP."""
    return ApiCaller(make_key(erp))


@pytest.fixture
def other_api(other_erp: IntegrationClient) -> ApiCaller:
    return ApiCaller(make_key(other_erp))


@pytest.fixture
def api_of(db: Any) -> Callable[..., ApiCaller]:
    """The API with a new key of a client: `api_of(erp, scopes=["customers.read"])`."""

    def call(client: IntegrationClient, **key_settings: Any) -> ApiCaller:
        return ApiCaller(make_key(client, **key_settings))

    return call


@pytest.fixture
def anonymous_api(db: Any) -> ApiCaller:
    """The API without a key."""
    return ApiCaller(None)


@pytest.fixture
def owner(tenant: Tenant) -> User:
    return make_user("owner", tenant, Role.OWNER)


@pytest.fixture
def integration_admin(tenant: Tenant) -> User:
    return make_user("integration_admin", tenant, Role.INTEGRATION_ADMIN)


@pytest.fixture
def reviewer(tenant: Tenant) -> User:
    return make_user("reviewer", tenant, Role.MAPPING_REVIEWER)


@pytest.fixture
def dispatcher(tenant: Tenant) -> User:
    return make_user("dispatcher", tenant, Role.DISPATCHER)


@pytest.fixture
def viewer(tenant: Tenant) -> User:
    return make_user("viewer", tenant, Role.VIEWER)


@pytest.fixture
def employee(tenant: Tenant) -> User:
    return make_user("employee", tenant, Role.EMPLOYEE)


@pytest.fixture
def other_owner(other_tenant: Tenant) -> User:
    return make_user("other_owner", other_tenant, Role.OWNER)


@pytest.fixture
def superuser(db: Any) -> User:
    return make_user("superuser", is_superuser=True)


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """A browser in which somebody is logged in: `browser_of(owner).get("/admin/")`."""

    def log_in(user: User) -> Client:
        browser = Client()
        browser.force_login(user)
        return browser

    return log_in
