"""The list of appointments, the page of each, and what a dispatcher can do about it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from ordinavo_connect.clients.admin_lists import moment, staff_of
from ordinavo_connect.clients.moment_range import MomentRangeFilter
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages, Titled
from routing.planning.appointment_pages.forms import CancelForm, MoveForm
from routing.planning.appointment_pages.story import MAY_CHANGE, name_of, story
from routing.planning.appointments import cancel_appointment, move_appointment
from routing.planning.marks import appointment_state, day_and_time
from routing.planning.models import Appointment
from routing.planning.refusals import Refused

# Characters of a name that a list shows.
MOST_SHOWN = 60


@admin.register(Appointment)
class AppointmentPages(ReadOnlyPages):
    list_display = ("when", "about", "target_shown", "employee_shown", "place", "status_shown", "changed")
    list_display_links = ("when", "about")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        "employee",
        ("start_at", MomentRangeFilter),
    )
    list_select_related = ("employee", "target__customer", "target__location")
    search_fields = ("target__external_id",)
    search_help_text = gettext_lazy("Customer, employee, title or external ID of the target")
    ordering = ("-start_at", "-id")
    page_template = "admin/planning/appointment.html"
    empty_template = "admin/planning/no_appointments.html"
    export_columns = (
        *(("id", "id"), ("status", "status"), ("startAt", "start_at"), ("endAt", "end_at")),
        *(("employee", "employee__name"), ("sourceSystem", "target__source_system")),
        *(("externalId", "target__external_id"), ("title", "target__title")),
        *(("customerNumber", "target__customer__number"), ("customer", "target__customer__name")),
        *(("city", "target__location__city"), ("startedAt", "started_at"), ("completedAt", "completed_at")),
        *(("problem", "problem_code"), ("cancelledAt", "cancelled_at"), ("cancelReason", "cancel_reason")),
    )

    @display(description=gettext_lazy("when"), ordering="start_at")
    def when(self, row: Appointment) -> SafeString:
        return format_html('<span class="oc-whole">{}</span>', day_and_time(row.start_at, row.end_at))

    @display(description=gettext_lazy("for"))
    def about(self, row: Appointment) -> str:
        return Truncator(name_of(row)).chars(MOST_SHOWN)

    @display(description=gettext_lazy("target"))
    def target_shown(self, row: Appointment) -> str:
        shown = f"{Truncator(row.target.title).chars(MOST_SHOWN)} ({row.target.external_id})"
        return Truncator(shown).chars(2 * MOST_SHOWN)

    @display(description=gettext_lazy("employee"), ordering="employee__name")
    def employee_shown(self, row: Appointment) -> str:
        return str(row.employee)

    @display(description=gettext_lazy("city"))
    def place(self, row: Appointment) -> str:
        return row.target.location.city if row.target.location else "–"

    @display(description=gettext_lazy("status"))
    def status_shown(self, row: Appointment) -> SafeString:
        return appointment_state(row.status)

    @display(description=gettext_lazy("changed"), ordering="updated_at")
    def changed(self, row: Appointment) -> SafeString | str:
        return moment(row.updated_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        rows: QuerySet[Appointment] = super().get_queryset(request)
        return rows.select_related(
            *("employee", "tenant", "route__published_by", "cancelled_by"),
            *("target__customer", "target__location", "target__contact"),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Appointment], search_term: str
    ) -> tuple[QuerySet[Appointment], bool]:
        for word in search_term.split():
            queryset = queryset.filter(
                Q(target__external_id__icontains=word)
                | Q(target__title__icontains=word)
                | Q(target__customer__name__icontains=word)
                | Q(target__customer__number__iexact=word)
                | Q(employee__name__icontains=word)
            )
        return queryset, False

    def story(self, request: HttpRequest, obj: Appointment) -> dict[str, Any]:
        return story(request, obj)

    # What can be done

    def get_urls(self) -> list[URLPattern]:
        pages = {"move": self.move_page, "cancel": self.cancel_page}
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"planning_appointment_{name}",
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def move_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._changeable(request, object_id)
        if row is None:
            return self._unknown(request, object_id)
        form = MoveForm(request.POST or None, appointment=row)
        refusal: Refused | None = None
        if request.method == "POST" and form.is_valid():
            try:
                return self._moved(request, row, form)
            except Refused as refused:
                refusal = refused
        return self._form_page(request, row, "move", form, refusal)

    def _moved(self, request: HttpRequest, row: Appointment, form: MoveForm) -> HttpResponse:
        """Raises: Refused."""
        # What the person saw, whatever it is by now.
        row.updated_at = form.cleaned_data["seen"]
        employee = form.cleaned_data["employee"]
        move_appointment(
            row, employee=employee, start_at=form.start_at, by=staff_of(request), now=timezone.now()
        )
        when = day_and_time(row.start_at, row.end_at)
        said = _("Moved to %(employee)s, %(time)s.") % {"employee": employee, "time": when}
        self.log_change(request, row, said)
        messages.success(request, said)
        return self._back(row)

    def cancel_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._changeable(request, object_id)
        if row is None:
            return self._unknown(request, object_id)
        form = CancelForm(request.POST or None)
        refusal: Refused | None = None
        if request.method == "POST" and form.is_valid():
            try:
                return self._cancelled(request, row, form.cleaned_data["reason"])
            except Refused as refused:
                refusal = refused
        return self._form_page(request, row, "cancel", form, refusal)

    def _cancelled(self, request: HttpRequest, row: Appointment, reason: str) -> HttpResponse:
        """Raises: Refused."""
        cancel_appointment(row, reason=reason, by=staff_of(request), now=timezone.now())
        self.log_change(request, row, _("Cancelled: %(reason)s") % {"reason": reason})
        said = _("Cancelled. %(job)s is open again and can be planned.")
        messages.success(request, said % {"job": row.target.external_id})
        return self._back(row)

    def _changeable(self, request: HttpRequest, object_id: str) -> Appointment | None:
        """The row, for who may change it; None where there is none in this tenant.

        Raises:
            PermissionDenied: the role does not allow it.
        """
        if not request.user.has_perm(MAY_CHANGE):
            raise PermissionDenied
        row: Appointment | None = self.get_object(request, object_id)
        return row

    def _form_page(
        self, request: HttpRequest, row: Appointment, name: str, form: Any, refusal: Refused | None
    ) -> HttpResponse:
        titles = {"move": _("Move %(name)s"), "cancel": _("Cancel %(name)s?")}
        context = {
            **self.admin_site.each_context(request),
            **story(request, row),
            "opts": self.opts,
            "original": Titled(row, name_of(row)),
            "title": titles[name] % {"name": name_of(row)},
            "form": form,
            "refusal": refusal.message if refusal and not refusal.details else "",
            "reasons": refusal.details if refusal else (),
        }
        return TemplateResponse(request, f"admin/planning/appointment_{name}.html", context)

    def _unknown(self, request: HttpRequest, object_id: str) -> HttpResponse:
        response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return response

    def _back(self, row: Appointment) -> HttpResponse:
        return redirect(f"{self.admin_site.name}:planning_appointment_change", row.pk)
