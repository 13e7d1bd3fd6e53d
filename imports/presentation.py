"""Import jobs, items and targets as the API shows them (API contract, Shapes)."""

from datetime import UTC, datetime
from typing import Any

from customers.matching.decision import Verdict
from imports import mapping
from imports.jobs import Outcome
from imports.models import ImportItem, ImportJob, Target
from imports.results import Result

BASE = "/api/connect/v1"


def moment(value: datetime | None) -> str | None:
    """A time in UTC, to the second where it has no fraction, with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def job_links(job_id: int) -> dict[str, str]:
    return {"self": f"{BASE}/import-jobs/{job_id}", "items": f"{BASE}/import-jobs/{job_id}/items"}


def answer(outcome: Outcome, *, with_ids: bool) -> dict[str, Any]:
    """The answer to an import.

    Args:
        with_ids: whether the caller has `customers.read`.
    """
    counts, order = outcome.counts, outcome.order
    return {
        "importJobId": outcome.job_id,
        # What went through was accepted; the job itself says `Completed` from then on.
        "status": "Accepted" if outcome.status == "Completed" else outcome.status,
        "batchId": order.batch_id or None,
        "sourceSystem": outcome.source_system,
        "totalItems": len(outcome.results),
        "processedItems": len(outcome.results),
        "createdItems": counts["Imported"],
        "updatedItems": counts["Updated"],
        "unchangedItems": counts["Unchanged"],
        "cancelledItems": counts["Cancelled"],
        "rejectedItems": counts["Rejected"],
        "warningItems": outcome.warning_items,
        "warnings": order.warnings,
        "correlationId": outcome.correlation_id or None,
        "createdAtUtc": moment(outcome.created_at),
        "completedAtUtc": moment(outcome.completed_at),
        "links": {"self": None, "items": None} if outcome.job_id is None else job_links(outcome.job_id),
        "items": [
            _tried_item(result, with_ids=with_ids, explains=order.explains)
            if order.is_dry_run
            else _result_item(result, result.mapping, with_ids=with_ids, explains=order.explains)
            for result in outcome.results
        ],
    }


def _result_item(
    result: Result, kept: dict[str, Any] | None, *, with_ids: bool, explains: bool
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "itemId": result.item_id,
        "index": result.item.index,
        "externalId": result.item.external_id or None,
        "operation": result.item.operation,
        "status": result.status,
        "targetId": result.target_id,
        "warnings": result.warnings,
        "errorCode": result.error_code or None,
        "errorMessage": result.error_message or None,
        "details": [error.as_json() for error in result.details],
        "contentHash": result.content_hash or None,
    }
    shown = mapping.for_api(kept, with_ids=with_ids, explanations=result.explanations if explains else None)
    if shown is not None or result.item.has_context:
        item["customerMapping"] = shown
    return item


def _tried_item(result: Result, *, with_ids: bool, explains: bool) -> dict[str, Any]:
    """An item of a dry run: what would be done. What would be new has no id."""
    kept = result.mapping
    verdicts = list(result.decision) if result.decision else []
    if kept is not None:
        kept = kept | {
            v.entity: kept[v.entity] | {"id": _lasting_id(v)} for v in verdicts if v.entity in kept
        }
    item = _result_item(result, kept, with_ids=with_ids, explains=explains)
    is_new = result.state is None or not result.state.exists
    return item | {
        "itemId": None,
        "targetId": None if is_new else result.target_id,
        "preview": {
            "changedFields": None if result.changes is None else sorted(result.changes),
            "creates": [v.entity for v in verdicts if v.creates and result.status != "Rejected"],
            "updates": [v.entity for v in verdicts if v.updates and result.status != "Rejected"],
            "links": [v.entity for v in verdicts if v.record is not None and result.status != "Rejected"],
            "reviews": [{"entity": v.entity, "kind": v.kind} for v in verdicts if v.asks],
        },
    }


def _lasting_id(verdict: Verdict) -> int | None:
    return None if verdict.record is None or verdict.record.is_new else verdict.record.id


def without_ids(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer that was kept, for a caller without `customers.read`."""
    for item in answer["items"]:
        if kept := item.get("customerMapping"):
            item["customerMapping"] = {"status": kept["status"], "warnings": kept["warnings"]}
    return answer


def job(row: ImportJob) -> dict[str, Any]:
    return {
        "importJobId": row.pk,
        "status": row.status,
        "batchId": row.batch_id or None,
        "sourceSystem": row.source_system,
        "totalItems": row.total_items,
        "processedItems": row.processed_items,
        "createdItems": row.created_items,
        "updatedItems": row.updated_items,
        "unchangedItems": row.unchanged_items,
        "cancelledItems": row.cancelled_items,
        "rejectedItems": row.rejected_items,
        "warningItems": row.warning_items,
        "warnings": row.warnings,
        "correlationId": row.correlation_id or None,
        "createdAtUtc": moment(row.created_at),
        "completedAtUtc": moment(row.completed_at),
        "links": job_links(row.pk),
    }


def item(row: ImportItem, *, with_ids: bool) -> dict[str, Any]:
    return {
        "itemId": row.pk,
        "index": row.index,
        "externalId": row.external_id or None,
        "operation": row.operation or None,
        "status": row.status,
        "targetId": row.target_id,
        "customerMapping": mapping.for_api(row.mapping, with_ids=with_ids),
        "warnings": row.warnings,
        "errorCode": row.error_code or None,
        "errorMessage": row.error_message or None,
        "details": row.details,
        "contentHash": row.content_hash or None,
    }


def target(row: Target, *, with_ids: bool) -> dict[str, Any]:
    """A target in its present state. Its location and tenant should be loaded: their defaults fill what is blank."""
    return {
        "targetId": row.pk,
        "externalId": row.external_id,
        "sourceSystem": row.source_system,
        "status": row.status,
        "title": row.title,
        "description": row.description or None,
        "externalType": row.external_type or None,
        "templateKey": row.template_key or None,
        "planning": {
            "priority": row.effective_priority,
            "estimatedWorkMinutes": row.effective_work_minutes,
            "dueDate": row.due_date.isoformat() if row.due_date else None,
            "dueAtUtc": moment(row.due_at),
            "routeDate": row.route_date.isoformat() if row.route_date else None,
            "preferredTimeWindowStart": moment(row.window_start),
            "preferredTimeWindowEnd": moment(row.window_end),
            "fixedTime": row.fixed_time,
        },
        "businessValue": {
            "expectedRevenue": row.expected_revenue,
            "customerTier": row.customer_tier or None,
            "closeProbability": row.close_probability,
        },
        "requiredSkills": row.required_skills,
        "customFields": row.custom_fields,
        "sourceUpdatedAt": moment(row.source_updated_at),
        "customerMapping": mapping.for_api(row.mapping, with_ids=with_ids),
        "appointment": row.appointment,
        "contentHash": row.content_hash,
        "updatedAtUtc": moment(row.updated_at),
    }
