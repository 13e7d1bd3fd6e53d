"""How the admin looks and what its menu is: the theme's settings (`UNFOLD`)."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext as _


def style(request: HttpRequest) -> str:
    return static("ordinavo_connect/admin.css")


def script(request: HttpRequest) -> str:
    return static("ordinavo_connect/admin.js")


def icon(request: HttpRequest) -> str:
    return static("ordinavo_connect/icon.svg")


def place_label(request: HttpRequest) -> list[str] | None:
    """The active tenant, beside the title of every page: amber where it is a sandbox."""
    tenant = getattr(request, "tenant", None)
    if tenant is None:
        return None
    return [tenant.name, "warning" if tenant.is_sandbox else "info"]


def title_prefix(request: HttpRequest) -> str:
    tenant = getattr(request, "tenant", None)
    return f"[{_('Sandbox')}]" if tenant is not None and tenant.is_sandbox else ""


# One accent, a calm blue that keeps its contrast on light and dark.
_ACCENT = {
    "50": "oklch(97% .014 254.6)",
    "100": "oklch(93.2% .032 255.6)",
    "200": "oklch(88.2% .059 254.1)",
    "300": "oklch(80.9% .105 251.8)",
    "400": "oklch(70.7% .165 254.6)",
    "500": "oklch(62.3% .214 259.8)",
    "600": "oklch(54.6% .215 262.9)",
    "700": "oklch(48.8% .217 264.4)",
    "800": "oklch(42.4% .181 265.6)",
    "900": "oklch(37.9% .138 265.5)",
    "950": "oklch(28.2% .087 267.9)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Ordinavo Connect",
    "SITE_HEADER": "Ordinavo Connect",
    "SITE_SYMBOL": "hub",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": _ACCENT},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "STYLES": [style],
    "SCRIPTS": [script],
    "DASHBOARD_CALLBACK": "imports.home.dashboard",
    "ENVIRONMENT": "ordinavo_connect.admin_theme.place_label",
    "ENVIRONMENT_TITLE_PREFIX": "ordinavo_connect.admin_theme.title_prefix",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "ordinavo_connect.admin_menu.navigation",
    },
}
