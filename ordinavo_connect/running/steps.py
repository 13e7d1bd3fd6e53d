"""What is going on, said while it goes on."""

import contextlib
import time
from collections.abc import Iterator


def say(text: str) -> None:
    """Print a line at once. A reader that has gone away (`make up | head`) stops nothing."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step, then say how long it took."""
    started = time.monotonic()
    say(f"{text} …")
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")
