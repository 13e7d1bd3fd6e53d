"""What operators are told of endpoints: a row for the pages, a log line of a stable name, and a mail.

A notice of one kind is open once for each subscription, and ends by itself when what it tells of is over.
"""

import smtplib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients.models import Membership, Role
from webhooks.delivery.breaker import FAILING_AFTER, disabled_at, warnings_due
from webhooks.delivery.models import Notice, NoticeKind, Subscription, SubscriptionStatus
from webhooks.delivery.privacy import moment

log = structlog.get_logger(__name__)

# So many deliveries of one subscription that are due and not sent are told of, until they are half as many.
BACKLOG = 10_000
# Who gets mail: those who can change what is wrong.
MAILED_ROLES = (Role.OWNER, Role.INTEGRATION_ADMIN)
# Mails of one round: what is left waits for the next.
MAILS_A_ROUND = 100


def open_notice(subscription: Subscription, kind: NoticeKind, *, facts: dict[str, Any], at: datetime) -> bool:
    """Tell of something, unless it is being told of already; whether it is new."""
    _notice, is_new = Notice.objects.get_or_create(
        subscription=subscription,
        kind=kind,
        ended_at=None,
        defaults={"tenant_id": subscription.tenant_id, "facts": facts, "created_at": at},
    )
    if is_new:
        log.warning(
            f"webhook_{kind.value}", subscription_id=subscription.pk, url_host=_host(subscription), **facts
        )
    return is_new


def end_notices(subscription: Subscription, kinds: Iterable[NoticeKind], *, at: datetime) -> None:
    """It is over."""
    Notice.objects.filter(subscription=subscription, kind__in=list(kinds), ended_at=None).update(ended_at=at)


def sweep(*, now: datetime | None = None) -> None:
    """Open and end the notices that time alone brings about; as often as you like, in any number of processes."""
    at = now or timezone.now()
    _tell_of_failing(at)
    _tell_of_backlogs(at)
    _end_what_is_over(at)


def _tell_of_failing(at: datetime) -> None:
    failing = Subscription.objects.filter(
        status=SubscriptionStatus.ACTIVE, failing_since__lte=at - FAILING_AFTER
    )
    for subscription in failing:
        assert subscription.failing_since is not None
        facts = failure_facts(subscription)
        open_notice(subscription, NoticeKind.FAILING, facts=facts, at=at)
        warning = warnings_due(subscription.failing_since, now=at)
        if warning:
            _warn(subscription, warning, facts=facts, at=at)


def _warn(subscription: Subscription, warning: int, *, facts: dict[str, Any], at: datetime) -> None:
    """The second warning ends the first, so that it is mailed, too."""
    assert subscription.failing_since is not None
    kind = NoticeKind.WILL_BE_DISABLED
    earlier = Notice.objects.filter(subscription=subscription, kind=kind, ended_at=None)
    earlier.filter(facts__warning__lt=warning).update(ended_at=at)
    disabled = moment(disabled_at(subscription.failing_since))
    open_notice(subscription, kind, facts=facts | {"warning": warning, "disabledAtUtc": disabled}, at=at)


def _tell_of_backlogs(at: datetime) -> None:
    waiting = backlogs(BACKLOG)
    for subscription in Subscription.objects.filter(pk__in=waiting):
        if waiting[subscription.pk] >= BACKLOG:
            open_notice(subscription, NoticeKind.BACKLOG, facts={"waiting": waiting[subscription.pk]}, at=at)
        elif waiting[subscription.pk] < BACKLOG // 2:
            end_notices(subscription, [NoticeKind.BACKLOG], at=at)


def backlogs(bound: int) -> dict[int, int]:
    """Deliveries that are due, by active subscription; counted up to a bound, so that a million cost no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id, (SELECT count(*) FROM (
                SELECT 1 FROM delivery_delivery d
                WHERE d.subscription_id = s.id AND d.status = 'Pending' AND d.due_at <= now() LIMIT %s
            ) due) FROM delivery_subscription s WHERE s.status = 'Active'
            """,
            [bound],
        )
        return dict(cursor.fetchall())


def _end_what_is_over(at: datetime) -> None:
    still_open = Notice.objects.filter(ended_at=None)
    still_open.filter(kind=NoticeKind.DISABLED).exclude(
        subscription__status=SubscriptionStatus.DISABLED
    ).update(ended_at=at)
    of_failures = still_open.filter(kind__in=[NoticeKind.FAILING, NoticeKind.WILL_BE_DISABLED])
    of_failures.filter(subscription__failing_since=None).update(ended_at=at)
    of_failures.filter(subscription__status=SubscriptionStatus.DISABLED).update(ended_at=at)
    breakers = still_open.filter(kind=NoticeKind.BREAKER_OPEN)
    breakers.filter(subscription__breaker_opened_at=None).update(ended_at=at)
    still_open.filter(kind=NoticeKind.BACKLOG).exclude(subscription__status=SubscriptionStatus.ACTIVE).update(
        ended_at=at
    )


