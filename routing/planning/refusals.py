"""What field work refuses to do, as data: pages show the message, the API translates the code."""

from collections.abc import Sequence


class Refused(Exception):
    """Nothing was changed.

    Args:
        code: stable, for programs and tests: "already_published".
        message: what is wrong and the cure, for the person who asked; translated already.
        details: the single reasons, where there are several, each a sentence.
    """

    def __init__(self, code: str, message: str, *, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = tuple(details)
