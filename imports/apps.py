from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        # Models are loaded from here on; lower apps ask this one through what they offer for it.
        from customers.references import follow
        from imports.decisions import relink_reference
        from imports.figures import last_day_of
        from ordinavo_connect.clients.figures import provide

        provide(last_day_of)
        follow(relink_reference)
