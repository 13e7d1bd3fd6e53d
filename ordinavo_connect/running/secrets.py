"""Secrets made on this machine: written once, readable by their owner alone."""

import base64
import os
import secrets
import tempfile
from pathlib import Path

from ordinavo_connect.running.folders import make_var_dir

FILE_NAME = "secret_key"
ENCRYPTION_FILE_NAME = "encryption_key"
_FERNET_KEY_BYTES = 32


def secret_key(var_dir: Path) -> str:
    """The secret key of the product that runs in `var_dir`; made where there is none.

    Raises:
        OSError: the file can neither be read nor written.
    """
    return _kept(var_dir, FILE_NAME, secrets.token_urlsafe(64))


def encryption_key(var_dir: Path) -> str:
    """The Fernet key of the product that runs in `var_dir`; made where there is none.

    Whoever loses it loses the secrets of webhook subscriptions that lie in the database.

    Raises:
        OSError: the file can neither be read nor written.
    """
    new = base64.urlsafe_b64encode(secrets.token_bytes(_FERNET_KEY_BYTES)).decode()
    return _kept(var_dir, ENCRYPTION_FILE_NAME, new)


def _kept(var_dir: Path, name: str, new: str) -> str:
    path = make_var_dir(var_dir) / name
    if not path.exists():
        keep_first(path, new)
    return path.read_text().strip()


def keep_first(path: Path, text: str) -> None:
    """Write `text` to `path` (mode 0600) unless somebody else was first; a reader never sees half of it."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        os.unlink(draft)
