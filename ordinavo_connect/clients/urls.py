from django.urls import path

from ordinavo_connect.clients.health import HealthView

urlpatterns = [
    path("integration/health", HealthView.as_view(), name="integration-health"),
]
