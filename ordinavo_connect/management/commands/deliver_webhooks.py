"""`manage.py deliver_webhooks`: the sender of webhooks. As many as wished may run beside each other."""

import asyncio
import resource
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand

from webhooks.delivery.network import Edge
from webhooks.delivery.sender import Sender

# Connections to receivers, those that idle among them.
WANTED_FILES = 8192


class Command(BaseCommand):
    help = "Fans events out and delivers them to webhook subscriptions, until SIGTERM or SIGINT."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        _raise_file_limit()
        uvloop.run(_deliver())


async def _deliver() -> None:
    sender = Sender(Edge(settings.WEBHOOK_ALLOWED_NETWORKS, allow_http=settings.WEBHOOK_ALLOW_HTTP))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, sender.stop)
    await sender.run()


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
