from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitsConfig(AppConfig):
    name = "routing.visits"
    label = "visits"
    verbose_name = _("Visits")

    def ready(self) -> None:
        # Models are loaded from here on; the home page and the page of a target ask what stands here.
        from imports import life
        from ordinavo_connect.clients.needs import provide
        from routing.visits.life import life_of
        from routing.visits.pages.needs import needs_of

        provide(needs_of)
        life.provide(life_of)
