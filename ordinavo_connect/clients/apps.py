from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class ClientsConfig(AppConfig):
    name = "ordinavo_connect.clients"
    label = "clients"
    verbose_name = _("Integrations")


class ConnectAdminConfig(AdminConfig):
    """`django.contrib.admin`, with access by role and an active tenant."""

    default_site = "ordinavo_connect.clients.admin_site.ConnectAdminSite"
