"""How long ways take, by straight lines and by map services."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from routing.planning.problem import Point
from routing.planning.travel import (
    GreatCircle,
    OsrmTable,
    TravelUnavailable,
    ValhallaMatrix,
    great_circle_metres,
    source_from,
    travel_matrix,
)

ESSEN, BOCHUM = Point(51.4508, 7.0131), Point(51.4818, 7.2162)
PLACES = [ESSEN, BOCHUM]

Answer = Callable[[BaseHTTPRequestHandler], None]


class Service:
    """A map service on this machine, which answers as a test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.answer: Answer = lambda request: send(request, {})
        service = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.asked.append((self.path, body))
                service.answer(self)

            do_GET = do_POST = _any  # noqa: N815

            def log_message(self, *_arguments: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    thread = threading.Thread(target=service.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield service
    service.server.shutdown()
    thread.join()
    service.server.server_close()


def send(request: BaseHTTPRequestHandler, answer: object, *, status: int = 200, **headers: str) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


def test_straight_lines_are_lengthened_and_driven_at_one_speed() -> None:
    metres = great_circle_metres(ESSEN, BOCHUM)
    assert metres == pytest.approx(14_470, rel=0.01)
    matrix = GreatCircle(detour_factor=1.5, kilometres_per_hour=60).matrix(PLACES)
    assert matrix.metres[0, 1] == round(metres * 1.5)
    assert matrix.seconds[0, 1] == 22 * 60  # 21.7 km at a kilometre a minute, rounded up.
    assert matrix.seconds[0, 0] == matrix.metres[1, 1] == 0


def test_no_places_have_no_ways() -> None:
    assert GreatCircle().matrix([]).seconds.shape == (0, 0)


def test_osrm_is_asked_for_all_ways_at_once(service: Service) -> None:
    service.answer = lambda request: send(
        request, {"code": "Ok", "durations": [[0, 601.2], [599, 0]], "distances": [[0, 15000.4], [14900, 0]]}
    )
    matrix = OsrmTable(service.url).matrix(PLACES)
    assert service.asked == [
        ("/table/v1/driving/7.013100,51.450800;7.216200,51.481800?annotations=duration,distance", b"")
    ]
    assert matrix.seconds.tolist() == [[0, 660], [600, 0]]
    assert matrix.metres.tolist() == [[0, 15000], [14900, 0]]


def test_valhalla_is_asked_for_all_ways_at_once(service: Service) -> None:
    def cell(seconds: float, kilometres: float) -> dict[str, float]:
        return {"time": seconds, "distance": kilometres}

    rows = [[cell(0, 0), cell(600, 15.2)], [cell(540, 14.9), cell(0, 0)]]
    service.answer = lambda request: send(request, {"sources_to_targets": rows})
    matrix = ValhallaMatrix(service.url).matrix(PLACES)
    ((path, body),) = service.asked
    assert path == "/sources_to_targets"
    places = [{"lat": 51.4508, "lon": 7.0131}, {"lat": 51.4818, "lon": 7.2162}]
    assert json.loads(body) == {
        "sources": places,
        "targets": places,
        "costing": "auto",
        "units": "kilometers",
    }
    assert matrix.seconds.tolist() == [[0, 600], [540, 0]]
    assert matrix.metres.tolist() == [[0, 15200], [14900, 0]]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda request: send(request, {}, status=503), "status 503"),
        (lambda request: send(request, b"<html>"), "no JSON"),
        (lambda request: send(request, []), "could not compute"),
        (lambda request: send(request, {"code": "NoTable"}), "could not compute"),
        (lambda request: send(request, {"code": "Ok", "durations": [[0]]}), "no matrix"),
        (lambda request: send(request, {"code": "Ok", "durations": [["a"]], "distances": {}}), "no matrix"),
        (
            lambda request: send(
                request, {"code": "Ok", "durations": [[0, None], [1, 0]], "distances": [[0, 1], [1, 0]]}
            ),
            "knows no way",
        ),
        (
            lambda request: send(
                request, {"code": "Ok", "durations": [[0, -5], [1, 0]], "distances": [[0, 1], [1, 0]]}
            ),
            "no matrix",
        ),
        (lambda request: send(request, {}, status=302, Location="http://127.0.0.1:1/"), "status 302"),
        (lambda request: request.connection.close(), "no answer"),
    ],
)
def test_a_service_that_fails_falls_back_and_says_so(service: Service, answer: Answer, reason: str) -> None:
    service.answer = answer
    straight = GreatCircle()
    matrix = travel_matrix(PLACES, source=OsrmTable(service.url), fallback=straight)
    assert matrix.seconds.tolist() == straight.matrix(PLACES).seconds.tolist()
    assert matrix.note.startswith("Travel times are estimated from straight lines: ")
    assert reason in matrix.note


def test_so_does_one_that_is_not_there() -> None:
    matrix = travel_matrix(PLACES, source=ValhallaMatrix("http://127.0.0.1:1"), fallback=GreatCircle())
    assert "no answer" in matrix.note


def test_a_service_that_drips_is_not_waited_for(service: Service) -> None:
    gone = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not gone.is_set():
            try:
                request.wfile.write(b" ")
            except OSError:
                gone.set()
            time.sleep(0.01)

    service.answer = drip
    with pytest.raises(TravelUnavailable, match="in time"):
        OsrmTable(service.url, timeout_seconds=0.2).matrix(PLACES)
    assert gone.wait(10)


def test_an_answer_is_read_up_to_a_bound(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.planning.travel.ANSWER_BYTES", 100_000)
    service.answer = lambda request: send(request, b" " * 1_000_000)
    with pytest.raises(TravelUnavailable, match="too large"):
        OsrmTable(service.url).matrix(PLACES)


def test_a_service_is_asked_for_so_many_places(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.planning.travel.PLACES_A_REQUEST", 1)
    with pytest.raises(TravelUnavailable, match="2 places"):
        OsrmTable(service.url).matrix(PLACES)
    assert service.asked == []


def test_settings_name_a_source() -> None:
    straight = GreatCircle(detour_factor=1.1)
    assert source_from("great_circle", fallback=straight) is straight
    assert source_from("osrm", url="http://osrm:5000", fallback=straight) == OsrmTable("http://osrm:5000")
    with pytest.raises(ValueError, match="osrm or valhalla, not 'google'"):
        source_from("google", fallback=straight)
    with pytest.raises(ValueError, match="valhalla needs the address"):
        source_from("valhalla", url="file:///etc/passwd", fallback=straight)
