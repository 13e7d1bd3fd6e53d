"""The admin's pages of billing."""

from django.contrib import admin

from routing.billing.models import BillingEvent, BillingRule
from routing.billing.pages.billing_events import BillingEventPages
from routing.billing.pages.prices import PricePages

admin.site.register(BillingEvent, BillingEventPages)
admin.site.register(BillingRule, PricePages)
