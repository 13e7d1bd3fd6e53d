"""`make docs`: writes docs/events.md from the catalogue of events."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from webhooks.delivery.samples import example
from webhooks.events.catalogue import DESCRIPTIONS

_HEAD = """# Event types

Written by `make docs` from the catalogue. The JSON Schema of each body is in `GET /webhooks/event-types` and in the
`webhooks` section of the OpenAPI document. What a body holds depends on the privacy switches of its subscription: see
[webhooks.md](webhooks.md). The examples show the defaults.
"""


def event_pages() -> str:
    """The text of docs/events.md."""
    parts = [
        f"## {name}\n\n{description}\n\n```json\n{json.dumps(example(name), indent=2, ensure_ascii=False)}\n```\n"
        for name, description in DESCRIPTIONS.items()
    ]
    return "\n".join([_HEAD, *parts])


class Command(BaseCommand):
    help = "Write docs/events.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "docs" / "events.md")

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        file.write_text(event_pages())
        self.stdout.write(f"{file} written.")
