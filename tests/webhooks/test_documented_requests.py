"""Requests that docs/webhooks.md shows are such as the API takes."""

import json
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from webhooks.delivery.contract import SubscriptionChangeIn, SubscriptionIn, TestIn

_TEXT = Path(settings.BASE_DIR, "docs", "webhooks.md").read_text()
SHOWN = [json.loads(found) for found in re.findall(r"^```json\n(.*?)^```", _TEXT, re.DOTALL | re.MULTILINE)]
SENT = [json.loads(found) for found in re.findall(r"-d '(\{.*?\})'", _TEXT)]


@pytest.mark.parametrize("body", SHOWN, ids=lambda body: "-".join(body))
def test_json_that_is_shown_is_a_subscription_or_a_part_of_one(body: Any) -> None:
    shape = SubscriptionIn if "url" in body else SubscriptionChangeIn
    assert shape.model_validate(body).model_fields_set


def test_there_are_bodies_to_look_at() -> None:
    assert any("conditions" in body for body in SHOWN)
    assert any("headers" in body for body in SHOWN)


def test_what_is_sent_with_curl_fits(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    subscription, test = SENT
    assert SubscriptionIn.model_validate(subscription).url == "http://127.0.0.1:9000/hooks"
    assert TestIn.model_validate(test).event_type == "visit_report.approved"
