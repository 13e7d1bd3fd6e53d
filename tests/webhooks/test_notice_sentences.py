"""What notices say of times: in the tenant's zone, and never as machines write them."""

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant, User
from tests.webhooks.admin_cases import endpoint
from webhooks.delivery import notices
from webhooks.delivery.models import Notice, NoticeKind

SINCE, UNTIL = "2026-07-01T22:30:00Z", "2026-07-06T22:30:00Z"


@pytest.fixture
def notice(tenant: Tenant) -> Notice:
    return Notice.objects.create(
        tenant=tenant,
        subscription=endpoint(tenant),
        kind=NoticeKind.WILL_BE_DISABLED,
        facts={"since": SINCE, "disabledAtUtc": UNTIL, "error": "Refused.", "warning": 1},
        created_at=timezone.now(),
    )


def test_a_mail_names_the_zone(notice: Notice, tenant: Tenant, owner: User, settings: Any) -> None:
    User.objects.update(email="owner@example.com")
    Tenant.objects.update(time_zone="America/New_York")
    settings.HAS_MAIL_SERVER = True
    assert notices.mail_notices() == 1
    (sent,) = mail.outbox
    assert (
        "failed since 2026-07-01 18:30 EDT; if that goes on, it is disabled at 2026-07-06 18:30 EDT"
        in sent.body
    )


def test_what_has_no_time_is_said_without(notice: Notice) -> None:
    notice.kind, notice.facts = (
        NoticeKind.DISABLED,
        {"since": None, "error": "", "reason": "It answered 410."},
    )
    assert notices.sentence(notice) == "It was disabled, and gets no events any more. It answered 410."
