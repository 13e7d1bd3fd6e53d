"""Rows that are worth nothing any more: kept answers, sessions of staff, rate windows. None is anybody's data."""

from datetime import timedelta
from importlib import import_module

import structlog
from django.conf import settings
from django.utils import timezone

from ordinavo_connect.api.idempotency import delete_expired
from ordinavo_connect.api.models import RateWindow

# Rows deleted in one statement: it locks them for a fraction of a second.
CHUNK = 5_000
# A window lasts a minute; one this old belongs to a client that is silent or gone.
RATE_WINDOW_KEPT = timedelta(days=1)

log = structlog.get_logger(__name__)


def delete_what_expired() -> None:
    """Deletes it all; each statement stands for itself, so what was deleted before a failure stays deleted."""
    answers = 0
    while chunk := delete_expired(limit=CHUNK):
        answers += chunk
    windows, _ = RateWindow.objects.filter(window_start__lt=timezone.now() - RATE_WINDOW_KEPT).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    log.info("expired_rows_deleted", kept_answers=answers, rate_windows=windows)
