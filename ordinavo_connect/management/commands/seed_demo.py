"""`manage.py seed_demo`: the demo tenant, as `make up` shows it. May run as often as one likes."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ordinavo_connect.running import demo


class Command(BaseCommand):
    # `make up` has checked already.
    requires_system_checks: list[str] = []
    help = "Make the demo tenant where it is missing, and write its log-in and API key to demo.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        base_url = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
        parser.add_argument(
            "--var-dir", type=Path, default=settings.VAR_DIR, help="where demo.json is written"
        )
        parser.add_argument("--base-url", default=base_url, help=f"where the server answers ({base_url})")

    def handle(self, *args: Any, **options: Any) -> None:
        demo.seed(var_dir=options["var_dir"], base_url=options["base_url"].rstrip("/"))
        self.stdout.write(f"Demo tenant ready; see {options['var_dir'] / demo.FILE_NAME}.")
