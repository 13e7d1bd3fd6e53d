from datetime import UTC, datetime

import time_machine

from ordinavo_connect.clients.models import IntegrationClient
from tests.api_caller import ApiCaller
from tests.factories import make_key


def test_it_describes_the_caller(erp: IntegrationClient) -> None:
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC), tick=False):
        key = make_key(
            erp,
            scopes=["integration.health.read", "targets.write"],
            expires_at=datetime(2027, 6, 1, tzinfo=UTC),
        )
        response = ApiCaller(key).get("/integration/health")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "apiVersion": "v1",
        "tenant": "acme",
        "integrationClient": "Acme ERP",
        "sourceSystem": "erp",
        "environment": "live",
        "scopes": ["integration.health.read", "inbound.targets.write"],
        "keyExpiresAt": "2027-06-01T00:00:00Z",
        "serverTime": "2027-01-01T00:00:00Z",
    }


def test_a_key_without_expiry_says_null(api: ApiCaller) -> None:
    assert api.get("/integration/health").json()["keyExpiresAt"] is None
