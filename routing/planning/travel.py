"""How long the way from one place to another takes: one interface, and what can stand behind it.

Times are whole minutes, rounded up, so that a plan's times add up as they are shown; the way from a place to itself
takes none. What a map service cannot give falls back to the great circle, and the matrix says so.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPException, HTTPResponse
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from routing.planning.problem import Point

EARTH_RADIUS_METRES = 6_371_000.0
# Roads are about a third longer than the great circle in towns and between them.
DETOUR_FACTOR = 1.3
KILOMETRES_PER_HOUR = 45.0

# A service is asked for at most this many places at once: 500 squared are 250,000 legs, about 4 MB of JSON.
PLACES_A_REQUEST = 500
# What is read of an answer at most; more than that is no answer.
ANSWER_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
# For the connection and each wait, and once more for the whole body.
TIMEOUT_SECONDS = 5.0

Cells = NDArray[np.int64]


class TravelUnavailable(Exception):
    """A map service gave no matrix. `message` says why, in words for staff."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Matrix:
    """Ways between all pairs of places.

    Args:
        seconds, metres: n × n; from the row's place to the column's.
        note: what somebody should know of these times; "" for nothing.
    """

    points: tuple[Point, ...]
    seconds: Cells
    metres: Cells
    note: str = ""
    index: dict[Point, int] = field(init=False, repr=False, compare=False)
    # The same as lists: reading single cells of an array costs ten times as much.
    seconds_rows: list[list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {point: number for number, point in enumerate(self.points)})
        object.__setattr__(self, "seconds_rows", _rows(self.seconds))


def _rows(cells: Cells) -> list[list[int]]:
    """As lists that share their numbers: of a million cells, few hundred differ."""
    known: dict[int, int] = {}
    return [[known.setdefault(value, value) for value in row.tolist()] for row in cells]


class TravelSource(Protocol):
    """Something that knows ways. Raises of `matrix`: TravelUnavailable."""

    def matrix(self, points: Sequence[Point]) -> Matrix: ...


def travel_matrix(points: Sequence[Point], *, source: TravelSource, fallback: "GreatCircle") -> Matrix:
    """The ways by `source`, or by `fallback` with a note where it gives none."""
    try:
        return source.matrix(points)
    except TravelUnavailable as failure:
        note = _("Travel times are estimated from straight lines: %(reason)s") % {"reason": failure.message}
        return replace(fallback.matrix(points), note=note)


def source_from(kind: str, *, url: str = "", fallback: "GreatCircle") -> TravelSource:
    """The source that settings name. Raises: ValueError, saying what is wrong."""
    if kind == "great_circle":
        return fallback
    services: dict[str, type[OsrmTable] | type[ValhallaMatrix]] = {
        "osrm": OsrmTable,
        "valhalla": ValhallaMatrix,
    }
    if kind not in services:
        raise ValueError(f"a source of travel times is great_circle, osrm or valhalla, not {kind!r}")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError(f"{kind} needs the address of the service (http:// or https://), not {url!r}")
    return services[kind](url)


def great_circle_metres(one: Point, other: Point) -> float:
    """As the crow flies (haversine)."""
    metres: float = _haversine(np.radians([one]), np.radians([other]))[0, 0]
    return float(metres)


@dataclass(frozen=True)
class GreatCircle:
    """Straight lines on the globe, lengthened by a factor, at one speed: it needs nobody else."""

    detour_factor: float = DETOUR_FACTOR
    kilometres_per_hour: float = KILOMETRES_PER_HOUR

    def matrix(self, points: Sequence[Point]) -> Matrix:
        radians = np.radians(np.array(points, dtype=float).reshape(-1, 2))
        metres = np.zeros((len(points), len(points)))
        # Row by row: all at once would take ten times the memory on the way.
        for number in range(len(points)):
            metres[number] = _haversine(radians[number : number + 1], radians)[0] * self.detour_factor
        return _matrix(points, metres / (self.kilometres_per_hour / 3.6), metres)


@dataclass(frozen=True)
class OsrmTable:
    """OSRM's table service (`/table/v1/driving`), as its HTTP API documentation has it."""

    url: str
    timeout_seconds: float = TIMEOUT_SECONDS

    def matrix(self, points: Sequence[Point]) -> Matrix:
        _refuse_too_many(points)
        places = ";".join(f"{point.longitude:.6f},{point.latitude:.6f}" for point in points)
        address = f"{self.url.rstrip('/')}/table/v1/driving/{places}?annotations=duration,distance"
        answer = _asked(Request(address), self.timeout_seconds)  # noqa: S310 (the scheme is checked in settings)
        if answer.get("code") != "Ok":
            raise TravelUnavailable(_("the map service could not compute the ways."))
        return _from_cells(points, answer.get("durations"), answer.get("distances"), metres_a_unit=1.0)