def failure_facts(subscription: Subscription) -> dict[str, Any]:
    """Since when and why: `since` is where a replay has to begin."""
    since = subscription.failing_since
    return {"since": moment(since) if since else None, "error": subscription.last_error}


# The replay that is offered after an end


def last_end(subscription: Subscription) -> Notice | None:
    """The notice of when it was disabled last; its fact `replayed` says that nobody has to replay any more."""
    return Notice.objects.filter(subscription=subscription, kind=NoticeKind.DISABLED).order_by("-id").first()


def offered_since(end: Notice) -> datetime:
    """When the failures began that led to an end: where a replay has to begin."""
    since = end.facts.get("since")
    return datetime.fromisoformat(since) if since else end.created_at


def end_offer(subscription: Subscription, *, since: datetime | None = None) -> None:
    """Its events were replayed, from `since` on where that is given, or nobody wants them."""
    end = last_end(subscription)
    if end is None or (since is not None and since > offered_since(end)):
        return
    Notice.objects.filter(pk=end.pk).update(facts=end.facts | {"replayed": True})


# Mail


def mail_notices() -> int:
    """Mail what was not mailed yet to the owners and integration admins of its tenant; how many were.

    Does nothing where no mail server is set. Each notice is taken before it is mailed, so that two processes do
    not mail it twice, and given back where the server does not take it.
    """
    if not settings.HAS_MAIL_SERVER:
        return 0
    waiting = Notice.objects.filter(mailed_at=None, ended_at=None).select_related("subscription", "tenant")
    return sum(_mail(notice) for notice in waiting.order_by("id")[:MAILS_A_ROUND])


def _mail(notice: Notice) -> bool:
    taken = Notice.objects.filter(pk=notice.pk, mailed_at=None).update(mailed_at=timezone.now())
    if taken != 1:
        return False
    try:
        send_mail(f"{notice.tenant}: {notice}", _text(notice), None, _recipients(notice))
    except (OSError, smtplib.SMTPException) as error:
        Notice.objects.filter(pk=notice.pk).update(mailed_at=None)
        log.warning("webhook_notice_not_mailed", notice_id=notice.pk, error=type(error).__name__)
        return False
    return True


def _recipients(notice: Notice) -> list[str]:
    members = Membership.objects.filter(
        tenant_id=notice.tenant_id, role__in=MAILED_ROLES, user__is_active=True
    )
    return list(members.exclude(user__email="").values_list("user__email", flat=True).distinct())


def _text(notice: Notice) -> str:
    with timezone.override(notice.tenant.time_zone):
        return f"{notice.subscription}\n\n{sentence(notice)}\n"


def _to_the_minute(at: datetime) -> str:
    """With its zone: a mail is read anywhere, and any time."""
    return date_format(timezone.localtime(at), "Y-m-d H:i T")


def sentence(notice: Notice, *, time_of: Callable[[datetime], str] = _to_the_minute) -> str:
    """What it tells, in the language that is active.

    Args:
        time_of: how a time is said, in the zone that is active.
    """
    facts = dict(notice.facts)
    for name in _TIMES & facts.keys():
        if facts[name]:
            facts[name] = time_of(datetime.fromisoformat(facts[name]))
    if "waiting" in facts:
        facts["waiting"] = f"{facts['waiting']:,}"
    told = str(_SENTENCES[NoticeKind(notice.kind)])
    return f"{told % facts}".strip()


# Facts that are times.
_TIMES = {"since", "disabledAtUtc"}


_SENTENCES = {
    NoticeKind.FAILING: _("Every delivery has failed since %(since)s. %(error)s"),
    NoticeKind.WILL_BE_DISABLED: _(
        "Every delivery has failed since %(since)s; if that goes on, it is disabled at %(disabledAtUtc)s. %(error)s"
    ),
    NoticeKind.DISABLED: _("It was disabled, and gets no events any more. %(reason)s"),
    NoticeKind.BREAKER_OPEN: _(
        "It failed several times in a row: deliveries wait, and one at a time is tried. %(error)s"
    ),
    NoticeKind.BACKLOG: _("%(waiting)s deliveries or more are due and not sent."),
}


def _host(subscription: Subscription) -> str:
    """Of the URL, without what may be secret in the rest of it; '' where it has none that can be told."""
    try:
        return urlsplit(subscription.url).hostname or ""
    except ValueError:
        return ""
