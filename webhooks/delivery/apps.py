from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeliveryConfig(AppConfig):
    name = "webhooks.delivery"
    label = "delivery"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        # All need the models, which are loaded by now.
        from ordinavo_connect.api.openapi.document import add_webhooks
        from ordinavo_connect.clients import first_steps, needs
        from webhooks.delivery.documentation import webhooks
        from webhooks.delivery.pages.first_step import first_webhook
        from webhooks.delivery.pages.needs import needs_of

        add_webhooks(webhooks)
        needs.provide(needs_of)
        first_steps.provide(first_webhook)
