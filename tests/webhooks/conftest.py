from collections.abc import Callable
from typing import Any

import pytest

from ordinavo_connect.clients.models import IntegrationClient, Tenant
from ordinavo_connect.clients.scopes import WEBHOOK_DELIVERIES_READ, WEBHOOKS_MANAGE
from tests.api_caller import ApiCaller
from tests.factories import make_client

WEBHOOK_SCOPES = [WEBHOOKS_MANAGE, WEBHOOK_DELIVERIES_READ]


@pytest.fixture
def receiver_client(tenant: Tenant) -> IntegrationClient:
    """A client of Acme's ERP that manages subscriptions."""
    return make_client(tenant, name="Acme ERP, webhooks", scopes=WEBHOOK_SCOPES)


@pytest.fixture
def hooks(receiver_client: IntegrationClient, api_of: Callable[..., ApiCaller]) -> ApiCaller:
    """The API with the key of a client that manages the subscriptions of Acme's ERP."""
    return api_of(receiver_client)


@pytest.fixture
def strangers(tenant: Tenant, other_tenant: Tenant, api_of: Callable[..., ApiCaller]) -> list[ApiCaller]:
    """Another source system of Acme, Acme's sandbox, and Umbrella: none of them sees what is the ERP's."""
    clients: list[dict[str, Any]] = [
        {"tenant": tenant, "source_system": "crm"},
        {"tenant": tenant, "name": "Sandbox", "environment": "test"},
        {"tenant": other_tenant},
    ]
    return [api_of(make_client(**client, scopes=WEBHOOK_SCOPES)) for client in clients]
