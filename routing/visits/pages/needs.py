"""What of visits needs a person now, for the home page."""

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
from routing.visits.models import ReportStatus, VisitReport


def needs_of(request: HttpRequest, tenant: Tenant) -> list[Need]:
    """Reports that wait for approval, with the age of the oldest: one statement."""
    if not request.user.has_perm("visits.view_visitreport"):
        return []
    rows = VisitReport.objects.filter(tenant=tenant, status=ReportStatus.SUBMITTED)
    found = rows.aggregate(count=Count("id"), oldest=Min("submitted_at"))
    if not found["count"]:
        return []
    text = ngettext("%(n)d report waits for approval", "%(n)d reports wait for approval", found["count"])
    is_aged = timezone.now() - found["oldest"] > timedelta(minutes=1)
    age = _(", the oldest for %(age)s") % {"age": timesince(found["oldest"])} if is_aged else ""
    link = f"{reverse('admin:visits_visitreport_changelist')}?status__exact={ReportStatus.SUBMITTED}"
    return [Need("assignment_turned_in", text % {"n": found["count"]} + age, link)]
