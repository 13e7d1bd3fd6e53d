"""Subscriptions by the API (API contract, Webhooks)."""

import base64
import ipaddress
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.webhooks.calls import NOON, SUBSCRIPTIONS, URL, errors_of, happened, kept, settle, subscribed
from webhooks.delivery.models import Attempt, Body, Delivery, Notice, Subscription
from webhooks.delivery.sealing import unsealed, unsealed_headers
from webhooks.delivery.signing import key_of
from webhooks.delivery.subscriptions import signing_keys
from webhooks.events.catalogue import TYPES
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db

KEYS = {
    *("id", "name", "url", "eventTypes", "status", "disabledReason", "include", "conditions"),
    *("payloadVersion", "timeoutSeconds", "maxInFlight", "headers", "verdict", "createdAtUtc"),
}
INCLUDE = {
    "customer": True,
    "location": True,
    "contact": True,
    "contactDetails": False,
    "reportSummary": False,
    "billingDetails": False,
}


def path(body: Any, rest: str = "") -> str:
    return f"{SUBSCRIPTIONS}/{body['id']}{rest}"


def changed(api: Any, body: Any, **changes: Any) -> Any:
    """The answer without its warnings."""
    shown, _warnings = answered(api, body, **changes)
    return shown


def answered(api: Any, body: Any, **changes: Any) -> tuple[Any, list[Any]]:
    response = api.send("PATCH", path(body), changes)
    assert response.status_code == 200, response.content
    shown = response.json()
    return shown, shown.pop("warnings")


# Made


def test_a_new_subscription_has_every_key_and_its_defaults(hooks: Any) -> None:
    body = subscribed(hooks)
    secret = body.pop("secret")
    assert len(key_of(secret)) == 32
    assert body.keys() == KEYS
    assert body["createdAtUtc"].endswith("Z")
    assert body | {"id": 0, "createdAtUtc": ""} == {
        "id": 0,
        "name": None,
        "url": URL,
        "eventTypes": ["*"],
        "status": "Active",
        "disabledReason": None,
        "include": INCLUDE,
        "conditions": [],
        "payloadVersion": "2026-06-18",
        "timeoutSeconds": 15,
        "maxInFlight": 10,
        "headers": [],
        "verdict": None,
        "createdAtUtc": "",
    }


def test_everything_can_be_given(hooks: Any) -> None:
    conditions = [{"field": "target.customFields.floor", "anyOf": [1, "1", True, None, 1.5]}]
    body = subscribed(
        hooks,
        event_types=("target.imported", "visit_report.*", "target.imported"),
        name=" ERP ",
        include={"contact": False, "billingDetails": True, "customer": None},
        conditions=conditions,
        headers={"X-Api-Key": "geheim"},
        timeoutSeconds=30,
        maxInFlight=50,
        unknown=1,
    )
    assert (body["name"], body["eventTypes"]) == ("ERP", ["target.imported", "visit_report.*"])
    assert body["include"] == INCLUDE | {"contact": False, "billingDetails": True}
    assert (body["conditions"], body["headers"]) == (conditions, ["X-Api-Key"])
    assert (body["timeoutSeconds"], body["maxInFlight"]) == (30, 50)
    assert unsealed_headers(kept(body).headers) == {"X-Api-Key": "geheim"}


def test_nothing_secret_lies_readable_in_the_database(hooks: Any) -> None:
    body = subscribed(hooks, headers={"X-Api-Key": "geheim"})
    row = kept(body)
    assert unsealed(row.secret) == body["secret"]
    assert body["secret"] not in row.secret
    assert "geheim" not in row.headers


def test_the_answer_leads_to_it_and_it_is_of_the_callers_source_system(
    hooks: Any, receiver_client: Any
) -> None:
    response = hooks.post(SUBSCRIPTIONS, {"url": URL, "eventTypes": ["*"]})
    body = response.json()
    assert response.headers["Location"] == f"/api/connect/v1{path(body)}"
    row = kept(body)
    assert (row.tenant, row.source_system, row.client) == (receiver_client.tenant, "erp", receiver_client)


