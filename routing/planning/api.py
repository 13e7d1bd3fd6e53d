"""The endpoints of planning: thin, each calls one function that does the work."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.answered_once import Answer, answered_once
from ordinavo_connect.api.errors import ApiError, FieldError
from ordinavo_connect.api.field_errors import parsed
from ordinavo_connect.api.paging import listed, page
from ordinavo_connect.api.query import QueryParameters
from ordinavo_connect.clients.caller import Caller
from ordinavo_connect.clients.caller_view import CallerView
from routing.planning import documentation, presentation
from routing.planning.contract import RouteSuggestionIn
from routing.planning.models import Employee, RouteSuggestion
from routing.planning.requests import (
    NotPlannable,
    Selection,
    UnknownEmployees,
    UnknownImportJob,
    UnknownTargets,
    request_suggestion,
)

ACCEPTED = 202

ROUTE_SUGGESTIONS_CREATE = "route_suggestions.create"
ROUTE_SUGGESTIONS_READ = "route_suggestions.read"


class RouteSuggestionsView(CallerView):
    """Ask for a route suggestion."""

    scopes = {"POST": ROUTE_SUGGESTIONS_CREATE}
    documentation = {"POST": documentation.CREATE_ROUTE_SUGGESTION}

    def post(self, request: Request) -> Response:
        asked = parsed(RouteSuggestionIn, request.data)

        def work() -> Answer:
            body = presentation.requested(_requested(asked, self.caller))
            return Answer(body, status=ACCEPTED, location=body["links"]["self"])

        return answered_once(request, work, client_id=self.caller.id)


class RouteSuggestionView(CallerView):
    """One route suggestion of the caller's source system."""

    scopes = {"GET": ROUTE_SUGGESTIONS_READ}
    documentation = {"GET": documentation.GET_ROUTE_SUGGESTION}

    def get(self, request: Request, suggestion_id: int) -> Response:
        row = _suggestions(self.caller).filter(pk=suggestion_id).first()
        if row is None:
            raise ApiError("not_found")
        return Response(presentation.suggestion(row))


class EmployeesView(CallerView):
    """The employees who can be planned."""

    scopes = {"GET": ROUTE_SUGGESTIONS_READ}
    documentation = {"GET": documentation.LIST_EMPLOYEES}

    def get(self, request: Request) -> Response:
        employees = Employee.objects.filter(tenant_id=self.caller.tenant_id, is_active=True)
        rows, cursor = page(employees, QueryParameters(request), order=("id",))
        return Response(listed([presentation.employee(row) for row in rows], cursor))


def _suggestions(caller: Caller) -> QuerySet[RouteSuggestion]:
    return RouteSuggestion.objects.filter(tenant_id=caller.tenant_id, source_system=caller.source_system)


def _requested(asked: RouteSuggestionIn, caller: Caller) -> RouteSuggestion:
    """The suggestion that was asked for, or why not, as HTTP tells it."""
    selection = Selection(asked.import_job_id, asked.target_ids, asked.date)
    try:
        return request_suggestion(
            caller.tenant, selection=selection, client=caller.client, now=timezone.now(), **asked.options()
        )
    except UnknownEmployees as unknown:
        raise _invalid(
            FieldError(f"employeeIds[{index}]", "unknown_employee", "No active employee has this id.")
            for index in unknown.indexes
        ) from None
    except UnknownTargets as unknown:
        details = [
            FieldError(f"targetIds[{index}]", "target_not_found", f"There is no target {target_id}.")
            for index, target_id in unknown.ids
        ]
        raise ApiError("target_not_found", details=details) from None
    except UnknownImportJob:
        raise ApiError("not_found", "The import job is not known.") from None
    except NotPlannable as reason:
        field = "date" if asked.import_job_id is None else "importJobId"
        raise _invalid([FieldError(field, reason.code, reason.message)]) from None


def _invalid(details: Any) -> ApiError:
    return ApiError("validation_failed", details=details)
