"""The life of a target, as apps know it: entries of the time line on its page, each with when, who and the way there.

Imports know of what was received and decided. An app above provides what it knows at start (`provide`), so that the
page imports none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.safestring import SafeString

from imports.models import Target


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a target.

    Args:
        at: when.
        icon: a Material symbol.
        text: what, in a sentence without a full stop: "Planned for Jana Weber, 2 July, 09:00–10:00".
        who: did it; '' where nobody did.
        detail: what else is worth a line: the reason, what somebody wrote.
        link: the page of the thing itself; '' where the person may not see it.
        state: how it ended, as a badge; '' for none.
    """

    at: datetime
    icon: str
    text: str
    who: str = ""
    detail: str = ""
    link: str = ""
    state: SafeString | str = ""


Source = Callable[[HttpRequest, Target], Sequence[Entry]]

_sources: list[Source] = []


def provide(source: Source) -> None:
    """Called once, when an app is loaded (`AppConfig.ready`). A source reads a number of times that is a constant."""
    if source not in _sources:
        _sources.append(source)


def of(request: HttpRequest, target: Target) -> list[Entry]:
    """What the apps above know of a target, as far as the person may see it."""
    return [entry for source in _sources for entry in source(request, target)]
