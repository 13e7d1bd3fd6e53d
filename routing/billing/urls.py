from django.urls import path

from routing.billing import api

urlpatterns = [
    path("billing-events", api.BillingEventsView.as_view(), name="billing-events"),
    path("billing-events/<id:billing_event_id>", api.BillingEventView.as_view(), name="billing-event"),
    path(
        "billing-events/<id:billing_event_id>/ack",
        api.AcknowledgementView.as_view(),
        name="billing-event-ack",
    ),
]
