"""`GET /metrics`: figures for Prometheus, for whoever has the token of the setting METRICS_TOKEN."""

import hmac

from django.conf import settings
from django.http import HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.views import ApiView
from webhooks.delivery.metrics import WebhookCollector

_registry = CollectorRegistry(auto_describe=False)
_registry.register(WebhookCollector())


class MetricsView(ApiView):
    """Not there at all while the setting is empty."""

    public = True
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        if not settings.METRICS_TOKEN:
            raise ApiError("not_found")
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
            raise ApiError(
                "unauthorized", "The token of METRICS_TOKEN is required: Authorization: Bearer <token>."
            )
        return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)  # type: ignore[return-value]
