"""`manage.py prepare_database`: migrations by the owner, rights for the application's role."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from ordinavo_connect.running.rights import grant_rights

# Two machines that start at once take turns; the number is ours alone in the database.
LOCK = 5_263_871_104


class Command(BaseCommand):
    help = "Brings the database up to date: migrations by the owner, then the application's rights."
    requires_system_checks = []

    def handle(self, *_args: Any, **options: Any) -> None:
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            call_command("migrate", database="owner", interactive=False, verbosity=options["verbosity"] - 1)
            grant_rights(owner, role=connections["default"].settings_dict["USER"])
        finally:
            with owner.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
