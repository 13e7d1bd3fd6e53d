"""The admin's pages of the import log, of targets, and of the reviews that decide on them."""

from django.contrib import admin

from customers.models import MappingReview
from imports.models import ImportItem, ImportJob, Target
from imports.pages.decision_list import DecisionPages
from imports.pages.items import ImportItemPages
from imports.pages.jobs import ImportJobPages
from imports.pages.match_quality import MatchQualityPages
from imports.pages.reviews import ReviewPages
from imports.pages.targets import TargetPages


class MappingReviewPages(DecisionPages, MatchQualityPages, ReviewPages):
    """Questions to staff, what was decided of them, and how well what was not asked about went."""


admin.site.register(ImportJob, ImportJobPages)
admin.site.register(ImportItem, ImportItemPages)
admin.site.register(Target, TargetPages)
admin.site.register(MappingReview, MappingReviewPages)
