"""The map's background: tiles of a server that the settings name, or none at all."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse


def tiles() -> dict[str, str]:
    """As the page's script takes it; blank: a plain background, without any request to elsewhere."""
    return {
        "tiles": settings.MAP_TILES_URL,
        "attribution": settings.MAP_TILES_ATTRIBUTION,
    }


def origin_of(address: str) -> str:
    """What the content security policy allows images from: "https://tiles.example.com"; "" for no address.

    A placeholder for one of several servers, as in `https://{s}.example.com`, becomes a wildcard.
    """
    parts = urlsplit(address.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def allow_tiles(response: HttpResponse) -> None:
    """Let this page, and no other, load images of the tile server."""
    update: dict[str, Any] = {"img-src": [origin]} if (origin := origin_of(tiles()["tiles"])) else {}
    if update:
        response._csp_update = update  # type: ignore[attr-defined]
