"""`manage.py up`, which `make up` runs: starts the product and keeps it running."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ordinavo_connect.running.up import CannotStart, Options, up


class Command(BaseCommand):
    help = "Starts PostgreSQL (unless DATABASE_URL names one) and the product, and brings back what dies."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            options = Options.read(os.environ, var_dir=settings.VAR_DIR)
        except CannotStart as problem:
            sys.exit(str(problem))
        sys.exit(up(options))
