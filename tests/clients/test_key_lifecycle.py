"""Keys: made, rotated, revoked."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from ordinavo_connect.clients.key_lifecycle import KeyEnded, create_key, revoke_key, rotate_key
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, User
from tests.api_caller import ApiCaller

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)


def status(text: str) -> int:
    return int(ApiCaller(text).get("/integration/health").status_code)


def test_only_a_hash_is_kept(erp: IntegrationClient, owner: User) -> None:
    key, text = create_key(erp, name=" production ", by=owner)
    key.refresh_from_db()

    assert (key.name, key.created_by, key.scopes, key.tenant_id) == ("production", owner, None, erp.tenant_id)
    assert len(key.secret_hash) == 32
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    secret = text.rpartition("_")[2]
    assert secret[:20] not in str(row)


def test_a_key_may_be_narrower_than_its_client(erp: IntegrationClient) -> None:
    key, _text = create_key(erp, name="k", scopes=["targets.write"])

    assert key.scopes == ["inbound.targets.write"]


def test_a_key_may_not_be_wider_than_its_client(erp: IntegrationClient) -> None:
    with pytest.raises(ValidationError, match=r"billing\.read"):
        create_key(erp, name="k", scopes=["billing.read", "customers.map"])


def test_all_faults_are_told_together(erp: IntegrationClient) -> None:
    with pytest.raises(ValidationError) as refused:
        create_key(erp, name=" ", scopes=["x"], expires_at=timezone.now() - timedelta(seconds=1))

    assert refused.value.message_dict.keys() == {"name", "scopes", "expires_at"}


def test_an_expiry_needs_its_zone(erp: IntegrationClient) -> None:
    with pytest.raises(ValidationError, match="zone"):
        create_key(erp, name="k", expires_at=datetime(2099, 1, 1))


def test_the_old_key_works_on_for_the_overlap(erp: IntegrationClient) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old, old_text = create_key(erp, name="k", scopes=["integration.health.read"])
        fresh, text = rotate_key(old, overlap=timedelta(hours=24))
        clock.shift(timedelta(hours=23))
        assert (status(old_text), status(text)) == (200, 200)
        clock.shift(timedelta(hours=1))
        assert (status(old_text), status(text)) == (401, 200)

    old.refresh_from_db()
    assert (fresh.name, fresh.scopes, fresh.expires_at) == ("k", ["integration.health.read"], None)
    assert old.replaced_by == fresh


def test_without_overlap_the_old_key_ends_at_once(erp: IntegrationClient) -> None:
    old, old_text = create_key(erp, name="k")
    _fresh, text = rotate_key(old, overlap=timedelta(0))

    assert (status(old_text), status(text)) == (401, 200)


def test_a_limited_key_is_replaced_by_one_that_lives_as_long(erp: IntegrationClient) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old, _text = create_key(erp, name="k", expires_at=NOW + timedelta(days=90))
        clock.shift(timedelta(days=80))
        fresh, _text = rotate_key(old, overlap=timedelta(days=30))

    old.refresh_from_db()
    assert fresh.expires_at == NOW + timedelta(days=170)
    # The overlap ends a key sooner, never later.
    assert old.expires_at == NOW + timedelta(days=90)


def test_two_clicks_make_one_key(erp: IntegrationClient) -> None:
    key, _text = create_key(erp, name="k")
    same_key = ApiKey.objects.get(pk=key.pk)
    rotate_key(key, overlap=timedelta(hours=1))

    with pytest.raises(KeyEnded):
        rotate_key(same_key, overlap=timedelta(hours=1))
    assert erp.api_keys.count() == 2


def test_a_revoked_key_is_not_rotated(erp: IntegrationClient) -> None:
    key, _text = create_key(erp, name="k")
    revoke_key(key)

    with pytest.raises(KeyEnded):
        rotate_key(key, overlap=timedelta(hours=1))
    with pytest.raises(KeyEnded):
        revoke_key(key)
    assert erp.api_keys.count() == 1


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=30, seconds=1)])
def test_an_overlap_has_bounds(erp: IntegrationClient, overlap: timedelta) -> None:
    key, _text = create_key(erp, name="k")

    with pytest.raises(ValidationError, match="overlap"):
        rotate_key(key, overlap=overlap)
