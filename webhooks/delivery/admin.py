"""The admin's pages of webhooks: who hears of events, what was sent, and what happened."""

from django.contrib import admin

from webhooks.delivery.models import Delivery, Subscription
from webhooks.delivery.pages.deliveries import DeliveryPages
from webhooks.delivery.pages.events import EventPages
from webhooks.delivery.pages.subscriptions import SubscriptionPages
from webhooks.events.models import Event

admin.site.register(Subscription, SubscriptionPages)
admin.site.register(Delivery, DeliveryPages)
admin.site.register(Event, EventPages)
