"""What the buttons of My Day do: each one verb, once for each id that the phone gave it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from routing.planning.appointments import complete_appointment, report_problem, start_appointment
from routing.planning.models import Appointment, Employee
from routing.planning.refusals import Refused
from routing.visits.actions import is_done, once
from routing.visits.attachments import name_photos, receive, remove
from routing.visits.content import ReportContent
from routing.visits.models import AttachmentKind, VisitReport
from routing.visits.my_day.access import for_employee
from routing.visits.my_day.forms import ActionForm, ProblemForm, ReportForm
from routing.visits.my_day.hashes import named_hashes
from routing.visits.my_day.pages import own_appointment, report_form
from routing.visits.my_day.sending import done, invalid, is_sent_by_script, refused
from routing.visits.photos import MAX_SENT_BYTES
from routing.visits.reports import save_draft, submit_report


@require_POST
@for_employee
def start(request: HttpRequest, employee: Employee, appointment_id: int) -> HttpResponse:
    appointment = own_appointment(employee, appointment_id)
    return _step(
        request,
        employee,
        appointment,
        kind="start",
        work=lambda: start_appointment(appointment, now=timezone.now()),
        to=reverse("my-day"),
    )


@require_POST
@for_employee
def complete(request: HttpRequest, employee: Employee, appointment_id: int) -> HttpResponse:
    """The work is done; its report comes next."""
    appointment = own_appointment(employee, appointment_id)
    return _step(
        request,
        employee,
        appointment,
        kind="complete",
        work=lambda: complete_appointment(appointment, now=timezone.now()),
        to=_report_page(appointment),
    )


@require_POST
@for_employee
def problem(request: HttpRequest, employee: Employee, appointment_id: int) -> HttpResponse:
    appointment = own_appointment(employee, appointment_id)
    form = ProblemForm(request.POST)
    back = reverse("my-day-stop", args=[appointment.pk])
    if not form.is_valid():
        return refused(request, Refused("invalid", _("Choose what the problem is.")), back=back)
    code, text = form.cleaned_data["code"], form.cleaned_data["text"]
    return _step(
        request,
        employee,
        appointment,
        kind="problem",
        work=lambda: report_problem(appointment, code=code, text=text, now=timezone.now()),
        to=reverse("my-day"),
        message=_("The office knows of the problem now."),
    )


@require_POST
@for_employee
def draft(request: HttpRequest, employee: Employee, appointment_id: int) -> HttpResponse:
    """Keep what is written so far; sent by a script while somebody writes."""
    appointment = own_appointment(employee, appointment_id)
    try:
        report = _kept(request, employee, appointment, ReportForm(request.POST))
    except Refused as error:
        return refused(request, error, back=_report_page(appointment))
    return JsonResponse({"savedAt": timezone.localtime(report.updated_at).strftime("%H:%M")})


@require_POST
@for_employee
def submit(request: HttpRequest, employee: Employee, appointment_id: int) -> HttpResponse:
    """Hand the report in. What was written is kept first, so that nothing is lost where it cannot be yet."""
    appointment = own_appointment(employee, appointment_id)
    form, to = ReportForm(request.POST), _report_page(appointment)
    try:
        if _was_submitted(request, employee, appointment):
            return done(request, to=to)
        report = _kept(request, employee, appointment, form)
    except Refused as error:
        # Handed in by the same press, sent twice, in between.
        if error.code == "report_sent" and _was_submitted(request, employee, appointment):
            return done(request, to=to)
        return refused(request, error, back=to)
    if not form.is_valid():
        if is_sent_by_script(request):
            return invalid({name or "": str(errors[0]) for name, errors in form.errors.items()})
        return report_form(request, employee, own_appointment(employee, appointment_id), form)
    return _step(
        request,
        employee,
        appointment,
        kind="submit",
        work=lambda: submit_report(report, now=timezone.now()),
        to=to,
    )


@require_POST
@for_employee
def photo(request: HttpRequest, employee: Employee, appointment_id: int, sha256: str) -> HttpResponse:
    """Take a photo or a signature: the body is the picture as it is, its name the SHA-256 of it."""
    appointment = own_appointment(employee, appointment_id)
    back = _report_page(appointment)
    try:
        report = _present(employee, appointment)
        attachment = receive(
            report,
            sent=_bounded(request),
            sent_sha256=sha256,
            kind=AttachmentKind.SIGNATURE if request.GET.get("kind") == "Signature" else AttachmentKind.PHOTO,
            now=timezone.now(),
        )
    except Refused as error:
        return refused(request, error, back=back)
    return JsonResponse({"url": reverse("attachment", args=[attachment.pk])})


@require_POST
@for_employee
def remove_photo(request: HttpRequest, employee: Employee, appointment_id: int, sha256: str) -> HttpResponse:
    appointment = own_appointment(employee, appointment_id)
    report: VisitReport | None = getattr(appointment, "report", None)
    try:
        if report is not None:
            remove(report, sent_sha256=sha256)
    except Refused as error:
        return refused(request, error, back=_report_page(appointment))
    return done(request, to=_report_page(appointment))


def _step(
    request: HttpRequest,
    employee: Employee,
    appointment: Appointment,
    *,
    kind: str,
    work: Callable[[], object],
    to: str,
    message: str = "",
) -> HttpResponse:
    """Do it once, and go on; what is refused leads back to where it was asked for."""
    form = ActionForm(request.POST)
    if not form.is_valid():
        return refused(request, Refused("invalid", _("Load this page again, then try again.")), back=to)
    try:
        once(
            appointment,
            employee=employee,
            action_id=form.id_of_action(),
            kind=kind,
            now=timezone.now(),
            work=work,
        )
    except Refused as error:
        return refused(request, error, back=to)
    return done(request, to=to, message=message)


def _was_submitted(request: HttpRequest, employee: Employee, appointment: Appointment) -> bool:
    """Raises: Refused: the id of the action stands for something else."""
    form = ActionForm(request.POST)
    if not form.is_valid():
        return False
    return is_done(appointment, employee=employee, action_id=form.id_of_action(), kind="submit")


def _kept(
    request: HttpRequest, employee: Employee, appointment: Appointment, form: ReportForm
) -> VisitReport:
    now = timezone.now()
    report = save_draft(appointment, employee=employee, content=form.content(), now=now)
    name_photos(report, hashes=named_hashes(request.POST), now=now)
    return report


def _present(employee: Employee, appointment: Appointment) -> VisitReport:
    """The report that a photo belongs to; a photo may be the first that is there of it."""
    report: VisitReport | None = getattr(appointment, "report", None)
    if report is not None:
        return report
    return save_draft(appointment, employee=employee, content=ReportContent(), now=timezone.now())


def _bounded(request: HttpRequest) -> bytes:
    """The body; one byte more than is taken of what is too large, which its reader refuses."""
    return request.read(MAX_SENT_BYTES + 1)


def _report_page(appointment: Appointment) -> str:
    return reverse("my-day-report", args=[appointment.pk])
