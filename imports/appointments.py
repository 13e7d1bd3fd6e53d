"""What field work makes of a target: the app that plans and visits writes it here, and never reaches in otherwise.

A target shows its appointment and its status; both change only where the target is in a state that allows it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from imports.facts import linked_facts, target_facts
from imports.models import Target, TargetStatus
from imports.targets import COLUMNS, TargetState, content_hash
from ordinavo_connect.api.statements import prepared_cursor

# How often a free external ID is looked for before somebody else's luck is believed to be a bug.
FOLLOW_UP_TRIES = 20


class NoFollowUp(Exception):
    """No free external ID was found for a follow-up."""


def locked_targets(ids: Iterable[int], *, tenant_id: int) -> list[Target]:
    """Targets of a tenant, locked in the order of their ids, as imports lock the same rows: in one order.

    Those that are not there are left out. A transaction must be open.
    """
    rows: QuerySet[Target] = Target.objects.filter(tenant_id=tenant_id, pk__in=set(ids))
    return list(
        rows.select_related("customer", "location", "contact", "tenant")
        .order_by("source_system", "external_id")
        .select_for_update(of=("self",))
    )


def show_appointment(
    target_id: int,
    *,
    tenant_id: int,
    status: TargetStatus,
    appointment: dict[str, Any] | None,
    instead_of: Iterable[TargetStatus],
    now: datetime,
) -> bool:
    """Write what became of a target; False where it is in none of the states that it may come from.

    Args:
        appointment: {"appointmentId", "status", "employeeId", "startAtUtc", "endAtUtc"}; None: it has none.
    """
    return bool(
        Target.objects.filter(tenant_id=tenant_id, pk=target_id, status__in=list(instead_of)).update(
            status=status, appointment=appointment, updated_at=now
        )
    )


def show_appointments(
    shown: Mapping[int, dict[str, Any]],
    *,
    tenant_id: int,
    status: TargetStatus,
    instead_of: Iterable[TargetStatus],
    now: datetime,
) -> set[int]:
    """As `show_appointment`, for many targets in one statement.

    Args:
        shown: by target id.

    Returns:
        The ids of those that were in a state that allows it.
    """
    rows = [{"id": target_id, "appointment": appointment} for target_id, appointment in shown.items()]
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            UPDATE imports_target t SET status = %s, appointment = u.appointment, updated_at = %s
            FROM json_to_recordset(%s::json) AS u(id bigint, appointment jsonb)
            WHERE t.id = u.id AND t.tenant_id = %s AND t.status = ANY(%s::text[])
            RETURNING t.id
            """,
            [status, now, orjson.dumps(rows).decode(), tenant_id, [str(each) for each in instead_of]],
        )
        return {target_id for (target_id,) in cursor.fetchall()}


def clear_appointments(
    ids: Iterable[int], *, tenant_id: int, instead_of: Iterable[TargetStatus], now: datetime
) -> None:
    """Targets whose status stands show no appointment any more: it was cancelled after they were."""
    Target.objects.filter(tenant_id=tenant_id, pk__in=set(ids), status__in=list(instead_of)).update(
        appointment=None, updated_at=now
    )


def facts_of_targets(targets: Iterable[Target]) -> dict[int, dict[str, Any]]:
    """The facts that an event tells of each target: `customer`, `location`, `contact`, `target`, by target id.

    The targets are of one tenant. Two statements at most.
    """
    states = {target.pk: (_state(target), target.source_system) for target in targets}
    if not states:
        return {}
    tenant_id = next(iter(targets)).tenant_id
    linked = linked_facts((state.links for state, _ in states.values()), tenant_id=tenant_id)
    return {
        target_id: target_facts(state, linked, source_system=source_system)
        for target_id, (state, source_system) in states.items()
    }


def _state(target: Target) -> TargetState:
    return TargetState(
        external_id=target.external_id,
        id=target.pk,
        status=target.status,
        values={name: getattr(target, name) for name in COLUMNS},
        links={
            "customer": target.customer_id,
            "location": target.location_id,
            "contact": target.contact_id,
        },
        keys={
            entity: key
            for entity in ("customer", "location", "contact")
            if (key := getattr(target, f"{entity}_key"))
        },
        mapping=target.mapping,
    )


def create_follow_up(
    target: Target, *, title: str, description: str, wish_date: date | None, now: datetime
) -> Target:
    """Another target for the same customer, location and contact, of the same source system.

    Its external ID is that of the first with `-F1`, `-F2`, …, so that whoever sent the first can read it too.

    Raises:
        NoFollowUp: no such ID is free.
    """
    for number in range(1, FOLLOW_UP_TRIES + 1):
        follow_up = _follow_up(target, number, title, description, wish_date, now)
        try:
            with transaction.atomic():
                follow_up.save(force_insert=True)
        except IntegrityError:
            continue
        return follow_up
    raise NoFollowUp(target.external_id)


def _follow_up(
    target: Target, number: int, title: str, description: str, wish_date: date | None, now: datetime
) -> Target:
    suffix = f"-F{number}"
    follow_up = Target(
        tenant_id=target.tenant_id,
        source_system=target.source_system,
        external_id=target.external_id[: 128 - len(suffix)] + suffix,
        title=title,
        description=description,
        external_type=target.external_type,
        template_key=target.template_key,
        priority=target.priority,
        due_date=wish_date,
        route_date=wish_date,
        required_skills=target.required_skills,
        custom_fields=target.custom_fields,
        customer_id=target.customer_id,
        location_id=target.location_id,
        contact_id=target.contact_id,
        latitude=target.latitude,
        longitude=target.longitude,
        client_id=target.client_id,
        context=target.context,
        mapping=target.mapping,
        mapping_status=target.mapping_status,
        customer_key=target.customer_key,
        location_key=target.location_key,
        contact_key=target.contact_key,
        created_at=now,
        updated_at=now,
    )
    follow_up.content_hash = content_hash({name: getattr(follow_up, name) for name in COLUMNS})
    return follow_up
