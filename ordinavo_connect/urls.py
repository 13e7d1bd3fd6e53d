"""Every address of the product."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from ordinavo_connect.api.errors import bad_request, not_found, permission_denied, server_error
from ordinavo_connect.api.health import ReadinessView
from ordinavo_connect.api.openapi.pages import OpenApiView, redoc, swagger_ui
from ordinavo_connect.metrics import MetricsView

api_v1: list[URLPattern | URLResolver] = [
    path("openapi.json", OpenApiView.as_view(), name="openapi"),
    path("", include("ordinavo_connect.clients.urls")),
    path("", include("imports.urls")),
    path("", include("customers.urls")),
    path("", include("routing.planning.urls")),
    path("", include("routing.visits.urls")),
    path("", include("routing.billing.urls")),
    path("", include("webhooks.delivery.urls")),
]

urlpatterns = [
    path("readyz", ReadinessView.as_view(), name="readyz"),
    path("metrics", MetricsView.as_view(), name="metrics"),
    path("api/connect/v1/", include((api_v1, "api"))),
    path("api/docs", swagger_ui, name="swagger-ui"),
    path("api/redoc", redoc, name="redoc"),
    path("my-day/", include("routing.visits.my_day.urls")),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
]

handler400, handler403, handler404, handler500 = bad_request, permission_denied, not_found, server_error
