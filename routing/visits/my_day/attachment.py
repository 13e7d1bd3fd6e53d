"""One photo or signature, for who may see it: its employee, staff who read reports, a link that was signed."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ordinavo_connect.clients.active_tenant import SESSION_KEY, put_to_work
from ordinavo_connect.clients.models import User
from routing.visits.links import is_signed
from routing.visits.models import Attachment
from routing.visits.my_day.access import employees_of

READ_REPORTS = "visits.view_visitreport"

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png"}


@require_safe
def attachment(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """The picture. One that the caller may not see answers as one that is not there."""
    rows = Attachment.objects.select_related("report__appointment").defer("content")
    row = rows.filter(pk=attachment_id, arrived_at__isnull=False).first()
    if row is None or not _may_see(request, row):
        raise Http404
    response = HttpResponse(bytes(row.content or b""), content_type=row.content_type)
    response["Content-Disposition"] = f'inline; filename="{_name(row)}"'
    response["X-Content-Type-Options"] = "nosniff"
    # It never changes; but only this browser may keep it, and no longer than a session.
    response["Cache-Control"] = "private, max-age=600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _may_see(request: HttpRequest, row: Attachment) -> bool:
    if is_signed(row, request.GET.get("signature", "")):
        return True
    if not request.user.is_authenticated:
        return False
    user = request.user
    return _is_staff_of(request, user, row) or _is_own(user, row)


def _is_staff_of(request: HttpRequest, user: User, row: Attachment) -> bool:
    tenant = put_to_work(user, chosen=request.session.get(SESSION_KEY)).tenant
    return tenant is not None and tenant.pk == row.tenant_id and user.has_perm(READ_REPORTS)


def _is_own(user: User, row: Attachment) -> bool:
    """Of who wrote it, and of who has the appointment by now and goes on with its report."""
    theirs = (row.report.employee_id, row.report.appointment.employee_id)
    return any(employee.pk in theirs for employee in employees_of(user))


def _name(row: Attachment) -> str:
    return f"{row.kind.lower()}-{row.pk}.{_ENDINGS.get(row.content_type, 'bin')}"
