"""What planning tells of appointments and routes: the facts of its events, and what a target shows of its own."""

from collections.abc import Iterable, Sequence
from typing import Any

from imports.appointments import facts_of_targets
from imports.models import Target
from imports.presentation import moment
from routing.planning.models import Appointment, RouteSuggestion


def shown_on_target(appointment: Appointment) -> dict[str, Any]:
    """What a target shows of its appointment (API contract, Shapes)."""
    return {
        "appointmentId": appointment.pk,
        "status": appointment.status,
        "employeeId": appointment.employee_id,
        "startAtUtc": moment(appointment.start_at),
        "endAtUtc": moment(appointment.end_at),
    }


def appointment_facts(
    appointments: Iterable[Appointment], *, targets: Iterable[Target] | None = None
) -> dict[int, dict[str, Any]]:
    """The facts that an event tells of each appointment, by its id: `customer`, `location`, `contact`, `target` and
    `appointment`, of appointments of one tenant. Three statements at most.

    Args:
        targets: theirs, where they are read already, in the state that the event tells of.
    """
    rows = list(appointments)
    if targets is None:
        targets = Target.objects.filter(pk__in={row.target_id for row in rows}).select_related(
            "customer", "location", "contact", "tenant"
        )
    told = facts_of_targets(list(targets))
    return {row.pk: {**told[row.target_id], "appointment": _appointment(row)} for row in rows}


def _appointment(appointment: Appointment) -> dict[str, Any]:
    shown = shown_on_target(appointment)
    return {"id": shown.pop("appointmentId"), **shown}


def problem_facts(appointment: Appointment) -> dict[str, Any]:
    """What was reported, as the events of problems tell it."""
    return {
        "code": appointment.problem_code,
        "reportedAtUtc": moment(appointment.problem_at),
        "summary": appointment.problem_text,
    }


def route_facts(
    suggestion: RouteSuggestion, appointments: Sequence[Appointment], facts: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    """One employee's day, its appointments in their order."""
    return {
        "routeSuggestionId": suggestion.pk,
        "date": suggestion.date.isoformat(),
        "employeeId": appointments[0].employee_id,
        "stops": [
            {
                "position": position,
                "targetId": row.target_id,
                "externalIds": facts[row.pk]["target"]["externalIds"],
                "appointmentId": row.pk,
                "startAtUtc": moment(row.start_at),
                "endAtUtc": moment(row.end_at),
            }
            for position, row in enumerate(appointments, start=1)
        ],
    }
