from django.urls import path

from ordinavo_connect.api.health import ReadinessView
from tests.benchmarks.bare_view.views import BareView

urlpatterns = [
    path("readyz", ReadinessView.as_view()),
    path("api/connect/v1/bare", BareView.as_view()),
]
