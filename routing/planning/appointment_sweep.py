"""Appointments whose target the source system took away: they will not take place, and that is said.

An import cancels a target and knows nothing of appointments. Whatever still stands for a target that is not planned
any more is cancelled here, with its event; one that has begun goes on, since somebody is there.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from imports.appointments import clear_appointments, locked_targets
from imports.models import Target, TargetStatus
from routing.planning.events import APPOINTMENT_CANCELLED
from routing.planning.facts import appointment_facts
from routing.planning.models import Appointment, AppointmentStatus
from routing.planning.telling import emit_by_source
from webhooks.events.outbox import Fact

# Appointments that one transaction cancels: it holds their targets locked, and imports wait for them.
BATCH = 200
# What may be cancelled behind the back of the employee.
WAITING = (AppointmentStatus.SCHEDULED, AppointmentStatus.PROBLEM_REPORTED)
# A target in these states has no appointment that waits: it was cancelled, and perhaps opened again.
WITHOUT_APPOINTMENT = (TargetStatus.CANCELLED, TargetStatus.OPEN)


def cancel_orphaned(*, now: datetime) -> int:
    """Cancel the appointments of cancelled targets, at most `BATCH` of them; called again and again.

    Returns:
        How many were cancelled.
    """
    found = list(
        Appointment.objects.filter(status__in=WAITING, target__status__in=WITHOUT_APPOINTMENT)
        .order_by("pk")
        .values_list("tenant_id", "target_id")[:BATCH]
    )
    cancelled = 0
    for tenant_id in sorted({tenant_id for tenant_id, _target in found}):
        ids = [target_id for owner, target_id in found if owner == tenant_id]
        with transaction.atomic():
            cancelled += cancel_orphans_of(locked_targets(ids, tenant_id=tenant_id), now=now)
    return cancelled


def cancel_orphans_of(targets: Iterable[Target], *, now: datetime) -> int:
    """Cancel what stands for locked targets that have no appointment any more. A transaction must be open.

    Returns:
        How many were cancelled.
    """
    orphaned = {target.pk: target for target in targets if target.status in WITHOUT_APPOINTMENT}
    if not orphaned:
        return 0
    rows = list(
        Appointment.objects.filter(target__in=list(orphaned), status__in=WAITING)
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    if not rows:
        return 0
    _cancel(rows, now)
    clear_appointments(
        [row.target_id for row in rows],
        tenant_id=rows[0].tenant_id,
        instead_of=WITHOUT_APPOINTMENT,
        now=now,
    )
    facts = appointment_facts(rows, targets=[orphaned[row.target_id] for row in rows])
    told = [
        (orphaned[row.target_id].source_system, Fact(APPOINTMENT_CANCELLED, facts[row.pk])) for row in rows
    ]
    emit_by_source(told, tenant_id=rows[0].tenant_id, now=now)
    return len(rows)


def _cancel(rows: Iterable[Appointment], now: datetime) -> None:
    changes = {
        "status": AppointmentStatus.CANCELLED,
        "cancelled_at": now,
        "cancel_reason": _("The source system cancelled the target."),
        "updated_at": now,
    }
    rows = list(rows)
    Appointment.objects.filter(pk__in=[row.pk for row in rows]).update(**changes)
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
