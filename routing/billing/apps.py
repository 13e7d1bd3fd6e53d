from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "routing.billing"
    label = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        # Models are loaded from here on; the home page and the approval of reports ask what stands here.
        from imports import life
        from ordinavo_connect.clients.needs import provide
        from routing.billing.bills import bill_report, preview
        from routing.billing.life import life_of
        from routing.billing.needs import needs_of
        from routing.visits.bills import bill_with

        provide(needs_of)
        life.provide(life_of)
        bill_with(preview=preview, bill=bill_report)
