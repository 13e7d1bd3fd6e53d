from django.apps import AppConfig


class OrdinavoConnectConfig(AppConfig):
    """The composition root: commands, checks and the processes that run the product."""

    name = "ordinavo_connect"
    verbose_name = "Ordinavo Connect"

    def ready(self) -> None:
        from ordinavo_connect import checks  # noqa: F401  registers the system checks once apps are loaded
