"""Signatures: by hand, and as an independent implementation of Standard Webhooks sees them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from webhooks.delivery.signing import delivery_headers, key_of, new_secret, signature

BODY = '{"title":"Größe"}'.encode()


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def headers(*keys: str, timestamp: int | None = None) -> dict[str, str]:
    return delivery_headers(
        event_id="evt_1",
        event_type="target.imported",
        delivery_id=7,
        timestamp=now() if timestamp is None else timestamp,
        body=BODY,
        keys=keys,
    )


def test_a_secret_holds_32_random_bytes() -> None:
    one, other = new_secret(), new_secret()
    assert one.startswith("whsec_")
    assert len(key_of(one)) == 32
    assert one != other


@pytest.mark.parametrize(
    "secret", ["", "abc", "whsec_", "whsec_!!!", "whsec_" + base64.b64encode(b"x" * 23).decode()]
)
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        key_of(secret)


def test_the_vector_of_standard_webhooks_comes_out() -> None:
    # From the reference libraries' tests.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = signature(
        secret,
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_standard_library_accepts_a_delivery() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, headers(secret)) == {"title": "Größe"}


def test_while_a_secret_rotates_both_accept_and_the_new_ones_signature_is_first() -> None:
    new, old = new_secret(), new_secret()
    sent = headers(new, old)
    Webhook(new).verify(BODY, sent)
    Webhook(old).verify(BODY, sent)
    first, second = sent["webhook-signature"].split(" ")
    assert first == headers(new)["webhook-signature"]
    assert second == headers(old)["webhook-signature"]
    assert sent["X-Ordinavo-Signature"] == headers(new)["X-Ordinavo-Signature"]


def test_another_body_time_or_secret_is_refused() -> None:
    secret = new_secret()
    for body, sent in (
        (BODY + b" ", headers(secret)),
        (BODY, headers(secret) | {"webhook-timestamp": str(now() + 1)}),
        (BODY, headers(new_secret())),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, sent)


def test_the_headers_are_those_of_the_contract() -> None:
    secret = new_secret()
    by_hand = hmac.new(base64.b64decode(secret[6:]), BODY, hashlib.sha256).hexdigest()
    sent = headers(secret)
    assert sent.pop("webhook-signature").startswith("v1,")
    assert sent == {
        "Content-Type": "application/json",
        "webhook-id": "evt_1",
        "webhook-timestamp": str(now()),
        "X-Ordinavo-Event-Id": "evt_1",
        "X-Ordinavo-Event-Type": "target.imported",
        "X-Ordinavo-Delivery-Id": "7",
        "X-Ordinavo-Timestamp": str(now()),
        "X-Ordinavo-Signature": f"sha256={by_hand}",
        "X-Ordinavo-Webhook-Version": "v1",
    }
