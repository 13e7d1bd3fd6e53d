"""The broker where CELERY_BROKER_URL names none: a folder with one file for each message.

It is kombu's filesystem transport with three things mended: a reader there may take a file that is still being
written, a folder that somebody emptied or removed stops it, and it has no event loop, without which the processes of
a worker share one pipe and its lock: the one that is killed while it waits keeps the lock, and no other works again.
"""

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

log = structlog.get_logger(__name__)


class Channel(filesystem.Channel):
    """Guarantee: a message is taken once, whole, the oldest first. It may get lost with the folder.

    1. A message is written under another name and then renamed: whoever lists the folder sees it whole or not at all.
    2. Of all who read it, the one who removes it has it.
    3. What is no message is removed and told of: it stops nobody, neither now nor after a restart.
    """

    # A worker that a message brought down would write it back on its way out, and the next would take it first.
    do_restore = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        make_folder(self.folder)

    @property
    def folder(self) -> Path:
        return Path(self.data_folder_in)

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:
        """Raises: ChannelError: the folder cannot be written."""
        name = f"{time.time_ns():020}_{uuid.uuid4().hex}.{queue}.msg"
        try:
            make_folder(self.folder)
            part = self.folder / f"{name}.part"
            part.write_text(dumps(payload))
            part.rename(self.folder / name)
        except OSError as error:
            raise ChannelError(f"{self.folder} cannot be written: {error.strerror}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """Raises: Empty: there is no message."""
        for name in sorted(self._messages(queue)):
            text = _taken(self.folder / name)
            if text is None:
                continue
            message = _message_in(text)
            if message is not None:
                return message
            log.error("no_message", file=name)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._messages(queue))

    def _purge(self, queue: str) -> int:
        messages = self._messages(queue)
        for name in messages:
            (self.folder / name).unlink(missing_ok=True)
        return len(messages)

    def _messages(self, queue: str) -> list[str]:
        try:
            with os.scandir(self.folder) as entries:
                # A folder or a pipe of that name is nobody's message, and would hold up whoever opens it.
                found = [entry for entry in entries if entry.name.endswith(f".{queue}.msg")]
                return [entry.name for entry in found if entry.is_file(follow_symlinks=False)]
        except FileNotFoundError:
            return []


class Transport(filesystem.Transport):
    Channel = Channel
    implements = filesystem.Transport.implements.extend(asynchronous=True)
    is_readable = True

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Look into the folder every `polling_interval` seconds; a folder has nothing that the loop could wait for."""
        loop.call_repeatedly(self.polling_interval, self._take_all)

    def _take_all(self) -> None:
        """Take messages for as long as there are some and the worker has room.

        A folder that cannot be read is told of once, and looked into until it can.
        """
        try:
            with suppress(Empty):
                while True:
                    self.cycle.get(self._deliver)
            self.is_readable = True
        except OSError as error:
            if self.is_readable:
                log.error("broker_folder_unreadable", reason=error.strerror, file=error.filename)
            self.is_readable = False


def _taken(path: Path) -> bytes | None:
    """What a file held, which is gone after; None where somebody else was first, or it cannot be read."""
    try:
        content = path.read_bytes()
        path.unlink()
    except OSError:
        return None
    return content


def _message_in(content: bytes) -> dict[str, Any] | None:
    """A message as kombu writes it, or None."""
    try:
        message = loads(content.decode())
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(message, dict) and isinstance(message.get("properties"), dict)
    is_whole = is_one and {"body", "content-type", "content-encoding", "headers"} <= message.keys()
    return message if is_whole and "delivery_tag" in message["properties"] else None


def make_folder(folder: Path) -> None:
    """Whoever can write here has tasks run: it is closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
