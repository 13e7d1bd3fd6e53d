"""Reports, pictures and forms as a phone sends them."""

import hashlib
from io import BytesIO
from typing import Any

from PIL import Image

from routing.planning.models import Appointment
from routing.visits.attachments import receive
from routing.visits.content import ReportContent
from routing.visits.models import Attachment, AttachmentKind, VisitReport
from routing.visits.reports import save_draft, submit_report
from tests.routing.cast import at
from webhooks.events.models import Event

DONE = ReportContent(result="Successful", text="Filters changed.", work_minutes=90)


def content(**fields: Any) -> ReportContent:
    given: dict[str, Any] = {"result": "Successful", "text": "Filters changed.", "work_minutes": 90}
    return ReportContent(**given | fields)


def draft(appointment: Appointment, **fields: Any) -> VisitReport:
    """A draft with result and minutes, begun at 10:00."""
    return save_draft(appointment, employee=appointment.employee, content=content(**fields), now=at(10))


def submitted(appointment: Appointment, **fields: Any) -> VisitReport:
    """A report that was handed in at 11:00."""
    return submit_report(draft(appointment, **fields), now=at(11))


def told(*, since: int = 0) -> list[str]:
    """The types of the events that were sent, in their order."""
    rows = Event.objects.filter(id__gt=since).order_by("id")
    return list(rows.values_list("type", flat=True))


def last_event() -> int:
    newest = Event.objects.order_by("-id").first()
    return newest.pk if newest else 0


def picture(
    size: tuple[int, int] = (64, 48), form: str = "JPEG", color: str = "red", **settings: Any
) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, color).save(buffer, form, **settings)
    return buffer.getvalue()


def signature() -> bytes:
    buffer = BytesIO()
    image = Image.new("RGBA", (700, 280), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (100, 100, 400, 110))
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def attach(
    report: VisitReport, sent: bytes | None = None, kind: AttachmentKind = AttachmentKind.PHOTO
) -> Attachment:
    sent = sent or picture()
    return receive(report, sent=sent, sent_sha256=sha256(sent), kind=kind, now=at(10, 30))


def form(**fields: Any) -> dict[str, Any]:
    """The fields of a report as the page sends them."""
    return {
        "result": "Successful",
        "text": "Filters changed.",
        "work_minutes": "90",
        "is_billable": "on",
    } | fields
