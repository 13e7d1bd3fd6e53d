"""Secrets made on this machine: written once, readable by their owner alone."""

import os
import secrets
import tempfile
from pathlib import Path

from ordinavo_connect.running.folders import make_var_dir

FILE_NAME = "secret_key"


def secret_key(var_dir: Path) -> str:
    """The secret key of the product that runs in `var_dir`; made where there is none.

    Raises:
        OSError: the file can neither be read nor written.
    """
    path = make_var_dir(var_dir) / FILE_NAME
    if not path.exists():
        keep_first(path, secrets.token_urlsafe(64))
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
