from django.urls import path

from routing.visits import api

urlpatterns = [
    path("visit-reports", api.VisitReportsView.as_view(), name="visit-reports"),
    path("visit-reports/<id:report_id>", api.VisitReportView.as_view(), name="visit-report"),
]
