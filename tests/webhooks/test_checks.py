"""What opens the sender is warned of."""

import ipaddress
from typing import Any

from ordinavo_connect.checks import webhooks_are_encrypted, webhooks_stay_outside


def test_nothing_is_open_by_default(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = [], False
    assert webhooks_stay_outside() == webhooks_are_encrypted() == []


def test_an_allowed_network_is_named(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    (warning,) = webhooks_stay_outside()
    assert warning.id == "ordinavo.W005"
    assert "127.0.0.0/8" in warning.msg


def test_http_is_warned_of(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    assert [each.id for each in webhooks_are_encrypted()] == ["ordinavo.W006"]
