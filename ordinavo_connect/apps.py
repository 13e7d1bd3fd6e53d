from django.apps import AppConfig


class OrdinavoConnectConfig(AppConfig):
    """The composition root: commands, checks and the processes that run the product."""

    name = "ordinavo_connect"
    verbose_name = "Ordinavo Connect"

    def ready(self) -> None:
        # Registers the system checks and the application of every task, once apps are loaded.
        from ordinavo_connect import celery, checks  # noqa: F401
