"""Whether the broker, which wakes workers, answers."""

import threading
from time import monotonic

import structlog
from celery import Celery, current_app
from kombu.exceptions import KombuError

# What is known for less than this is not asked again: everybody may ask for readiness, as often as they like.
KNOWN_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Knowledge:
    """What is known of the broker, and since when; while one asks, the others take what was known before."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._available = True
        self._ends = 0.0

    def is_available(self) -> bool:
        if monotonic() >= self._ends and self._asking.acquire(blocking=False):
            try:
                self._available = answers(current_app)
                self._ends = monotonic() + KNOWN_SECONDS
            finally:
                self._asking.release()
        return self._available


_knowledge = Knowledge()


def is_broker_available() -> bool:
    """Whether it answered when it was asked last, KNOWN_SECONDS ago at most. Takes a second or two where it hangs."""
    return _knowledge.is_available()


def answers(app: Celery) -> bool:
    """Ask the broker of `app`, without trying again."""
    try:
        with app.connection_for_write() as connection:
            # It connects, and logs in.
            connection.default_channel.close()
    except (KombuError, OSError) as error:
        log.warning("broker_unavailable", error=type(error).__name__)
        return False
    return True
