"""Photos and the signature of a report: named by the phone, sent, taken away again.

They change as long as the report is the employee's. The report's row is locked, so that what arrives at once is
counted one after the other.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from routing.planning.refusals import Refused
from routing.visits.models import Attachment, AttachmentKind, VisitReport
from routing.visits.photos import MAX_SENT_BYTES, remade
from routing.visits.reports import OPEN_TO_EMPLOYEE

MAX_PHOTOS = 10


def name_photos(report: VisitReport, *, hashes: Iterable[str], now: datetime) -> None:
    """Photos that the phone will send, by the SHA-256 of each: the report cannot be handed in without them.

    Raises:
        Refused: report_sent, too_many_photos.
    """
    if not (hashes := list(hashes)):
        return
    with transaction.atomic():
        _lock(report)
        for sent_sha256 in hashes:
            _named(report, sent_sha256, AttachmentKind.PHOTO, now)


def receive(
    report: VisitReport, *, sent: bytes, sent_sha256: str, kind: AttachmentKind, now: datetime
) -> Attachment:
    """Keep a picture. One that is there already is kept once; a new signature takes the place of the one before.

    Args:
        sent_sha256: in hex, as the phone computed it of what it sent.

    Raises:
        Refused: report_sent, damaged, too_large, not_a_picture, too_many_photos, busy.
    """
    if len(sent) <= MAX_SENT_BYTES and hashlib.sha256(sent).hexdigest() != sent_sha256:
        raise Refused("damaged", _("The picture was damaged on its way. Send it again."))
    # Working on it takes a second: not for one that is refused anyhow, nor once more, and before any row is locked.
    if (kept := _kept(report, sent_sha256, kind)) is not None:
        return kept
    picture = remade(sent, kind)
    with transaction.atomic():
        _lock(report)
        attachment = _named(report, sent_sha256, kind, now)
        if attachment.arrived_at is None:
            attachment.sha256, attachment.content_type = picture.sha256, picture.content_type
            attachment.content, attachment.bytes = picture.content, len(picture.content)
            attachment.arrived_at = now
            attachment.save(update_fields=["sha256", "content_type", "content", "bytes", "arrived_at"])
        if kind == AttachmentKind.SIGNATURE:
            report.attachments.filter(kind=kind).exclude(pk=attachment.pk).delete()
    return attachment


def remove(report: VisitReport, *, sent_sha256: str) -> None:
    """Take a picture away again; one that is not there is gone already.

    Raises:
        Refused: report_sent.
    """
    with transaction.atomic():
        _lock(report)
        report.attachments.filter(sent_sha256=sent_sha256).delete()


def _kept(report: VisitReport, sent_sha256: str, kind: AttachmentKind) -> Attachment | None:
    """The picture where it is there already. Raises: Refused: as `receive` would, as far as can be said unlocked."""
    _refuse_sent(VisitReport.objects.all(), report)
    named = report.attachments.defer("content").filter(sent_sha256=sent_sha256).first()
    if named is None and kind == AttachmentKind.PHOTO and _photos_of(report) >= MAX_PHOTOS:
        raise _too_many()
    return named if named is not None and named.kind == kind and named.arrived_at else None


def _lock(report: VisitReport) -> None:
    _refuse_sent(VisitReport.objects.select_for_update(), report)


def _refuse_sent(reports: QuerySet[VisitReport], report: VisitReport) -> None:
    rows = reports.filter(tenant_id=report.tenant_id, pk=report.pk)
    if rows.values_list("status", flat=True).get() not in OPEN_TO_EMPLOYEE:
        raise Refused("report_sent", _("This report was sent already, so its photos stay as they are."))


def _photos_of(report: VisitReport) -> int:
    return report.attachments.filter(kind=AttachmentKind.PHOTO).count()


def _too_many() -> Refused:
    text = _("A report holds %(count)d photos at most. Remove one first.")
    return Refused("too_many_photos", text % {"count": MAX_PHOTOS})


def _named(report: VisitReport, sent_sha256: str, kind: AttachmentKind, now: datetime) -> Attachment:
    attachment, is_new = Attachment.objects.get_or_create(
        tenant_id=report.tenant_id,
        report=report,
        sent_sha256=sent_sha256,
        defaults={"kind": kind, "created_at": now},
    )
    if is_new and _photos_of(report) > MAX_PHOTOS:
        raise _too_many()
    return attachment
