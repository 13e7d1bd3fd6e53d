from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlanningConfig(AppConfig):
    name = "routing.planning"
    label = "planning"
    verbose_name = _("Planning")

    def ready(self) -> None:
        # Models are loaded from here on; lower apps ask this one through what they offer for it.
        from imports import life
        from ordinavo_connect.clients import needs
        from routing.planning.life import life_of
        from routing.planning.needs import needs_of

        life.provide(life_of)
        needs.provide(needs_of)
