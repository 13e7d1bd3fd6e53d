from django.urls import path

from webhooks.delivery import api

urlpatterns = [
    path("events", api.EventsView.as_view(), name="events"),
    path("webhooks/event-types", api.EventTypesView.as_view(), name="webhook-event-types"),
    path("webhooks/subscriptions", api.SubscriptionsView.as_view(), name="webhook-subscriptions"),
    path(
        "webhooks/subscriptions/<int:subscription_id>",
        api.SubscriptionView.as_view(),
        name="webhook-subscription",
    ),
    path(
        "webhooks/subscriptions/<int:subscription_id>/test",
        api.SubscriptionTestView.as_view(),
        name="webhook-subscription-test",
    ),
    path(
        "webhooks/subscriptions/<int:subscription_id>/rotate-secret",
        api.RotateSecretView.as_view(),
        name="webhook-subscription-rotate-secret",
    ),
    path(
        "webhooks/subscriptions/<int:subscription_id>/replay",
        api.ReplayView.as_view(),
        name="webhook-subscription-replay",
    ),
    path("webhooks/deliveries", api.DeliveriesView.as_view(), name="webhook-deliveries"),
    path("webhooks/deliveries/<int:delivery_id>", api.DeliveryView.as_view(), name="webhook-delivery"),
    path(
        "webhooks/deliveries/<int:delivery_id>/redeliver",
        api.RedeliverView.as_view(),
        name="webhook-delivery-redeliver",
    ),
]
