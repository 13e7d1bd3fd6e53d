"""Receivers of every bad kind beside a good one: it gets everything, soon, and of the others the product tells why."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.faults.calls import Api
from tests.faults.webhooks.world import (
    SUBSCRIPTIONS,
    SendingProduct,
    arrived,
    events_of,
    happen,
    on_loopback,
    subscribe,
)
from tests.running.product import eventually
from tests.webhooks.receivers import certificate, server_tls
from tests.webhooks.test_network import (
    answer_a_bomb,
    answer_ten_gigabytes,
    close_at_once,
    close_in_the_body,
    close_in_the_head,
    drip,
    drip_the_body,
    hang,
)

FAILING = {
    "hang": (hang, "timeout"),
    "drip": (drip, "timeout"),
    "close_at_once": (close_at_once, "connection_closed"),
    "close_in_the_head": (close_in_the_head, "connection_closed"),
}
DELIVERING = (answer_ten_gigabytes, drip_the_body, close_in_the_body, answer_a_bomb)
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:5432/\r\nContent-Length: 0\r\n\r\n"
NOT_HTTP = b"220 mail.example.com ESMTP\r\n"


def test_the_good_one_gets_everything(product: SendingProduct, tenant: str, tmp_path: Path) -> None:
    api = product.new_receiver_client(tenant)
    with ExitStack() as receivers:
        expected: dict[str, str] = {}
        for handler, code in FAILING.values():
            bad = receivers.enter_context(on_loopback(handler))
            expected[subscribe(api, bad.url, timeoutSeconds=2)["id"]] = code
        for answer, code in ((REDIRECT, "redirect"), (NOT_HTTP, "answer_invalid")):
            bad = receivers.enter_context(on_loopback(answer=answer))
            expected[subscribe(api, bad.url, timeoutSeconds=2)["id"]] = code
        tls = receivers.enter_context(on_loopback(tls=server_tls(certificate(tmp_path))))
        expected[subscribe(api, tls.url)["id"]] = "certificate_invalid"
        expected[subscribe(api, "http://receiver.invalid/")["id"]] = "host_not_found"
        odd = [
            subscribe(api, receivers.enter_context(on_loopback(each)).url, timeoutSeconds=2)
            for each in DELIVERING
        ]
        good = receivers.enter_context(on_loopback())
        subscribe(api, good.url)
        happen(api, 0, 300)
        assert eventually(lambda: set(arrived(good.requests).times) == events_of(product, tenant))
        assert eventually(lambda: all(verdict(api, each) is not None for each in expected))
        assert {each: verdict(api, each)["errorCode"] for each in expected} == expected
        for each in odd:
            assert eventually(lambda each=each: verdict(api, each["id"]) is not None)
            assert verdict(api, each["id"])["ok"] is True
        assert len(product.senders()) == 1


def verdict(api: Api, subscription: str) -> Any:
    """What the test of its creation found; None while it is under way."""
    return api.get(f"{SUBSCRIPTIONS}/{subscription}").json["verdict"]
