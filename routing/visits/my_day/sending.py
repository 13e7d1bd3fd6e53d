"""How a form of My Day is answered: to a script as JSON, to a browser without scripts by another page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from routing.planning.refusals import Refused
from routing.visits.reports import PhotosMissing

# What the scripts of My Day send along.
HEADER = "X-Sent-By"


def is_sent_by_script(request: HttpRequest) -> bool:
    return request.headers.get(HEADER) == "script"


def done(request: HttpRequest, *, to: str, message: str = "") -> HttpResponse:
    """It worked; `to` is the page that shows it."""
    if message:
        messages.success(request, message)
    return JsonResponse({"next": to}) if is_sent_by_script(request) else redirect(to)


def refused(request: HttpRequest, error: Refused, *, back: str) -> HttpResponse:
    """Nothing was changed. `missing`: hashes of photos that have not arrived."""
    if not is_sent_by_script(request):
        messages.error(request, error.message)
        return redirect(back)
    missing = error.hashes if isinstance(error, PhotosMissing) else ()
    return JsonResponse({"code": error.code, "message": error.message, "missing": missing}, status=409)


def invalid(errors: dict[str, str]) -> JsonResponse:
    """Fields that have to be filled in differently, by their names."""
    return JsonResponse({"code": "invalid", "errors": errors}, status=400)
