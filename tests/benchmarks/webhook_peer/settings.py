"""The product's settings with django-outbound-webhooks beside it, as its documentation sets it up."""

from ordinavo_connect.settings import *  # noqa: F403
from ordinavo_connect.settings import INSTALLED_APPS

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django_domain_events",
    "django_outbound_webhooks",
    "tests.benchmarks.webhook_peer.apps.PeerConfig",
]
# The receivers stand on the loopback; the time-out is that of our subscriptions.
DJANGO_OUTBOUND_WEBHOOKS = {"ALLOW_PRIVATE_ADDRESSES": True, "TIMEOUT_SECONDS": 15.0}