@dataclass(frozen=True)
class ValhallaMatrix:
    """Valhalla's matrix service (`/sources_to_targets`), by car, as its API documentation has it."""

    url: str
    timeout_seconds: float = TIMEOUT_SECONDS

    def matrix(self, points: Sequence[Point]) -> Matrix:
        _refuse_too_many(points)
        places = [{"lat": point.latitude, "lon": point.longitude} for point in points]
        body = {"sources": places, "targets": places, "costing": "auto", "units": "kilometers"}
        request = Request(  # noqa: S310 (the scheme is checked in settings)
            f"{self.url.rstrip('/')}/sources_to_targets",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        rows = _asked(request, self.timeout_seconds).get("sources_to_targets")
        seconds, kilometres = _column(rows, "time"), _column(rows, "distance")
        return _from_cells(points, seconds, kilometres, metres_a_unit=1000.0)


class _NoRedirect(HTTPRedirectHandler):
    """A map service that points elsewhere is set up wrongly: the address in the settings is the one we trust."""

    def redirect_request(self, *_arguments: Any, **_keywords: Any) -> None:
        return None


_opener = build_opener(_NoRedirect, ProxyHandler({}))


def _asked(request: Request, timeout_seconds: float) -> dict[str, Any]:
    """The JSON object that a service answers. Raises: TravelUnavailable."""
    try:
        with _opener.open(request, timeout=timeout_seconds) as response:
            content = _read(response, until=time.monotonic() + timeout_seconds)
    except HTTPError as failure:
        failure.close()
        raise TravelUnavailable(
            _("the map service answered with status %(status)s.") % {"status": failure.code}
        ) from failure
    except (URLError, OSError, HTTPException, ValueError) as failure:
        raise TravelUnavailable(_("the map service gave no answer.")) from failure
    try:
        answer = json.loads(content)
    except ValueError as failure:
        raise TravelUnavailable(_("the map service's answer is no JSON.")) from failure
    return answer if isinstance(answer, dict) else {}


def _read(response: HTTPResponse, *, until: float) -> bytes:
    """The whole body. Raises: TravelUnavailable where it is too large or drips in too slowly."""
    content = bytearray()
    while chunk := response.read1(CHUNK_BYTES):
        content += chunk
        if len(content) > ANSWER_BYTES:
            raise TravelUnavailable(_("the map service's answer is too large."))
        if time.monotonic() > until:
            raise TravelUnavailable(_("the map service gave no answer in time."))
    return bytes(content)


def _refuse_too_many(points: Sequence[Point]) -> None:
    if len(points) > PLACES_A_REQUEST:
        raise TravelUnavailable(
            _("there are %(places)s places, and the map service is asked for %(most)s at most.")
            % {"places": len(points), "most": PLACES_A_REQUEST}
        )


def _column(rows: Any, key: str) -> list[list[Any]]:
    """One value of each cell. Raises: TravelUnavailable."""
    try:
        return [[cell[key] for cell in row] for row in rows]
    except (TypeError, KeyError) as failure:
        raise TravelUnavailable(_("the map service's answer is no matrix.")) from failure


def _from_cells(points: Sequence[Point], seconds: Any, lengths: Any, *, metres_a_unit: float) -> Matrix:
    """A matrix of what a service sent. Raises: TravelUnavailable where a way is missing or is no length."""
    try:
        # A way that does not exist is null: it becomes NaN.
        durations, metres = np.array(seconds, dtype=float), np.array(lengths, dtype=float) * metres_a_unit
    except (TypeError, ValueError) as failure:
        raise TravelUnavailable(_("the map service's answer is no matrix.")) from failure
    shape = (len(points), len(points))
    if durations.shape != shape or metres.shape != shape:
        raise TravelUnavailable(_("the map service's answer is no matrix."))
    if not (np.isfinite(durations).all() and np.isfinite(metres).all()):
        raise TravelUnavailable(_("the map service knows no way to some of the places."))
    if (durations < 0).any() or (metres < 0).any():
        raise TravelUnavailable(_("the map service's answer is no matrix."))
    return _matrix(points, durations, metres)


def _matrix(points: Sequence[Point], seconds: NDArray[np.float64], metres: NDArray[np.float64]) -> Matrix:
    minutes = np.ceil(np.round(seconds / 60, 6)).astype(np.int64)
    whole_metres = np.round(metres).astype(np.int64)
    np.fill_diagonal(minutes, 0)
    np.fill_diagonal(whole_metres, 0)
    return Matrix(tuple(points), minutes * 60, whole_metres)


def _haversine(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres between points in radians (latitude, longitude)."""
    latitudes = rows[:, None, 0], columns[None, :, 0]
    apart = (latitudes[1] - latitudes[0]) / 2, (columns[None, :, 1] - rows[:, None, 1]) / 2
    chord = np.sin(apart[0]) ** 2 + np.cos(latitudes[0]) * np.cos(latitudes[1]) * np.sin(apart[1]) ** 2
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS_METRES * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return metres
