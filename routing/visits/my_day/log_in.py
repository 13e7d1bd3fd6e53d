"""The way in: a log-in page of its own, since an employee has no admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from routing.visits.my_day.access import SESSION_KEY, employees_of, no_employee, number_in

LONGEST_NAME = 150


class EmployeeLogin(AuthenticationForm):
    """Whoever has an account gets in; what is there for them, the next page says."""

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if len(username) > LONGEST_NAME:
            # Nobody has it, and the record of failed log-ins has no room for it.
            raise self.get_invalid_login_error()
        return username


@method_decorator(never_cache, name="dispatch")
class LogInView(LoginView):
    """Too many wrong passwords are told here, in words, and not on a page of their own."""

    template_name = "my_day/log_in.html"
    form_class = EmployeeLogin
    # Somebody who is logged in already goes on; a person without an employee hears so there, and no page leads back.
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return reverse("my-day")

    def form_invalid(self, form: Any) -> HttpResponse:
        if getattr(self.request, "axes_locked_out", False):
            self.request.axes_locked_out = False  # type: ignore[attr-defined]
            minutes = round(settings.AXES_COOLOFF_TIME * 60)
            form.errors.clear()
            form.add_error(
                None,
                _("Too many wrong tries. Wait %(minutes)d minutes, then try again.") % {"minutes": minutes},
            )
        return super().form_invalid(form)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("my-day-log-in")


@never_cache
def choose(request: HttpRequest) -> HttpResponse:
    """For who is an employee of several tenants: whose day it is."""
    if not request.user.is_authenticated:
        return redirect("my-day-log-in")
    employees = employees_of(request.user)
    if not employees:
        return no_employee(request)
    if request.method == "POST":
        number = number_in(request.POST, "employee")
        if any(employee.pk == number for employee in employees):
            request.session[SESSION_KEY] = number
            return redirect("my-day")
    choices = [{"id": employee.pk, "tenant": employee.tenant.name} for employee in employees]
    return render(request, "my_day/choose.html", {"choices": choices})
