from django.urls import path, register_converter

from routing.visits.my_day import attachment, log_in, pages, steps
from routing.visits.my_day.hashes import HashConverter

register_converter(HashConverter, "sha256")

urlpatterns = [
    path("", pages.day, name="my-day"),
    path("log-in", log_in.LogInView.as_view(), name="my-day-log-in"),
    path("log-out", log_in.log_out, name="my-day-log-out"),
    path("choose", log_in.choose, name="my-day-choose"),
    path("attachments/<id:attachment_id>", attachment.attachment, name="attachment"),
    path("appointments/<id:appointment_id>", pages.stop, name="my-day-stop"),
    path("appointments/<id:appointment_id>/start", steps.start, name="my-day-start"),
    path("appointments/<id:appointment_id>/complete", steps.complete, name="my-day-complete"),
    path("appointments/<id:appointment_id>/problem", steps.problem, name="my-day-problem"),
    path("appointments/<id:appointment_id>/report", pages.report, name="my-day-report"),
    path("appointments/<id:appointment_id>/report/draft", steps.draft, name="my-day-draft"),
    path("appointments/<id:appointment_id>/report/submit", steps.submit, name="my-day-submit"),
    path(
        "appointments/<id:appointment_id>/photos/<sha256:sha256>",
        steps.photo,
        name="my-day-photo",
    ),
    path(
        "appointments/<id:appointment_id>/photos/<sha256:sha256>/remove",
        steps.remove_photo,
        name="my-day-remove-photo",
    ),
]
