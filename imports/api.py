"""The endpoints of imports: thin, each calls one function that does the work."""

import dataclasses
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from imports import documentation, presentation
from imports.contract import (
    CONTEXT,
    items_name,
    parse_envelope,
    unknown_fields,
    unknown_in_batch,
)
from imports.jobs import Order, Outcome, import_targets, retried
from imports.models import ImportItem, ImportJob, ItemStatus, JobStatus, MappingStatus, Target, TargetStatus
from ordinavo_connect.api import idempotency
from ordinavo_connect.api.errors import ApiError, FieldError
from ordinavo_connect.api.json import body_of, dumps, loads
from ordinavo_connect.api.paging import listed, page
from ordinavo_connect.api.query import QueryParameters
from ordinavo_connect.api.views import require_scope
from ordinavo_connect.clients.caller import Caller
from ordinavo_connect.clients.caller_view import CallerView
from ordinavo_connect.clients.scopes import (
    CUSTOMERS_MAP,
    CUSTOMERS_READ,
    IMPORT_JOBS_READ,
    TARGETS_BATCH_WRITE,
    TARGETS_WRITE,
)

ACCEPTED = 202


class TargetsView(CallerView):
    """Import one target; list the targets of the caller's source system."""

    scopes = {"GET": IMPORT_JOBS_READ, "POST": TARGETS_WRITE}
    documentation = {"GET": documentation.LIST_TARGETS, "POST": documentation.IMPORT_TARGET}

    def post(self, request: Request) -> Response:
        raw = body_of(request)
        _require_mapping_scope([raw], self.caller)
        found: dict[str, None] = {}
        unknown_fields(raw, found)
        is_dry_run, explains = _flags(request, self.caller)
        order = Order([raw], is_dry_run=is_dry_run, explains=explains, warnings=_unknown(found))
        return _imported(order, request, self.caller)

    def get(self, request: Request) -> Response:
        params = QueryParameters(request)
        filters = {
            "external_id": params.text("externalId"),
            "status": params.choice("status", TargetStatus.values),
            "updated_at__gt": params.moment("updatedAfter"),
        }
        rows, cursor = page(_filtered(_targets(self.caller), filters), params, order=("updated_at", "id"))
        with_ids = self.caller.has_scope(CUSTOMERS_READ)
        return Response(listed([presentation.target(row, with_ids=with_ids) for row in rows], cursor))


class BatchView(CallerView):
    """Import many targets."""

    scopes = {"POST": TARGETS_BATCH_WRITE}
    documentation = {"POST": documentation.IMPORT_BATCH}

    def post(self, request: Request) -> Response:
        body, caller = body_of(request), self.caller
        if not isinstance(body, dict):
            raise ApiError(
                "validation_failed", details=[FieldError("", "invalid_type", "An object is expected.")]
            )
        raws = body.get(items_name(body))
        _require_mapping_scope(raws if isinstance(raws, list) else [], caller)
        envelope, raws, errors = parse_envelope(body, max_items=settings.MAX_BATCH_ITEMS)
        _require_own_source_system(body, caller)
        if envelope is None:
            raise ApiError("validation_failed", details=errors)
        is_dry_run, explains = _flags(request, caller)
        order = Order(
            raws,
            operation=envelope.operation,
            is_batch=True,
            batch_id=envelope.batch_id or "",
            is_atomic=bool(envelope.atomic),
            is_dry_run=is_dry_run,
            explains=explains,
            warnings=_unknown(unknown_in_batch(body)),
        )
        return _imported(order, request, self.caller)


class TargetView(CallerView):
    """A target's present state, by the external ID that its source system gave it."""

    scopes = {"GET": IMPORT_JOBS_READ}
    documentation = {"GET": documentation.GET_TARGET}

    def get(self, request: Request, external_id: str) -> Response:
        row = _targets(self.caller).filter(external_id=external_id).first()
        if row is None:
            raise ApiError("target_not_found")
        return Response(presentation.target(row, with_ids=self.caller.has_scope(CUSTOMERS_READ)))


class ImportJobsView(CallerView):
    """Import jobs of the caller's source system, newest first."""

    scopes = {"GET": IMPORT_JOBS_READ}
    documentation = {"GET": documentation.LIST_IMPORT_JOBS}

    def get(self, request: Request) -> Response:
        params = QueryParameters(request)
        filters = {
            "status": params.choice("status", JobStatus.values),
            "created_at__gt": params.moment("createdAfter"),
            "created_at__lt": params.moment("createdBefore"),
            "batch_id": params.text("batchId"),
        }
        jobs = _filtered(_jobs(self.caller), filters)
        if (external_id := params.text("externalId")) is not None:
            of_target = ImportItem.objects.filter(tenant_id=self.caller.tenant_id, external_id=external_id)
            jobs = jobs.filter(pk__in=of_target.values("job_id"))
        rows, cursor = page(jobs, params, order=("-created_at", "-id"))
        return Response(listed([presentation.job(row) for row in rows], cursor))


