from django.urls import path, register_converter
from django.urls.converters import IntConverter

from imports import api


class IdConverter(IntConverter):
    """An id; a number that no id can be leads nowhere."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "id")

urlpatterns = [
    path("inbound/targets", api.TargetsView.as_view(), name="targets"),
    path("inbound/targets/batch", api.BatchView.as_view(), name="targets-batch"),
    path("inbound/targets/<path:external_id>", api.TargetView.as_view(), name="target"),
    path("import-jobs", api.ImportJobsView.as_view(), name="import-jobs"),
    path("import-jobs/<id:job_id>", api.ImportJobView.as_view(), name="import-job"),
    path("import-jobs/<id:job_id>/items", api.ImportItemsView.as_view(), name="import-items"),
]
