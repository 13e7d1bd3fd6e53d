"""First steps of a new tenant that an upper app knows of, for the home page.

An app provides its own at start (`provide`), so that the home page imports none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from ordinavo_connect.clients.models import Tenant


@dataclass(frozen=True, slots=True)
class Step:
    """One step, ticked once it has happened.

    Attributes:
        link: where it is done, with `verb` as the name of the way; '' where nothing is to be done, or not by this
            person.
        is_import: it is done by a first import, for which the page shows a `curl` line.
    """

    title: str
    text: str
    is_done: bool
    link: str = ""
    verb: str = ""
    is_import: bool = False


Provider = Callable[[HttpRequest, Tenant], Step]

_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Called once, when an app is loaded (`AppConfig.ready`)."""
    if provider not in _providers:
        _providers.append(provider)


def of(request: HttpRequest, tenant: Tenant) -> list[Step]:
    """The steps after those of the home page's own, in the order in which they were provided."""
    return [provider(request, tenant) for provider in _providers]