class ImportJobView(CallerView):
    """One import job."""

    scopes = {"GET": IMPORT_JOBS_READ}
    documentation = {"GET": documentation.GET_IMPORT_JOB}

    def get(self, request: Request, job_id: int) -> Response:
        return Response(presentation.job(_job(self.caller, job_id)))


class ImportItemsView(CallerView):
    """The items of an import job, in the order of the request."""

    scopes = {"GET": IMPORT_JOBS_READ}
    documentation = {"GET": documentation.LIST_IMPORT_ITEMS}

    def get(self, request: Request, job_id: int) -> Response:
        params = QueryParameters(request)
        filters = {
            "status": params.choice("status", ItemStatus.values),
            "mapping_status": params.choice("mappingStatus", MappingStatus.values),
        }
        code = params.text("warning")
        items = _filtered(ImportItem.objects.filter(job_id=_job(self.caller, job_id).pk), filters)
        if code is not None:
            items = items.filter(warning_codes__contains=[code])
        rows, cursor = page(items, params, order=("index",))
        with_ids = self.caller.has_scope(CUSTOMERS_READ)
        return Response(listed([presentation.item(row, with_ids=with_ids) for row in rows], cursor))


def _imported(order: Order, request: Request, caller: Caller) -> Response:
    """Import, once for each Idempotency-Key, and answer."""
    key = None if order.is_dry_run else idempotency.key_of(request)
    fingerprint = idempotency.fingerprint_of(request) if key else ""

    def work(attempt: int) -> Response | Outcome:
        with transaction.atomic():
            if key and (stored := idempotency.begin(client_id=caller.id, key=key, fingerprint=fingerprint)):
                return _replayed(stored, caller)
            outcome = import_targets(order, caller, attempt=attempt)
            if _is_refused(outcome):
                return outcome
            response = _response(outcome, caller)
            if key:
                idempotency.complete(
                    client_id=caller.id,
                    key=key,
                    fingerprint=fingerprint,
                    status=response.status_code,
                    body=response.data,
                    location=response.headers.get("Location", ""),
                )
            return response

    done = retried(work)
    if isinstance(done, Outcome):
        raise _refusal(done)
    return done


def _replayed(stored: idempotency.StoredAnswer, caller: Caller) -> Response:
    """The first answer; a narrower key of the client sees no more than it may."""
    if not caller.has_scope(CUSTOMERS_READ):
        body = dumps(presentation.without_ids(loads(stored.body)))
        stored = dataclasses.replace(stored, body=body)
    return idempotency.replay(stored)


def _is_refused(outcome: Outcome) -> bool:
    """A single import that was rejected answers with its error; the import log has it all the same."""
    order = outcome.order
    return not order.is_batch and not order.is_dry_run and outcome.results[0].status == "Rejected"


def _refusal(outcome: Outcome) -> ApiError:
    result = outcome.results[0]
    return ApiError(
        result.error_code, result.error_message, details=result.details, import_job_id=outcome.job_id
    )


def _response(outcome: Outcome, caller: Caller) -> Response:
    body = presentation.answer(outcome, with_ids=caller.has_scope(CUSTOMERS_READ))
    if outcome.job_id is None:
        return Response(body)
    return Response(body, status=ACCEPTED, headers={"Location": body["links"]["self"]})


def _require_mapping_scope(raws: list[Any], caller: Caller) -> None:
    """A payload that carries context needs `customers.map` besides the write scope; so does one that unlinks."""
    if any(isinstance(raw, dict) and any(name in raw for name in CONTEXT) for raw in raws):
        require_scope(caller, CUSTOMERS_MAP)


def _require_own_source_system(body: dict[str, Any], caller: Caller) -> None:
    named = body.get("sourceSystem")
    if isinstance(named, str) and named != caller.source_system:
        raise ApiError("source_system_not_allowed")


def _flags(request: Request, caller: Caller) -> tuple[bool, bool]:
    """Whether nothing is to be written, and whether the mapping is to be explained: a caller who may see it."""
    params = QueryParameters(request)
    is_dry_run, explains = params.boolean("dryRun"), params.boolean("explain")
    params.check()
    return is_dry_run, explains and caller.has_scope(CUSTOMERS_READ)


def _unknown(found: dict[str, None]) -> list[dict[str, str]]:
    message = "The field is not known and was ignored."
    return [
        {"code": "unknown_field", "entity": "request", "field": path, "message": message} for path in found
    ]


def _targets(caller: Caller) -> QuerySet[Target]:
    return Target.objects.filter(
        tenant_id=caller.tenant_id, source_system=caller.source_system
    ).select_related("location", "tenant")


def _jobs(caller: Caller) -> QuerySet[ImportJob]:
    return ImportJob.objects.filter(tenant_id=caller.tenant_id, source_system=caller.source_system)


def _job(caller: Caller, job_id: int) -> ImportJob:
    row = _jobs(caller).filter(pk=job_id).first()
    if row is None:
        raise ApiError("not_found")
    return row


def _filtered(rows: QuerySet[Any], filters: dict[str, Any]) -> QuerySet[Any]:
    """Filters that were given; None: not given."""
    return rows.filter(**{name: value for name, value in filters.items() if value is not None})
