"""Beat, without the product's apps: it sends names of tasks, and needs not know what they do.

`celery -A ordinavo_connect beat` does the same with all of them loaded, in more than twice the memory.
"""

import signal
import sys

from celery.beat import Service
from django.conf import settings
from django.utils.log import configure_logging

from ordinavo_connect.celery import app


def main() -> None:
    """Send what is due, until SIGTERM or SIGINT."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    for number in (signal.SIGTERM, signal.SIGINT):
        # What is only told to stop would first sleep to the end.
        signal.signal(number, lambda *_: sys.exit())
    Service(app, scheduler_cls=app.conf.beat_scheduler).start()


if __name__ == "__main__":
    main()
