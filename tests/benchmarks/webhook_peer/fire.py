"""`python -m tests.benchmarks.webhook_peer.fire EVENTS URL...`: endpoints instead of those there were, and events."""

import os
import sys

import django


def main(events: int, urls: list[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.webhook_peer.settings"
    django.setup()
    from django.db import transaction
    from django_domain_events import fire
    from django_domain_events.models.event_record import EventRecord
    from django_outbound_webhooks import register_endpoint
    from django_outbound_webhooks.models.endpoint import Endpoint

    from tests.benchmarks.webhook_peer.happenings import TargetImported
    from webhooks.delivery.signing import new_secret

    EventRecord.objects.all().delete()
    Endpoint.objects.all().delete()
    with transaction.atomic():
        for number, url in enumerate(urls):
            register_endpoint(
                name=f"receiver {number}", url=url, secret=new_secret(), event_names=["bench.TargetImported"]
            )
    for first in range(0, events, 100):
        with transaction.atomic():
            for number in range(first, min(first + 100, events)):
                fire(TargetImported(number, "x" * 500))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
