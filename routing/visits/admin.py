"""The admin's pages of visit reports."""

from django.contrib import admin

from routing.visits.models import VisitReport
from routing.visits.pages.reports import ReportPages

admin.site.register(VisitReport, ReportPages)
