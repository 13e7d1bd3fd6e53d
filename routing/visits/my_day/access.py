"""Who My Day is for: a log-in that belongs to an employee, and to a member of that employee's tenant."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from ordinavo_connect.clients.active_tenant import place_of
from ordinavo_connect.clients.models import User
from routing.planning.models import Employee
from routing.visits.my_day.sending import is_sent_by_script

SESSION_KEY = "my_day_employee"

EmployeeView = Callable[..., HttpResponse]


def employees_of(user: User) -> list[Employee]:
    """The active employees that somebody logs in as, one in each tenant. One statement.

    A membership of a live tenant counts for its sandbox too; without one the log-in is nobody's.
    """
    rows = Employee.objects.filter(user=user, is_active=True).select_related("tenant")
    if not user.is_superuser:
        member = Q(tenant__memberships__user=user) | Q(tenant__sandbox_of__memberships__user=user)
        rows = rows.filter(member).distinct()
    return list(rows.order_by("tenant__name", "pk"))


def chosen(employees: list[Employee], number: object) -> Employee | None:
    """The one of that id, or the only one that there is."""
    found = next((each for each in employees if each.pk == number), None)
    return employees[0] if found is None and len(employees) == 1 else found


def for_employee(view: EmployeeView) -> Callable[..., HttpResponse]:
    """A page of My Day: `view(request, employee, …)`, in the employee's language and the tenant's time zone."""

    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _log_in_first(request)
        employees = employees_of(request.user)
        if not employees:
            return no_employee(request)
        employee = chosen(employees, request.session.get(SESSION_KEY))
        if employee is None:
            return redirect("my-day-choose")
        with speaking(employee.language), timezone.override(employee.tenant.time_zone):
            return view(request, employee, *args, **kwargs)

    return cast(Callable[..., HttpResponse], never_cache(entered))


def speaking(language: str) -> Any:
    """A language that this product speaks, else its own."""
    known = language in dict(settings.LANGUAGES)
    return translation.override(language if known else settings.LANGUAGE_CODE)


def no_employee(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    has_admin = user.is_superuser or place_of(user).role is not None
    return render(request, "my_day/no_employee.html", {"has_admin": has_admin}, status=403)


def _log_in_first(request: HttpRequest) -> HttpResponse:
    log_in = reverse("my-day-log-in")
    if is_sent_by_script(request):
        message = _("You are logged out. What you entered is kept on this phone: log in, and send it again.")
        return JsonResponse({"code": "logged_out", "message": message, "logIn": log_in}, status=401)
    # A form that was sent cannot be sent again by a link: back to the page that it stands on.
    wanted = request.get_full_path() if request.method == "GET" else reverse("my-day")
    return redirect(f"{log_in}?{urlencode({'next': wanted}, safe='/')}")


def number_in(data: QueryDict, name: str) -> int | None:
    text = data.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
