"""Figures about a client that an upper app knows: what came in during the last 24 hours.

The app that keeps the import log provides them at start (`provide`); this layer never reaches up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ordinavo_connect.clients.models import IntegrationClient


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name, and the page that lists what it counts ('' where there is none)."""

    label: str
    value: int
    link: str = ""


Provider = Callable[[IntegrationClient], Sequence[Figure]]

_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Called once, when an app is loaded (`AppConfig.ready`)."""
    if provider not in _providers:
        _providers.append(provider)


def last_day(client: IntegrationClient) -> list[Figure]:
    """The figures of the last 24 hours, as every provider gives them."""
    return [figure for provider in _providers for figure in provider(client)]
