"""The admin's pages of the import log."""

from django.contrib import admin

from imports.models import ImportItem, ImportJob, Target
from imports.pages.items import ImportItemPages
from imports.pages.jobs import ImportJobPages
from imports.pages.targets import TargetPages

admin.site.register(ImportJob, ImportJobPages)
admin.site.register(ImportItem, ImportItemPages)
admin.site.register(Target, TargetPages)
