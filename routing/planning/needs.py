"""What of planning needs a person now, for the home page."""

from datetime import timedelta

from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordinavo_connect.clients.models import Tenant
from ordinavo_connect.clients.needs import Need
from routing.planning.models import Appointment, AppointmentStatus


def needs_of(request: HttpRequest, tenant: Tenant) -> list[Need]:
    """Appointments with a problem: somebody stands before a closed gate. One statement."""
    if not request.user.has_perm("planning.view_appointment"):
        return []
    rows = Appointment.objects.filter(tenant=tenant, status=AppointmentStatus.PROBLEM_REPORTED)
    found = rows.aggregate(count=Count("pk"), oldest=Min("problem_at"))
    if not found["count"]:
        return []
    text = ngettext(
        "%(n)d appointment has a problem", "%(n)d appointments have a problem", found["count"]
    ) % {"n": found["count"]}
    age = timezone.now() - found["oldest"]
    if age > timedelta(minutes=1):
        text += _(", the oldest for %(age)s") % {"age": timesince(found["oldest"])}
    link = f"{reverse('admin:planning_appointment_changelist')}?status__exact=ProblemReported"
    return [Need("report", text, link, is_bad=True)]
