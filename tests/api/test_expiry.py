"""What is worth nothing any more is deleted by the clock; the rest stays."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from ordinavo_connect.api import expiry
from ordinavo_connect.api.models import IdempotencyRecord, RateWindow
from ordinavo_connect.api.tasks import expire

pytestmark = pytest.mark.django_db


def add_answer(key: str, *, days: int) -> None:
    created_at = timezone.now() - timedelta(days=days)
    IdempotencyRecord.objects.create(
        client_id=1, key=key, fingerprint="", status=202, body=b"", created_at=created_at
    )


def test_kept_answers_go_when_their_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "CHUNK", 2)
    for number in range(5):
        add_answer(f"old-{number}", days=3)
    add_answer("recent", days=0)
    expire()
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["recent"]


def test_sessions_go_when_they_have_ended() -> None:
    now = timezone.now()
    Session.objects.create(session_key="ended", expire_date=now - timedelta(minutes=1))
    Session.objects.create(session_key="going-on", expire_date=now + timedelta(minutes=1))
    expire()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["going-on"]


def test_rate_windows_of_silent_clients_go() -> None:
    now = timezone.now()
    RateWindow.objects.create(client_id=1, window_start=now - timedelta(days=2), count=1)
    RateWindow.objects.create(client_id=2, window_start=now, count=1)
    expire()
    assert list(RateWindow.objects.values_list("client_id", flat=True)) == [2]
