"""`manage.py wipe_sandbox demo`: an integrator begins anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ordinavo_connect.clients.models import Tenant
from ordinavo_connect.sandbox import wipe


class Command(BaseCommand):
    help = (
        "Delete the registry, imports, events and subscriptions of a tenant's sandbox. Clients and keys stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "tenant", help="slug of the tenant that the sandbox belongs to, or the sandbox's own"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *_args: Any, tenant: str, yes: bool, **_options: Any) -> None:
        found = Tenant.objects.filter(slug=tenant).first()
        sandbox = (
            found if found is None or found.is_sandbox else Tenant.objects.filter(sandbox_of=found).first()
        )
        if sandbox is None:
            raise CommandError(
                f"There is no sandbox of {tenant!r}. A client with --environment test makes one."
            )
        if not yes and input(f"Wipe {sandbox.slug}? This cannot be undone. [y/N] ").strip().lower() != "y":
            raise CommandError("Nothing was wiped.")
        self.stdout.write(f"{sandbox.slug}: {wipe(sandbox)} rows wiped.")
