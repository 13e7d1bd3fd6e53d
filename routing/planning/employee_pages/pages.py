"""Employees in the admin: who can do what, when and from where."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, F, Func, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from ordinavo_connect.clients import one_time
from ordinavo_connect.clients.admin_base import person, tenant_of
from ordinavo_connect.clients.admin_lists import ListPages
from ordinavo_connect.clients.models import Membership
from ordinavo_connect.clients.staff import may_manage
from routing.planning.employee_pages.forms import EmployeeForm, LogInForm, suggested_username
from routing.planning.employee_pages.inlines import USUAL_WEEK, AbsenceInline, HoursInline
from routing.planning.employee_pages.list_facts import list_facts
from routing.planning.employee_pages.log_ins import create_log_in
from routing.planning.employee_pages.skills import known_skills
from routing.planning.models import Appointment, Employee, Route, SuggestedStop
from routing.planning.problem import skill_key

MY_DAY = "/my-day/"


class SkillFilter(SimpleListFilter):
    """Who has a skill, however it is written."""

    title = gettext_lazy("skill")
    parameter_name = "skill"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(skill_key(skill), skill) for skill in known_skills(tenant_of(request))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if not wanted:
            return queryset
        having = [
            pk for pk, skills in queryset.values_list("pk", "skills") if wanted in map(skill_key, skills)
        ]
        return queryset.filter(pk__in=having)


@admin.register(Employee)
class EmployeePages(ListPages):
    """Employees, with their hours below."""

    form = EmployeeForm
    inlines = (HoursInline, AbsenceInline)
    list_display = ("name", "skills_shown", "start", "today", "next_appointments", "active")
    list_filter = (("is_active"), SkillFilter, "language")
    list_filter_submit = False
    search_fields = ("name",)  # See get_search_results.
    search_help_text = gettext_lazy("Name, skill, start or phone")
    ordering = ("-is_active", "name")
    compressed_fields = True
    empty_template = "admin/employees/no_employees.html"
    change_form_outer_before_template = "admin/employees/top.html"
    fieldsets = (
        (None, {"fields": (("name", "phone"), "skills", ("language", "is_active"), "user")}),
        (
            gettext_lazy("Where the day begins and ends"),
            {"fields": (("start_name", "area_km"), ("latitude", "longitude"))},
        ),
    )
    export_columns = (
        *(("id", "id"), ("name", "name"), ("phone", "phone"), ("skills", "skills"), ("language", "language")),
        *(("logIn", "user__username"), ("start", "start_name"), ("latitude", "latitude")),
        *(("longitude", "longitude"), ("areaKm", "area_km"), ("active", "is_active")),
    )

    # The list

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Facts of the rows of the page come along: as plain data, read for all of them at once."""
        changelist = super().get_changelist_instance(request)
        tenant = tenant_of(request)
        rows = list(changelist.result_list)
        facts = list_facts(rows, tenant, now=timezone.now()) if tenant else {}
        for row in rows:
            row.facts = facts[row.pk]
        changelist.result_list = rows
        return changelist

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        skills = Func(F("skills"), Value(" "), function="array_to_string", output_field=CharField())
        found = queryset.annotate(skills_text=skills).filter(
            Q(name__icontains=term)
            | Q(skills_text__icontains=term)
            | Q(start_name__icontains=term)
            | Q(phone__icontains=term)
        )
        return found, False

    @display(description=gettext_lazy("skills"))
    def skills_shown(self, employee: Employee) -> str:
        return ", ".join(employee.skills) or "–"

    @display(description=gettext_lazy("starts and ends at"), ordering="start_name")
    def start(self, employee: Employee) -> str:
        return employee.start_name or f"{employee.latitude:.4f}, {employee.longitude:.4f}"

    @display(
        description=gettext_lazy("today"), label={"works": "success", "away": "warning", "off": "default"}
    )
    def today(self, employee: Any) -> tuple[str, str]:
        return employee.facts.state, employee.facts.today

    @display(description=gettext_lazy("next appointments"))
    def next_appointments(self, employee: Any) -> str:
        return str(employee.facts.next_appointments or "–")

    @display(description=gettext_lazy("active"), boolean=True, ordering="is_active")
    def active(self, employee: Employee) -> bool:
        return employee.is_active

    # One employee

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, HoursInline) and not obj.pk:
            kwargs["initial"] = USUAL_WEEK
        return kwargs

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        employee = self.get_object(request, object_id)
        extra = {"log_in": self._log_in(request, employee)} if employee else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, extra | (extra_context or {}))
        return page

    def _log_in(self, request: HttpRequest, employee: Employee) -> dict[str, Any]:
        """What the page says of the log-in, as plain data."""
        member = None
        if employee.user is not None and person(request).has_perm("clients.change_membership"):
            member = Membership.objects.filter(
                user=employee.user, tenant__in=[employee.tenant_id, employee.tenant.sandbox_of_id]
            ).first()
        may_reset = (
            member is not None and employee.user is not None and may_manage(person(request), employee.user)
        )
        return {
            "employee_id": employee.pk,
            "username": employee.user.username if employee.user else "",
            "member_id": member.pk if member and may_reset else None,
            "may_create": employee.user is None and self._may_create_log_in(request, employee),
            "my_day": request.build_absolute_uri(MY_DAY),
        }

    def _may_create_log_in(self, request: HttpRequest, employee: Employee) -> bool:
        """Who works here is the owner's to decide, as on the page of staff."""
        return self.has_change_permission(request, employee) and person(request).has_perm(
            "clients.add_membership"
        )

    # A log-in

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.log_in_page)
        return [
            path("<path:object_id>/log-in/", view, name="planning_employee_log_in"),
            *super().get_urls(),
        ]

    def log_in_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for a user name, then makes the log-in and shows its password once."""
        employee = self.get_object(request, object_id)
        if employee is None:
            response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return response
        if not self._may_create_log_in(request, employee):
            raise PermissionDenied
        if employee.user is not None:
            messages.info(request, _("%(name)s has a log-in already.") % {"name": employee})
            return self._back(employee)
        form = LogInForm(request.POST or None, initial={"username": suggested_username(employee)})
        if request.method == "POST" and form.is_valid():
            if not one_time.use_up(request):
                messages.warning(request, _("This page was sent already, so nothing was done now."))
                return self._back(employee)
            try:
                user, password = create_log_in(employee, username=form.cleaned_data["username"])
            except ValidationError as error:
                form.add_error("username", error.messages)
            else:
                self.log_change(request, employee, _("Made the log-in %(user)s.") % {"user": user})
                return self._page(
                    *(request, employee, "log_in_once", _("Log-in of %(name)s")),
                    username=user.username,
                    password=password,
                )
        return self._page(request, employee, "log_in", _("A log-in for %(name)s"), form=form)

    def _page(
        self, request: HttpRequest, employee: Employee, name: str, title: str, **context: Any
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "object": employee,
            "title": title % {"name": employee},
            "once": one_time.ticket(request),
            "my_day": request.build_absolute_uri(MY_DAY),
        }
        return TemplateResponse(request, f"admin/employees/{name}.html", context)

    def _back(self, employee: Employee) -> HttpResponse:
        return redirect(f"{self.admin_site.name}:planning_employee_change", employee.pk)

    # Farewell

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        employee = self.get_object(request, object_id)
        if employee is not None and self.has_delete_permission(request, employee) and is_planned(employee):
            text = _(
                "%(name)s is part of plans, so the record stays. Take the tick from “active” instead: "
                "then nobody plans %(name)s any more."
            )
            messages.error(request, text % {"name": employee})
            return self._back(employee)
        asked: HttpResponse = super().delete_view(request, object_id, extra_context)
        return asked


def is_planned(employee: Employee) -> bool:
    """Whether a plan, published or not, would lose somebody."""
    plans: tuple[Any, ...] = (Route, Appointment, SuggestedStop)
    return any(plan.objects.filter(employee=employee).exists() for plan in plans)
