"""What attempts do to their subscription, and what operators are told."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from structlog.testing import capture_logs

from ordinavo_connect.clients.models import Tenant, User
from tests.webhooks.calls import happened
from tests.webhooks.test_fan_out import subscribe
from webhooks.delivery import notices
from webhooks.delivery.breaker import OPENS_AFTER, Attempted
from webhooks.delivery.health import Observed, record
from webhooks.delivery.models import Body, Delivery, Notice, NoticeKind, Subscription
from webhooks.delivery.network import Exchange

pytestmark = pytest.mark.django_db

FAILURE = Attempted("The endpoint answered 500 Internal Server Error.")
SUCCESS = Attempted()


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    return subscribe(tenant)


def observe(subscription: Subscription, *attempts: Attempted, **settings: Any) -> Subscription:
    record({subscription.pk: Observed(attempts)}, **settings)
    subscription.refresh_from_db()
    return subscription


def told() -> list[str]:
    return list(Notice.objects.filter(ended_at=None).order_by("id").values_list("kind", flat=True))


def test_a_failure_is_kept(subscription: Subscription) -> None:
    observe(subscription, FAILURE)
    assert subscription.failing_since is not None
    assert (subscription.consecutive_failures, subscription.last_error) == (1, FAILURE.error)
    assert (subscription.last_success_at, subscription.breaker_until) == (None, None)


def test_a_success_is_kept(subscription: Subscription) -> None:
    observe(subscription, SUCCESS)
    assert subscription.last_success_at is not None
    assert subscription.failing_since is None


def test_the_breaker_is_told_of_once_and_ends_with_a_success(subscription: Subscription) -> None:
    with capture_logs() as logs:
        observe(subscription, *[FAILURE] * OPENS_AFTER)
        observe(subscription, *[FAILURE] * OPENS_AFTER)
    assert [each["event"] for each in logs] == ["webhook_breaker_open"]
    assert logs[0]["url_host"] == "receiver.example"
    assert told() == ["breaker_open"]
    observe(subscription, SUCCESS)
    assert told() == []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:pass@receiver.example:8443/hook?key=1", "receiver.example"),
        ("https://user:pa/ss@receiver.example/", "user"),
        ("https://receiver.example?key=a@b", "receiver.example"),
        ("https://receiver.example#a@b", "receiver.example"),
        ("https://[::1", ""),
    ],
)
def test_logs_tell_the_host_alone(subscription: Subscription, url: str, host: str) -> None:
    Subscription.objects.update(url=url)
    subscription.refresh_from_db()
    with capture_logs() as logs:
        notices.open_notice(subscription, NoticeKind.BACKLOG, facts={}, at=timezone.now())
    assert logs[0]["url_host"] == host


def test_the_end_keeps_where_a_replay_has_to_begin(subscription: Subscription) -> None:
    began = timezone.now() - timedelta(days=5)
    observe(subscription, FAILURE, now=began)
    observe(subscription, FAILURE)
    assert subscription.status == "Disabled"
    notice = Notice.objects.get(kind=NoticeKind.DISABLED)
    assert notice.facts["since"] == notices.moment(began)
    assert "5 days" in notice.facts["reason"]
    assert "5 days" in notices.sentence(notice)


def test_the_verdict_of_a_test_is_kept(subscription: Subscription) -> None:
    record({subscription.pk: Observed([SUCCESS], test=Exchange(12, 200, phases={"connect": 1.0}))})
    subscription.refresh_from_db()
    assert subscription.verdict is not None
    assert (subscription.verdict["ok"], subscription.verdict["statusCode"]) == (True, 200)


def test_one_that_is_gone_is_left_alone(subscription: Subscription) -> None:
    Subscription.objects.all().delete()
    record({subscription.pk: Observed([FAILURE])})
    assert not Subscription.objects.exists()


def test_others_are_not_touched(tenant: Tenant, subscription: Subscription) -> None:
    other = subscribe(tenant)
    observe(subscription, FAILURE)
    other.refresh_from_db()
    assert other.failing_since is None


# By time alone


@pytest.mark.parametrize(
    ("hours", "kinds"),
    [
        (0.9, []),
        (1.1, ["endpoint_failing"]),
        (2.4 * 24, ["endpoint_failing"]),
        (2.6 * 24, ["endpoint_failing", "endpoint_will_be_disabled"]),
    ],
)
def test_who_fails_for_long_is_told_of(subscription: Subscription, hours: float, kinds: list[str]) -> None:
    observe(subscription, FAILURE, now=timezone.now() - timedelta(hours=hours))
    notices.sweep()
    notices.sweep()
    assert told() == kinds


def test_the_second_warning_is_another_one(subscription: Subscription) -> None:
    began = timezone.now()
    observe(subscription, FAILURE, now=began)
    for days in (2.6, 4.6):
        notices.sweep(now=began + timedelta(days=days))
    warnings = Notice.objects.filter(kind=NoticeKind.WILL_BE_DISABLED).order_by("id")
    assert [(each.facts["warning"], each.ended_at is None) for each in warnings] == [(1, False), (2, True)]
    assert warnings[1].facts["disabledAtUtc"] == notices.moment(began + timedelta(days=5))


def test_what_is_over_ends(subscription: Subscription) -> None:
    observe(subscription, Attempted("Gone.", is_gone=True))
    assert told() == ["endpoint_disabled"]
    Subscription.objects.update(status="Active", failing_since=None, consecutive_failures=0)
    notices.sweep()
    assert told() == []


def test_a_backlog_is_told_of_and_ends(
    subscription: Subscription, monkeypatch: pytest.MonkeyPatch, tenant: Tenant
) -> None:
    monkeypatch.setattr(notices, "BACKLOG", 3)
    now = timezone.now() - timedelta(minutes=1)
    for _ in range(3):
        event = happened(tenant, at=now)
        body = Body.objects.create(tenant=tenant, event=event, profile="p", content=b"{}")
        Delivery.objects.create(
            tenant=tenant, subscription=subscription, event=event, body=body, due_at=now, created_at=now
        )
    notices.sweep()
    assert told() == ["backlog"]
    Delivery.objects.update(status="Delivered", due_at=None)
    notices.sweep()
    assert told() == []


# Mail


def test_owners_and_integration_admins_get_one_mail(
    subscription: Subscription,
    owner: User,
    integration_admin: User,
    viewer: User,
    other_owner: User,
    settings: Any,
) -> None:
    for person in (owner, integration_admin, viewer, other_owner):
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.com")
    settings.HAS_MAIL_SERVER = True
    observe(subscription, *[FAILURE] * OPENS_AFTER)
    assert notices.mail_notices() == 1
    assert notices.mail_notices() == 0
    (sent,) = mail.outbox
    assert sorted(sent.to) == ["integration_admin@example.com", "owner@example.com"]
    assert "Acme" in sent.subject
    assert FAILURE.error in sent.body


def test_nothing_is_mailed_where_no_server_is_set(subscription: Subscription) -> None:
    observe(subscription, *[FAILURE] * OPENS_AFTER)
    assert notices.mail_notices() == 0
    assert Notice.objects.get().mailed_at is None


def test_what_the_server_did_not_take_is_mailed_later(
    subscription: Subscription, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HAS_MAIL_SERVER = True
    observe(subscription, *[FAILURE] * OPENS_AFTER)

    def refuse(*_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(notices, "send_mail", refuse)
    assert notices.mail_notices() == 0
    assert Notice.objects.get().mailed_at is None
