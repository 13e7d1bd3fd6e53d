"""What visits know of a target's life: reports begun, handed in, sent back, approved, and what followed.

A report keeps its last decision only; the events keep every one, with who made it.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from imports.life import Entry
from imports.models import Target
from routing.visits.events import (
    FOLLOW_UP_CREATED,
    REPORT_APPROVED,
    REPORT_CREATED,
    REPORT_REJECTED,
    REPORT_SUBMITTED,
)
from routing.visits.models import Result, VisitReport
from webhooks.events.models import Event

# Of a target's events, the newest: nobody reads on.
MOST = 100

_STEPS = (REPORT_CREATED, REPORT_SUBMITTED, REPORT_REJECTED, REPORT_APPROVED)


def life_of(request: HttpRequest, target: Target) -> list[Entry]:
    """For the page of the target: four statements."""
    rows = VisitReport.objects.filter(target=target).select_related("employee", "follow_up_target")
    reports = {row.pk: row for row in rows}
    is_linked = request.user.has_perm("visits.view_visitreport")
    return [*_reported(target, reports, is_linked=is_linked), *_follow_ups(target, request, reports)]


def _reported(target: Target, reports: dict[int, VisitReport], *, is_linked: bool) -> Iterator[Entry]:
    if not reports:
        return
    events = Event.objects.filter(tenant_id=target.tenant_id, facts__target__id=target.pk, type__in=_STEPS)
    for event in reversed(events.order_by("-pk")[:MOST]):
        report = reports.get(event.facts["visitReport"]["id"])
        if report is not None:
            yield _step(event, report, _link(report) if is_linked else "")


def _link(report: VisitReport) -> str:
    return reverse("admin:visits_visitreport_change", args=[report.pk])


def _step(event: Event, report: VisitReport, link: str) -> Entry:
    told, decision = event.facts["visitReport"], event.facts.get("decision", {})
    who = decision.get("by", {}).get("name", "")
    if event.type == REPORT_REJECTED:
        reason = decision.get("reason", "")
        return Entry(event.occurred_at, "undo", _("Report sent back"), who, reason, link)
    if event.type == REPORT_APPROVED:
        return Entry(event.occurred_at, "verified", _("Report approved"), who, link=link)
    employee = str(report.employee)
    if event.type == REPORT_SUBMITTED:
        text = _("Report handed in: %(result)s") % {"result": _result(told)}
        return Entry(event.occurred_at, "assignment_turned_in", text, employee, told.get("text") or "", link)
    return Entry(event.occurred_at, "edit_note", _("Report begun"), employee, link=link)


def _result(told: dict[str, Any]) -> str:
    result = told.get("result") or ""
    return str(Result(result).label) if result in Result.values else "–"


def _follow_ups(target: Target, request: HttpRequest, reports: dict[int, VisitReport]) -> Iterator[Entry]:
    """What a report of this target led to, and which target this one follows."""
    sees_targets = request.user.has_perm("imports.view_target")
    for report in reports.values():
        if report.follow_up_target and report.decided_at:
            link = _target_link(report.follow_up_target_id) if sees_targets else ""
            text = _("Follow-up made: %(job)s") % {"job": report.follow_up_target.external_id}
            yield Entry(report.decided_at, "add_task", text, "", report.follow_up_target.title, link)
    rows = Event.objects.filter(
        tenant_id=target.tenant_id, facts__target__id=target.pk, type=FOLLOW_UP_CREATED
    )
    for event in rows.order_by("pk")[:1]:
        first = event.facts["followUpOf"]
        link = _target_link(first["id"]) if sees_targets else ""
        text = _("Made as the follow-up of %(title)s") % {"title": first["title"]}
        yield Entry(event.occurred_at, "add_task", text, link=link)


def _target_link(target_id: int | None) -> str:
    return reverse("admin:imports_target_change", args=[target_id])
