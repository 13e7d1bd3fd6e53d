"""What a phone asks for, once for each id that it gave it: a form that is sent twice does its work once."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from routing.planning.models import Appointment, Employee
from routing.planning.refusals import Refused
from routing.visits.models import PhoneAction


def once(
    appointment: Appointment,
    *,
    employee: Employee,
    action_id: UUID,
    kind: str,
    now: datetime,
    work: Callable[[], object],
) -> bool:
    """Do the work of an action unless it was done; False where it was.

    The action is written before its work, in one transaction: a second request waits for the first, and sees what
    became of it. Work that is refused leaves no trace, so the phone may ask again with the same id. A refusal counts
    for nothing where the action turns out to be done. An id that stands for another action, or for the same one of
    another appointment, is none that was done.

    Raises:
        Refused: as the work says; action_id_used.
    """
    action = PhoneAction(
        tenant_id=employee.tenant_id,
        employee=employee,
        appointment=appointment,
        action_id=action_id,
        kind=kind,
        created_at=now,
    )
    try:
        with transaction.atomic():
            if not _written(action):
                # Refuses an id that was used for something else.
                is_done(appointment, employee=employee, action_id=action_id, kind=kind)
                return False
            work()
    except Refused:
        if is_done(appointment, employee=employee, action_id=action_id, kind=kind):
            return False
        raise
    return True


def is_done(appointment: Appointment, *, employee: Employee, action_id: UUID, kind: str) -> bool:
    """Raises: Refused: the id was used for something else (`action_id_used`)."""
    rows = PhoneAction.objects.filter(tenant_id=employee.tenant_id, employee=employee, action_id=action_id)
    done = rows.values_list("kind", "appointment_id").first()
    if done is not None and done != (kind, appointment.pk):
        raise Refused("action_id_used", _("This was not done yet. Load this page again, then try again."))
    return done is not None


def _written(action: PhoneAction) -> bool:
    try:
        with transaction.atomic():
            action.save(force_insert=True)
    except IntegrityError:
        return False
    return True
