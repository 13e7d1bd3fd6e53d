from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeliveryConfig(AppConfig):
    name = "webhooks.delivery"
    label = "delivery"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        # Both need the models, which are loaded by now.
        from ordinavo_connect.api.openapi.document import add_webhooks
        from webhooks.delivery.documentation import webhooks

        add_webhooks(webhooks)
