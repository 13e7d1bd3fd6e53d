"""`GET /integration/health`: does the connection work, and what may this key do?"""

from typing import Any, cast

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.views import ApiView
from ordinavo_connect.clients.caller import Caller
from ordinavo_connect.clients.documentation import GET_HEALTH
from ordinavo_connect.clients.scopes import HEALTH_READ


class HealthView(ApiView):
    """The caller as its key describes it (API contract, Health)."""

    scopes = {"GET": HEALTH_READ}
    documentation = {"GET": GET_HEALTH}

    def get(self, request: Request) -> Response:
        return Response(health(cast(Caller, request.auth)))


def health(caller: Caller) -> dict[str, Any]:
    return {
        "status": "ok",
        "apiVersion": "v1",
        "tenant": caller.tenant.slug,
        "integrationClient": caller.client.name,
        "sourceSystem": caller.source_system,
        "environment": caller.environment,
        "scopes": list(caller.scopes),
        "keyExpiresAt": caller.key.expires_at,
        "serverTime": timezone.now(),
    }
