"""What needs a person now, as apps know it: sentences for the home page, each with the way to what it tells of.

An app provides its own at start (`provide`), so that the home page imports none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from ordinavo_connect.clients.models import Tenant


@dataclass(frozen=True, slots=True)
class Need:
    """One sentence. `icon` is a Material symbol."""

    icon: str
    text: str
    link: str
    is_bad: bool = False


Provider = Callable[[HttpRequest, Tenant], Sequence[Need]]

_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Called once, when an app is loaded (`AppConfig.ready`)."""
    if provider not in _providers:
        _providers.append(provider)


def of(request: HttpRequest, tenant: Tenant) -> list[Need]:
    """What a person may see of a tenant's needs."""
    return [need for provider in _providers for need in provider(request, tenant)]