def test_a_signed_test_is_queued_with_it(hooks: Any) -> None:
    body = subscribed(hooks, name="ERP")
    delivery = Delivery.objects.select_related("event", "body").get()
    assert delivery.is_forced
    assert (delivery.status, delivery.event_type) == ("Pending", "webhook.test")
    sent = json.loads(bytes(delivery.body.content))
    assert (sent["eventId"], sent["tenantId"]) == (delivery.event.event_id, "acme")
    assert sent["subscription"] == {"id": body["id"], "name": "ERP"}


def test_a_test_carries_no_secret(hooks: Any) -> None:
    body = subscribed(hooks, headers={"X-Api-Key": "geheim"})
    stored = bytes(Body.objects.get().content).decode() + json.dumps(Event.objects.get().facts)
    assert body["secret"] not in stored
    assert "geheim" not in stored


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"url": None, "eventTypes": None}, {"url": "invalid_type", "eventTypes": "invalid_type"}),
        ({"url": 1, "eventTypes": "target.imported"}, {"url": "invalid_type", "eventTypes": "invalid_type"}),
        ({"url": "http://example.com"}, {"url": "scheme_not_allowed"}),
        ({"url": "https://u:p@example.com"}, {"url": "credentials_not_allowed"}),
        ({"url": "https://10.0.0.1"}, {"url": "address_not_allowed"}),
        ({"url": "https://"}, {"url": "invalid_url"}),
        ({"url": "https://example.com/\u202etxt"}, {"url": "invalid_url"}),
        ({"url": "https://[fe80::1%25eth0]/"}, {"url": "invalid_url"}),
        ({"url": "https://exa\xadmple.com/"}, {"url": "invalid_url"}),
        ({"eventTypes": []}, {"eventTypes": "too_few"}),
        ({"eventTypes": ["*"] * 51}, {"eventTypes": "too_many"}),
        ({"eventTypes": ["*", "target.eaten", 1]},
         {"eventTypes[1]": "unknown_event_type", "eventTypes[2]": "invalid_type"}),
        ({"name": "x" * 201}, {"name": "too_long"}),
        ({"name": "a\x00b"}, {"name": "control_character"}),
        ({"include": {"contact": "yes"}}, {"include.contact": "invalid_type"}),
        ({"include": []}, {"include": "invalid_type"}),
        ({"conditions": [{}] }, {"conditions[0].field": "required", "conditions[0].anyOf": "required"}),
        ({"conditions": [{"field": "customer.name", "anyOf": [1]}]}, {"conditions[0].field": "invalid_choice"}),
        ({"conditions": [{"field": "location.city", "anyOf": []}]}, {"conditions[0].anyOf": "too_few"}),
        ({"conditions": [{"field": "location.city", "anyOf": [[]]}]}, {"conditions[0].anyOf[0]": "invalid_type"}),
        ({"conditions": [{"field": "location.city", "anyOf": ["a"]}] * 11}, {"conditions": "too_many"}),
        ({"conditions": [{"field": "location.city", "anyOf": ["x" * 1001]}]},
         {"conditions[0].anyOf[0]": "too_long"}),
        ({"conditions": [{"field": "location.city", "anyOf": ["\0"]}]},
         {"conditions[0].anyOf[0]": "control_character"}),
        ({"headers": {f"X-{n}": "1" for n in range(21)}}, {"headers": "too_many"}),
        ({"url": "https://example.com/" + "x" * 2000}, {"url": "too_long"}),
        ({"headers": {"Host": "x"}}, {"headers": "header_not_allowed"}),
        ({"headers": {"X-A": 1}}, {"headers.X-A": "invalid_type"}),
        ({"headers": ["X-A"]}, {"headers": "invalid_type"}),
        ({"timeoutSeconds": 31}, {"timeoutSeconds": "out_of_range"}),
        ({"timeoutSeconds": "5"}, {"timeoutSeconds": "invalid_type"}),
        ({"timeoutSeconds": True}, {"timeoutSeconds": "invalid_type"}),
        ({"maxInFlight": 0}, {"maxInFlight": "out_of_range"}),
        ({"maxInFlight": 51}, {"maxInFlight": "out_of_range"}),
        ({"status": "Disabled"}, {"status": "invalid_choice"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_field_by_field(hooks: Any, fields: Any, errors: Any) -> None:
    assert errors_of(hooks.post(SUBSCRIPTIONS, {"url": URL, "eventTypes": ["*"]} | fields)) == errors
    assert not Subscription.objects.exists()


def test_all_that_is_wrong_is_told_at_once(hooks: Any) -> None:
    assert errors_of(hooks.post(SUBSCRIPTIONS, {})) == {"url": "required", "eventTypes": "required"}
    assert errors_of(hooks.post(SUBSCRIPTIONS, [])) == {"": "invalid_type"}


def test_a_host_that_does_not_resolve_is_accepted(hooks: Any) -> None:
    assert subscribed(hooks, url="https://does-not-resolve.invalid/")["status"] == "Active"


def test_settings_allow_http_on_the_own_machine(hooks: Any, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    assert subscribed(hooks, url="http://127.0.0.1:9000/hooks")["url"] == "http://127.0.0.1:9000/hooks"


def test_a_repeat_makes_no_second_one_and_shows_no_secret(hooks: Any) -> None:
    asked = {"url": URL, "eventTypes": ["*"]}
    first = hooks.post(SUBSCRIPTIONS, asked, idempotency_key="a")
    again = hooks.post(SUBSCRIPTIONS, asked, idempotency_key="a")
    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json() == first.json() | {"secret": None}
    assert Subscription.objects.count() == Delivery.objects.count() == 1
    other = hooks.post(SUBSCRIPTIONS, asked | {"name": "x"}, idempotency_key="a")
    assert other.json()["error"]["code"] == "idempotency_conflict"


# Read


def test_it_is_read_without_its_secret(hooks: Any) -> None:
    body = subscribed(hooks)
    del body["secret"]
    assert hooks.get(path(body)).json() == body
    assert hooks.get(SUBSCRIPTIONS).json() == {"items": [body], "nextCursor": None}


def test_they_are_listed_newest_first_in_pages(hooks: Any) -> None:
    ids = [subscribed(hooks)["id"] for _ in range(3)]
    first = hooks.get(f"{SUBSCRIPTIONS}?limit=2").json()
    rest = hooks.get(f"{SUBSCRIPTIONS}?limit=2&cursor={first['nextCursor']}").json()
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert rest["nextCursor"] is None


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 30])
def test_one_that_is_not_there_is_not_found(hooks: Any, number: str) -> None:
    for method, rest, body in (
        ("GET", "", None),
        ("PATCH", "", {}),
        ("DELETE", "", None),
        ("POST", "/test", None),
        ("POST", "/rotate-secret", None),
        ("POST", "/replay", {"since": "2026-07-01T00:00:00Z"}),
    ):
        response = hooks.send(method, f"{SUBSCRIPTIONS}/{number}{rest}", body)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_strangers_neither_see_nor_change_it(hooks: Any, strangers: Any) -> None:
    body = subscribed(hooks)
    for stranger in strangers:
        assert stranger.get(SUBSCRIPTIONS).json()["items"] == []
        for method, rest, sent in (
            ("GET", "", None),
            ("PATCH", "", {"name": "x"}),
            ("DELETE", "", None),
            ("POST", "/test", None),
            ("POST", "/rotate-secret", None),
            ("POST", "/replay", {"since": "2026-07-01T00:00:00Z"}),
        ):
            assert stranger.send(method, path(body, rest), sent).status_code == 404
    assert kept(body).name == ""


def test_two_clients_of_one_source_system_share_it(hooks: Any, tenant: Any, api_of: Any) -> None:
    from tests.factories import make_client

    second = api_of(make_client(tenant, name="Second", scopes=["webhooks.read"]))
    assert second.get(path(subscribed(hooks))).status_code == 200


def test_scopes(hooks: Any, receiver_client: Any, api_of: Any) -> None:
    body = subscribed(hooks)
    reader = api_of(receiver_client, scopes=["webhooks.read"])
    assert reader.get(path(body)).status_code == 200
    for method, rest in (("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/replay")):
        assert reader.send(method, path(body, rest), {}).json()["error"]["requiredScope"] == "webhooks.manage"
    blind = api_of(receiver_client, scopes=["webhook_deliveries.read"])
    assert blind.get(SUBSCRIPTIONS).json()["error"]["requiredScope"] == "webhooks.read"


# Changed


def test_only_what_is_given_changes(hooks: Any) -> None:
    body = subscribed(hooks, name="ERP", include={"contact": False}, headers={"X-A": "1"})
    del body["secret"]
    assert changed(hooks, body) == body
    new = changed(hooks, body, include={"contactDetails": True}, timeoutSeconds=5)
    assert new == body | {
        "include": INCLUDE | {"contact": False, "contactDetails": True},
        "timeoutSeconds": 5,
    }
    assert changed(hooks, body, headers={"X-B": "2"})["headers"] == ["X-B"]
    assert unsealed_headers(kept(body).headers) == {"X-B": "2"}


def test_null_sets_what_is_optional_back(hooks: Any) -> None:
    body = subscribed(
        hooks,
        name="ERP",
        headers={"X-A": "1"},
        timeoutSeconds=5,
        maxInFlight=1,
        conditions=[{"field": "location.city", "anyOf": ["Essen"]}],
    )
    new = changed(
        hooks,
        body,
        name=None,
        headers=None,
        timeoutSeconds=None,
        maxInFlight=None,
        conditions=None,
        include=None,
    )
    assert (new["name"], new["headers"], new["timeoutSeconds"], new["maxInFlight"]) == (None, [], 15, 10)
    assert new["conditions"] == []


def test_null_sets_switches_back_all_or_one(hooks: Any) -> None:
    body = subscribed(hooks, include={"contact": False, "contactDetails": True, "billingDetails": True})
    one = changed(hooks, body, include={"contactDetails": None})
    assert one["include"] == INCLUDE | {"contact": False, "billingDetails": True}
    assert changed(hooks, body, include=None)["include"] == INCLUDE


@pytest.mark.parametrize(
    "url", ["https://other.example.com/hooks", "https://receiver.example.com:8443/hooks"]
)
def test_headers_do_not_follow_to_another_origin(hooks: Any, url: str) -> None:
    body = subscribed(hooks, headers={"Authorization": "Bearer geheim", "X-A": "1"})
    shown, (warning,) = answered(hooks, body, url=url)
    assert (shown["url"], shown["headers"]) == (url, [])
    assert unsealed_headers(kept(body).headers) == {}
    assert (warning["code"], warning["field"]) == ("headers_dropped", "headers")
    assert "Authorization, X-A" in warning["message"]
    assert unsealed(kept(body).secret) == body["secret"]


def test_headers_follow_where_they_are_given_again_or_the_origin_stays(hooks: Any) -> None:
    body = subscribed(hooks, headers={"X-A": "1"})
    moved = answered(hooks, body, url=URL.upper().replace("HTTPS", "https") + "/2")
    assert (moved[0]["headers"], moved[1]) == (["X-A"], [])
    moved = answered(hooks, body, url="https://other.example.com/", headers={"X-B": "2"})
    assert (moved[0]["headers"], moved[1]) == (["X-B"], [])
    assert unsealed_headers(kept(body).headers) == {"X-B": "2"}


def test_no_header_is_no_warning(hooks: Any) -> None:
    body = subscribed(hooks)
    assert answered(hooks, body, url="https://other.example.com/")[1] == []


@pytest.mark.parametrize("name", ["url", "eventTypes", "status"])
def test_null_is_no_value_of_what_must_be_there(hooks: Any, name: str) -> None:
    body = subscribed(hooks)
    assert list(errors_of(hooks.send("PATCH", path(body), {name: None}))) == [name]


def test_pause_and_go_on(hooks: Any) -> None:
    body = subscribed(hooks)
    assert changed(hooks, body, status="Paused")["status"] == "Paused"
    assert changed(hooks, body, status="Active")["status"] == "Active"
    assert Delivery.objects.count() == 1
    assert list(errors_of(hooks.send("PATCH", path(body), {"status": "Disabled"}))) == ["status"]


def test_a_new_address_is_tested(hooks: Any) -> None:
    body = subscribed(hooks)
    Subscription.objects.update(verdict={"ok": True}, consecutive_failures=9, failing_since=NOON)
    assert changed(hooks, body, url=URL)["verdict"] == {"ok": True}
    assert changed(hooks, body, url="https://other.example.com/")["verdict"] is None
    assert Delivery.objects.filter(event_type="webhook.test").count() == 2
    assert (kept(body).consecutive_failures, kept(body).failing_since) == (0, None)


def test_enabling_it_again_starts_afresh_and_queues_a_test(hooks: Any) -> None:
    body = subscribed(hooks)
    Subscription.objects.update(status="Disabled", disabled_reason="410 Gone")
    shown = hooks.get(path(body)).json()
    assert (shown["status"], shown["disabledReason"]) == ("Disabled", "410 Gone")
    assert changed(hooks, body, name="x")["status"] == "Disabled"
    new = changed(hooks, body, status="Active")
    assert (new["status"], new["disabledReason"]) == ("Active", None)
    assert Delivery.objects.count() == 2


def test_deleting_it_drops_what_waits(hooks: Any, tenant: Any) -> None:
    body, other = subscribed(hooks), subscribed(hooks)
    delivery = Delivery.objects.get(subscription_id=body["id"])
    Attempt.objects.create(tenant=tenant, delivery=delivery, number=1, started_at=NOON, duration_ms=1)
    Notice.objects.create(tenant=tenant, subscription_id=body["id"], kind="backlog", created_at=NOON)
    response = hooks.send("DELETE", path(body))
    assert (response.status_code, response.content) == (204, b"")
    assert hooks.get(path(body)).status_code == 404
    assert [row.subscription_id for row in Delivery.objects.all()] == [other["id"]]
    assert not Attempt.objects.exists()
    assert hooks.send("DELETE", path(body)).status_code == 404


# Tested


def test_a_test_answers_with_its_delivery(hooks: Any) -> None:
    body = subscribed(hooks)
    response = hooks.post(path(body, "/test"))
    assert response.status_code == 202
    shown = response.json()
    assert (shown["eventType"], shown["status"], shown["attemptCount"]) == ("webhook.test", "Pending", 0)
    assert hooks.get(response.headers["Location"].removeprefix("/api/connect/v1")).status_code == 200
    assert hooks.post(path(body, "/test"), {}).json()["eventId"] != shown["eventId"]


@pytest.mark.parametrize("event_type", TYPES)
def test_a_test_carries_the_sample_of_any_type(hooks: Any, event_type: str) -> None:
    body = subscribed(hooks)
    shown = hooks.post(path(body, "/test"), {"eventType": event_type}).json()
    sent = json.loads(bytes(Delivery.objects.select_related("body").get(pk=shown["id"]).body.content))
    assert sent["eventType"] == "webhook.test"
    assert sent["sample"]["eventType"] == event_type
    assert sent["sample"]["tenantId"] == "acme"


def test_a_sample_is_rendered_as_the_subscription_is(hooks: Any) -> None:
    body = subscribed(hooks, include={"contact": False})
    shown = hooks.post(path(body, "/test"), {"eventType": "target.imported"}).json()
    sent = json.loads(bytes(Delivery.objects.select_related("body").get(pk=shown["id"]).body.content))
    assert "contact" not in sent["sample"]
    assert sent["sample"]["target"]["externalId"] == "JOB-2026-000918"


def test_a_sample_of_no_type_is_refused(hooks: Any) -> None:
    body = subscribed(hooks)
    response = hooks.post(path(body, "/test"), {"eventType": "target.eaten"})
    assert errors_of(response) == {"eventType": "invalid_choice"}


def test_a_repeated_test_is_one_test(hooks: Any) -> None:
    body = subscribed(hooks)
    one, again = (hooks.post(path(body, "/test"), idempotency_key="t") for _ in range(2))
    assert one.json() == again.json()
    assert Delivery.objects.count() == 2


# A new secret


def test_the_old_secret_signs_besides_the_new_one_for_a_day(hooks: Any) -> None:
    body = subscribed(hooks)
    response = hooks.post(path(body, "/rotate-secret"))
    assert response.status_code == 200
    new = response.json()["secret"]
    assert response.json().keys() == KEYS | {"secret"}
    assert new != body["secret"]
    now = timezone.now()
    assert signing_keys(kept(body), at=now) == [new, body["secret"]]
    assert signing_keys(kept(body), at=now + timedelta(hours=23)) == [new, body["secret"]]
    assert signing_keys(kept(body), at=now + timedelta(hours=24)) == [new]


def test_the_overlap_can_be_chosen(hooks: Any) -> None:
    body = subscribed(hooks)
    new = hooks.post(path(body, "/rotate-secret"), {"overlapHours": 0}).json()["secret"]
    assert signing_keys(kept(body), at=timezone.now()) == [new]
    assert kept(body).previous_secret == ""
    newer = hooks.post(path(body, "/rotate-secret"), {"overlapHours": 168}).json()["secret"]
    assert signing_keys(kept(body), at=timezone.now() + timedelta(hours=167)) == [newer, new]
    for hours in (-1, 169, "1", 1.5):
        response = hooks.post(path(body, "/rotate-secret"), {"overlapHours": hours})
        assert list(errors_of(response)) == ["overlapHours"]


def test_a_repeated_rotation_rotates_once_and_shows_no_secret(hooks: Any) -> None:
    body = subscribed(hooks)
    first, again = (hooks.post(path(body, "/rotate-secret"), idempotency_key="r") for _ in range(2))
    assert again.json() == first.json() | {"secret": None}
    assert signing_keys(kept(body), at=timezone.now()) == [first.json()["secret"], body["secret"]]


# Replayed


def replayed(api: Any, body: Any, **asked: Any) -> int:
    response = api.post(path(body, "/replay"), {"since": "2026-07-01T00:00:00Z"} | asked)
    assert response.status_code == 202, response.content
    assert response.json().keys() == {"deliveries"}
    count: int = response.json()["deliveries"]
    return count


def queued(body: Any) -> list[str]:
    rows = Delivery.objects.filter(subscription_id=body["id"]).exclude(event_type="webhook.test")
    return [row.event_type for row in rows.order_by("event_id")]


def test_a_replay_sends_every_event_that_fits(hooks: Any, tenant: Any, other_tenant: Any) -> None:
    condition = {"field": "target.priority", "anyOf": ["High"]}
    body = subscribed(hooks, event_types=("target.*",), conditions=[condition])
    low = {"target": {"id": 1, "externalIds": {}, "priority": "Low"}}
    happened(tenant, at=NOON - timedelta(days=1))
    happened(tenant, "target.imported")
    happened(tenant, "target.updated", source_system="crm")
    happened(tenant, "target.updated", **low)
    happened(tenant, "visit_report.approved")
    happened(other_tenant)
    assert replayed(hooks, body) == 2
    assert queued(body) == ["target.imported", "target.updated"]


def test_a_replay_can_be_narrowed(hooks: Any, tenant: Any) -> None:
    body = subscribed(hooks, event_types=("target.*",))
    for hour in range(3):
        happened(tenant, at=NOON + timedelta(hours=hour))
    happened(tenant, "target.updated", at=NOON + timedelta(hours=1))
    assert replayed(hooks, body, since="2026-07-01T13:00:00Z", until="2026-07-01T16:00:00+02:00") == 2
    assert replayed(hooks, body, eventTypes=["target.updated", "visit_report.*"]) == 1
    assert replayed(hooks, body, since="2027-01-01T00:00:00Z") == 0
    assert replayed(hooks, body) == 4


def test_a_replay_sends_what_was_delivered_again_as_the_same_delivery(hooks: Any, tenant: Any) -> None:
    body = subscribed(hooks)
    event = happened(tenant)
    replayed(hooks, body)
    first = Delivery.objects.get(event=event)
    settle(first)
    assert replayed(hooks, body) == 1
    again = Delivery.objects.get(event=event)
    assert (again.pk, again.body_id, again.attempt_count) == (first.pk, first.body_id, 1)
    assert (again.status, again.due_reason, again.is_forced, again.delivered_at) == (
        "Pending",
        "replay",
        True,
        None,
    )


def test_a_replay_leaves_what_is_under_way_with_its_sender(hooks: Any, tenant: Any) -> None:
    body = subscribed(hooks)
    event = happened(tenant)
    replayed(hooks, body)
    lease, claim = timezone.now() + timedelta(minutes=1), "0" * 8 + "-0000-4000-8000-" + "0" * 12
    Delivery.objects.filter(event=event).update(claim=claim, due_at=lease)
    replayed(hooks, body)
    assert Delivery.objects.filter(event=event, claim=claim, due_at=lease).exists()
    with time_machine.travel(lease):
        assert hooks.get("/webhooks/deliveries").json()["items"][0]["nextAttemptAtUtc"] is None
    Delivery.objects.filter(event=event).update(due_at=timezone.now() - timedelta(minutes=1))
    replayed(hooks, body)
    assert Delivery.objects.get(event=event).claim is None


def test_a_replay_reaches_the_paused_and_the_disabled(hooks: Any, tenant: Any) -> None:
    body = subscribed(hooks)
    Subscription.objects.filter(pk=body["id"]).update(status="Disabled")
    happened(tenant)
    assert replayed(hooks, body) == 1
    assert Delivery.objects.filter(event_type="target.imported", is_forced=True, status="Pending").exists()


def test_a_replay_renders_as_the_subscription_is_now(hooks: Any, tenant: Any) -> None:
    body = subscribed(hooks)
    happened(tenant)
    replayed(hooks, body)
    changed(hooks, body, include={"customer": False})
    replayed(hooks, body)
    delivery = Delivery.objects.select_related("body").get(event_type="target.imported")
    assert "customer" not in json.loads(bytes(delivery.body.content))
    assert Body.objects.filter(event=delivery.event_id).count() == 2


def test_a_large_replay_goes_in_chunks(hooks: Any, tenant: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("webhooks.delivery.redelivery.CHUNK", 2)
    body = subscribed(hooks)
    for _ in range(5):
        happened(tenant)
    assert replayed(hooks, body) == 5


def test_a_repeated_replay_is_one_replay(hooks: Any, tenant: Any) -> None:
    body = subscribed(hooks)
    happened(tenant)
    asked = {"since": "2026-07-01T00:00:00Z"}
    assert hooks.post(path(body, "/replay"), asked, idempotency_key="p").json() == {"deliveries": 1}
    happened(tenant)
    assert hooks.post(path(body, "/replay"), asked, idempotency_key="p").json() == {"deliveries": 1}
    assert Delivery.objects.filter(event_type="target.imported").count() == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "since"),
        ({"since": None}, "since"),
        ({"since": 1}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-07-01T00:00:00"}, "since"),
        ({"since": "2026-07-01T00:00:00Z", "until": "x"}, "until"),
        ({"since": "2026-07-01T00:00:00Z", "eventTypes": ["x"]}, "eventTypes[0]"),
    ],
)
def test_a_replay_of_no_period_is_refused(hooks: Any, asked: Any, field: str) -> None:
    body = subscribed(hooks)
    assert list(errors_of(hooks.post(path(body, "/replay"), asked))) == [field]


# Event types


def test_the_event_types_are_listed_with_schema_and_example(hooks: Any) -> None:
    page = hooks.get("/webhooks/event-types").json()
    assert page["nextCursor"] is None
    assert [each["name"] for each in page["items"]] == list(TYPES)
    for each in page["items"]:
        assert each.keys() == {"name", "description", "schema", "example"}
        assert each["example"]["eventType"] == each["name"]


def test_a_secret_of_the_api_is_one_of_standard_webhooks(hooks: Any) -> None:
    secret = subscribed(hooks)["secret"]
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
