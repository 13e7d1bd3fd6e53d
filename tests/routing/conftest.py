"""Who takes part in routing: two employees of Acme (one with a log-in), one of Umbrella, and an open target each."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from ordinavo_connect.clients.scopes import SCOPES
from routing.planning.models import Appointment, Employee
from tests.factories import make_client
from tests.routing.cast import make_appointment, make_employee, make_target


@pytest.fixture
def erp(tenant: Tenant) -> IntegrationClient:
    """Acme's ERP, which may do all that there is."""
    return make_client(tenant, name="Acme ERP", scopes=tuple(SCOPES))


@pytest.fixture
def other_erp(other_tenant: Tenant) -> IntegrationClient:
    """Umbrella's ERP: its source system is called as Acme's."""
    return make_client(other_tenant, name="Umbrella ERP", scopes=tuple(SCOPES))


@pytest.fixture
def jana(tenant: Tenant, employee: User) -> Employee:
    """Acme's employee who logs in to My Day as `employee`."""
    return make_employee(tenant, "Jana Weber", user=employee)


@pytest.fixture
def malik(tenant: Tenant) -> Employee:
    """Acme's other employee, without a log-in."""
    return make_employee(tenant, "Malik Yilmaz")


@pytest.fixture
def other_employee(other_tenant: Tenant) -> Employee:
    """Umbrella's."""
    return make_employee(other_tenant, "Ada Stein")


@pytest.fixture
def target(erp: IntegrationClient) -> Target:
    """An open target of Acme's ERP, with coordinates, 60 minutes of work."""
    return make_target(erp, "JOB-1")


@pytest.fixture
def other_target(other_erp: IntegrationClient) -> Target:
    """Umbrella's."""
    return make_target(other_erp, "JOB-1")


@pytest.fixture
def appointment(jana: Employee, target: Target) -> Appointment:
    """Jana visits the target on 2 July 2026, 9:00 to 10:00."""
    return make_appointment(jana, target)


@pytest.fixture
def browse_as(request: pytest.FixtureRequest, browser_of: Callable[[Any], Client]) -> Callable[[str], Client]:
    """The browser of somebody of the cast, by name: `browse_as("dispatcher")`."""
    return lambda name: browser_of(request.getfixturevalue(name))
