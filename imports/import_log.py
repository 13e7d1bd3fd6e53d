"""The import log: what was received, what came of it and why."""

import orjson

from imports.contract import stored_copy
from imports.results import Result, Scope
from ordinavo_connect.api.statements import prepared_cursor


def log_items(results: list[Result], scope: Scope) -> None:
    """Write the items of the import log: one statement."""
    rows = []
    for result in results:
        result.target_id = result.state.id if result.state else None
        rows.append(
            {
                "index": result.item.index,
                "external_id": result.item.external_id,
                "operation": result.item.operation,
                "status": result.status,
                "target_id": result.target_id,
                "received": orjson.Fragment(stored_copy(result.item.raw)),
                "mapping": result.mapping,
                "mapping_status": (result.mapping or {}).get("status") or "",
                "warnings": result.warnings,
                "warning_codes": sorted({warning["code"] for warning in result.all_warnings}),
                "error_code": result.error_code,
                "error_message": result.error_message,
                "details": [error.as_json() for error in result.details],
                "changes": result.changes,
                "content_hash": result.content_hash,
            }
        )
    columns = ", ".join(rows[0])
    columns = columns.replace("index", '"index"')
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO imports_importitem (tenant_id, job_id, {columns})
            SELECT %s, %s, {columns} FROM json_populate_recordset(NULL::imports_importitem, %s::json)
            RETURNING id, "index"
            """,
            [scope.tenant_id, scope.job_id, orjson.dumps(rows).decode()],
        )
        ids = {index: item_id for item_id, index in cursor.fetchall()}
    for result in results:
        result.item_id = ids[result.item.index]
