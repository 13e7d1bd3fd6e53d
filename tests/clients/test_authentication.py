"""Who is let in, who is not, and what each of them is told (API contract, Authentication)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ordinavo_connect.clients.authentication import note_use
from ordinavo_connect.clients.key_lifecycle import create_key, revoke_key
from ordinavo_connect.clients.keys import base62, compose, parse
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Tenant
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_key

HEALTH = "/integration/health"


def refusal(key: str | None, **headers: str) -> str:
    """The code with which a key is refused."""
    response = ApiCaller(key).get(HEALTH, **headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    return response.json()["error"]["code"]


def with_other_secret(text: str) -> str:
    shown = parse(text)
    assert shown is not None
    return compose(shown.environment, shown.public_id, base62(1, 43))


def with_other_public_id(text: str) -> str:
    shown = parse(text)
    assert shown is not None
    return compose(shown.environment, base62(1, 12), shown.secret)


def in_other_environment(text: str) -> str:
    shown = parse(text)
    assert shown is not None
    return compose("test", shown.public_id, shown.secret)


def with_typing_error(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def test_a_key_opens_the_door(api: ApiCaller) -> None:
    assert api.get(HEALTH).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_as_http_reads_it(erp: IntegrationClient, scheme: str) -> None:
    assert ApiCaller(None).get(HEALTH, authorization=f"{scheme} {make_key(erp)}").status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer nothing", "Bearer é", "Bearer a b"]
)
def test_a_missing_or_malformed_header_is_unauthorized(db: None, header: str) -> None:
    assert refusal(None, authorization=header) == "unauthorized"


def test_no_header_is_unauthorized(db: None) -> None:
    assert refusal(None) == "unauthorized"


def test_another_scheme_does_not_carry_a_key(erp: IntegrationClient) -> None:
    assert refusal(None, authorization=f"Token {make_key(erp)}") == "unauthorized"


@pytest.mark.parametrize(
    "change", [with_other_secret, with_other_public_id, in_other_environment, with_typing_error]
)
def test_a_wrong_key_is_unauthorized(erp: IntegrationClient, change: Callable[[str], str]) -> None:
    assert refusal(change(make_key(erp))) == "unauthorized"


def revoked(key: ApiKey) -> None:
    revoke_key(key)


def expired(key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())


def disabled(key: ApiKey) -> None:
    IntegrationClient.objects.filter(pk=key.client_id).update(is_active=False)


ENDINGS = [(revoked, "api_key_revoked"), (expired, "api_key_expired"), (disabled, "client_disabled")]


@pytest.mark.parametrize(("end", "code"), ENDINGS)
def test_the_reason_is_told_to_a_caller_whose_secret_is_right(
    erp: IntegrationClient, end: Callable[[ApiKey], None], code: str
) -> None:
    key, text = create_key(erp, name="k")
    end(key)

    assert refusal(text) == code


@pytest.mark.parametrize(("end", "code"), ENDINGS)
def test_the_reason_is_not_told_to_anyone_else(
    erp: IntegrationClient, end: Callable[[ApiKey], None], code: str
) -> None:
    key, text = create_key(erp, name="k")
    end(key)

    assert refusal(with_other_secret(text)) == "unauthorized"


def test_every_refusal_of_a_well_formed_key_runs_the_same_query(
    erp: IntegrationClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    monkeypatch.setattr(
        "ordinavo_connect.clients.authentication.hmac.compare_digest",
        lambda one, other: compared.append(1) or one == other,
    )
    key, text = create_key(erp, name="k")
    revoke_key(key)
    runs = []
    for shown in (text, with_other_secret(text), with_other_public_id(text), in_other_environment(text)):
        compared.clear()
        with CaptureQueriesContext(connection) as queries:
            ApiCaller(shown).get(HEALTH)
        runs.append(([_without_values(query["sql"]) for query in queries], len(compared)))

    assert all(run == runs[0] for run in runs)
    assert len(runs[0][0]) == 1
    assert runs[0][1] == 1


def _without_values(sql: str) -> str:
    return sql.partition(" WHERE ")[0]


def test_a_typing_error_costs_no_query(erp: IntegrationClient) -> None:
    text = with_typing_error(make_key(erp))
    with CaptureQueriesContext(connection) as queries:
        ApiCaller(text).get(HEALTH)

    assert len(queries) == 0


def test_a_sandbox_client_has_a_test_key(tenant: Tenant) -> None:
    text = make_key(make_client(tenant, environment="test"))

    assert text.startswith("oc_test_")
    assert ApiCaller(text).get(HEALTH).json()["tenant"] == "acme-sandbox"


def test_a_key_ends_at_its_moment(erp: IntegrationClient) -> None:
    moment = datetime(2027, 1, 31, 12, tzinfo=UTC)
    with time_machine.travel(moment - timedelta(days=1), tick=False):
        text = make_key(erp, expires_at=moment)
    with time_machine.travel(moment - timedelta(seconds=1), tick=False):
        assert ApiCaller(text).get(HEALTH).status_code == 200
    with time_machine.travel(moment, tick=False):
        assert refusal(text) == "api_key_expired"


def test_the_last_use_is_noted(erp: IntegrationClient, api: ApiCaller) -> None:
    api.get(HEALTH)

    key = erp.api_keys.get()
    assert key.last_used_at is not None
    assert key.last_used_from == "127.0.0.1"


@pytest.mark.parametrize(
    ("seconds", "address", "is_written"),
    [
        (0, "192.0.2.1", False),
        (59, "192.0.2.1", False),
        (60, "192.0.2.1", True),
        (1, "192.0.2.2", True),
        (1, "", True),
    ],
)
def test_a_busy_key_is_written_once_a_minute_or_from_a_new_address(
    erp: IntegrationClient, seconds: int, address: str, is_written: bool
) -> None:
    key, _text = create_key(erp, name="k")
    with time_machine.travel(0, tick=False) as clock:
        note_use(key, address="192.0.2.1")
        key.refresh_from_db()
        first = key.last_used_at
        clock.shift(seconds)
        note_use(key, address=address)
        key.refresh_from_db()

    assert (key.last_used_at != first or key.last_used_from != "192.0.2.1") is is_written


def test_a_stale_copy_of_a_key_is_not_written_again(erp: IntegrationClient) -> None:
    stale, _text = create_key(erp, name="k")
    with time_machine.travel(0, tick=False) as clock:
        note_use(ApiKey.objects.get(pk=stale.pk), address="192.0.2.1")
        clock.shift(5)
        note_use(stale, address="192.0.2.1")

    assert ApiKey.objects.get(pk=stale.pk).last_used_at == datetime(1970, 1, 1, tzinfo=UTC)
