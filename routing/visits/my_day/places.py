"""Where a target is to be done, and whom to ask for there: of the registry, else as the source system sent it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from imports.models import Target

# The map that a browser opens; nothing of it is loaded before somebody taps.
MAP = "https://www.openstreetmap.org"


@dataclass(frozen=True, slots=True)
class Place:
    """Blank where nothing is known.

    Args:
        name: of the customer, or of the place, or of the job: never blank.
        place_name: of the location, where it says more than `name`.
        lines: of the address.
    """

    name: str
    place_name: str
    lines: tuple[str, ...]
    access_notes: str
    contact: str
    contact_role: str
    phone: str
    latitude: float | None
    longitude: float | None

    @property
    def call_link(self) -> str:
        digits = "".join(each for each in self.phone if each.isdigit() or each in "+*#")
        return f"tel:{digits}" if digits else ""

    @property
    def navigate_link(self) -> str:
        """`geo:` (RFC 5870), which opens the navigation of the phone; iPhones do not know it: see links.js."""
        if self.latitude is not None and self.longitude is not None:
            point = f"{self.latitude:.6f},{self.longitude:.6f}"
            return f"geo:{point}?q={point}({quote(self.name)})"
        return f"geo:0,0?q={quote(self.address)}" if self.lines else ""

    @property
    def map_link(self) -> str:
        if self.latitude is not None and self.longitude is not None:
            latitude, longitude = f"{self.latitude:.6f}", f"{self.longitude:.6f}"
            return f"{MAP}/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
        return f"{MAP}/search?query={quote(self.address)}" if self.lines else ""

    @property
    def address(self) -> str:
        return ", ".join(self.lines)

    @property
    def apple_query(self) -> str:
        """What an iPhone's map is asked for."""
        if self.latitude is not None and self.longitude is not None:
            return f"{self.latitude:.6f},{self.longitude:.6f}"
        return self.address


def place_of_target(target: Target) -> Place:
    """The target's customer, location and contact should be loaded."""
    customer = _known(target, "customer", ("name",))
    location = _known(
        target, "location", ("name", "street", "postal_code", "city", "access_notes", "latitude", "longitude")
    )
    contact = _known(target, "contact", ("display_name", "role", "phone"))
    city = " ".join(filter(None, (location["postal_code"], location["city"])))
    name = customer["name"] or location["name"] or target.title
    own = target.latitude is not None
    return Place(
        name=name,
        place_name=location["name"] if location["name"] != name else "",
        lines=tuple(filter(None, (location["street"], city))),
        access_notes=location["access_notes"],
        contact=contact["display_name"],
        contact_role=contact["role"],
        phone=contact["phone"] or (target.customer.phone if target.customer else ""),
        latitude=target.latitude if own else location["latitude"] or None,
        longitude=target.longitude if own else location["longitude"] or None,
    )


def _known(target: Target, entity: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Values of the linked record; of what was sent where none is linked."""
    record = getattr(target, entity)
    if record is not None:
        return {name: getattr(record, name) for name in names}
    sent = (target.context or {}).get(entity) or {}
    return {name: sent.get(name) or "" for name in names}
