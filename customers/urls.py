from django.urls import path

from customers import api

# <id:…> is a converter of `imports.urls`, which is read before.
urlpatterns = [
    path("customers", api.CustomersView.as_view(), name="customers"),
    path("customers/<id:customer_id>", api.CustomerView.as_view(), name="customer"),
    path("locations", api.LocationsView.as_view(), name="locations"),
    path("locations/<id:location_id>", api.LocationView.as_view(), name="location"),
    path("contacts", api.ContactsView.as_view(), name="contacts"),
    path("contacts/<id:contact_id>", api.ContactView.as_view(), name="contact"),
]
