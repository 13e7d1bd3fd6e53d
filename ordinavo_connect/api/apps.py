from django.apps import AppConfig


class ApiConfig(AppConfig):
    """What every endpoint shares. The lowest layer: it imports nothing else of the project."""

    name = "ordinavo_connect.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
