"""The endpoints of visit reports."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.paging import listed, page
from ordinavo_connect.api.query import QueryParameters
from ordinavo_connect.clients.caller import Caller
from ordinavo_connect.clients.caller_view import CallerView
from ordinavo_connect.clients.scopes import CUSTOMERS_READ, VISIT_REPORTS_READ
from routing.visits import documentation, presentation
from routing.visits.models import Attachment, ReportStatus, VisitReport


class VisitReportsView(CallerView):
    """Reports of visits to the caller's targets, newest first."""

    scopes = {"GET": VISIT_REPORTS_READ}
    documentation = {"GET": documentation.LIST_VISIT_REPORTS}

    def get(self, request: Request) -> Response:
        params = QueryParameters(request)
        filters = {
            "status": params.choice("status", ReportStatus.values),
            "created_at__gt": params.moment("createdAfter"),
        }
        given = {name: value for name, value in filters.items() if value is not None}
        if (external_id := params.text("externalId")) is not None:
            given |= _of_target(self.caller, external_id)
        rows, cursor = page(_reports(self.caller).filter(**given), params, order=("-id",))
        return Response(listed(_shown(rows, request, self.caller), cursor))


class VisitReportView(CallerView):
    """One report."""

    scopes = {"GET": VISIT_REPORTS_READ}
    documentation = {"GET": documentation.GET_VISIT_REPORT}

    def get(self, request: Request, report_id: int) -> Response:
        row = _reports(self.caller).filter(pk=report_id).first()
        if row is None:
            raise ApiError("not_found")
        return Response(_shown([row], request, self.caller)[0])


def _of_target(caller: Caller, external_id: str) -> dict[str, Any]:
    """With tenant and source system, the target is found by the index of its external ID."""
    return {
        "target__tenant_id": caller.tenant_id,
        "target__source_system": caller.source_system,
        "target__external_id": external_id,
    }


def _reports(caller: Caller) -> QuerySet[VisitReport]:
    without_content = Attachment.objects.defer("content")
    return (
        VisitReport.objects.filter(tenant_id=caller.tenant_id, source_system=caller.source_system)
        .select_related("target__customer", "target__location", "target__tenant")
        .prefetch_related(Prefetch("attachments", without_content))
    )


def _shown(rows: list[VisitReport], request: Request, caller: Caller) -> list[dict[str, Any]]:
    external_ids = presentation.external_ids_of(
        (row.target for row in rows), tenant_id=caller.tenant_id, source_system=caller.source_system
    )
    with_ids = caller.has_scope(CUSTOMERS_READ)
    return [
        presentation.report(row, external_ids, absolute=request.build_absolute_uri, with_ids=with_ids)
        for row in rows
    ]
