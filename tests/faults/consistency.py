"""What must hold in the database of a tenant after any fault: each query finds what contradicts itself."""

from tests.faults.served_product import ServedProduct

_OF_TENANT = "tenant_id = (SELECT id FROM clients_tenant WHERE slug = %(tenant)s)"

_CONTRADICTIONS = {
    "a job that never ended": f"""
        SELECT id, status FROM imports_importjob WHERE {_OF_TENANT}
        AND (status NOT IN ('Completed', 'PartiallyFailed', 'Failed') OR completed_at IS NULL)""",
    "a job whose counts are not those of its items": f"""
        SELECT j.id, j.total_items, count(i.id) FROM imports_importjob j
        LEFT JOIN imports_importitem i ON i.job_id = j.id WHERE j.{_OF_TENANT} GROUP BY j.id
        HAVING (j.total_items, j.processed_items, j.created_items, j.updated_items, j.unchanged_items,
                j.cancelled_items, j.rejected_items)
            <> (count(i.id), count(i.id), count(i.id) FILTER (WHERE i.status = 'Imported'),
                count(i.id) FILTER (WHERE i.status = 'Updated'),
                count(i.id) FILTER (WHERE i.status = 'Unchanged'),
                count(i.id) FILTER (WHERE i.status = 'Cancelled'),
                count(i.id) FILTER (WHERE i.status = 'Rejected'))""",
    "a job not told of once": f"""
        SELECT j.id, count(e.id) FROM imports_importjob j LEFT JOIN events_event e
            ON e.{_OF_TENANT} AND e.type = 'import_job.completed'
            AND e.facts->'importJob'->>'id' = j.id::text
        WHERE j.{_OF_TENANT} GROUP BY j.id HAVING count(e.id) <> 1""",
    "an event of no job": f"""
        SELECT e.id, e.type FROM events_event e WHERE e.{_OF_TENANT} AND e.facts ? 'importJob'
        AND NOT EXISTS (SELECT FROM imports_importjob j WHERE j.id::text = e.facts->'importJob'->>'id')""",
    "an item not told of as often as something happened": f"""
        SELECT i.job_id, i.index, i.status, e.count FROM imports_importitem i
        LEFT JOIN (SELECT facts->'importJob'->>'id' AS job, facts->'importJob'->>'itemIndex' AS index,
                          count(*) FROM events_event
                   WHERE {_OF_TENANT} AND type LIKE 'target.%%' GROUP BY 1, 2) e
            ON e.job = i.job_id::text AND e.index = i.index::text
        WHERE i.{_OF_TENANT} AND coalesce(e.count, 0) <> (i.status <> 'Unchanged')::int""",
    "a target not imported once": f"""
        SELECT t.external_id, count(i.id) FROM imports_target t
        LEFT JOIN imports_importitem i ON i.target_id = t.id AND i.status = 'Imported'
        WHERE t.{_OF_TENANT} GROUP BY t.id HAVING count(i.id) <> 1""",
    "an item of no target": f"""
        SELECT i.job_id, i.index FROM imports_importitem i LEFT JOIN imports_target t ON t.id = i.target_id
        WHERE i.{_OF_TENANT} AND i.status <> 'Rejected' AND t.id IS NULL""",
    "a record that nothing leads to": " UNION ALL ".join(
        f"""
        SELECT '{entity}', x.id FROM customers_{entity} x WHERE x.{_OF_TENANT} AND NOT EXISTS
            (SELECT FROM customers_externalreference r WHERE r.{entity}_id = x.id)"""
        for entity in ("customer", "location", "contact")
    ),
    "a record twice": f"""
        SELECT 'customer', name, count(*) FROM customers_customer WHERE {_OF_TENANT}
        GROUP BY name HAVING count(*) > 1
        UNION ALL SELECT 'location', name, count(*) FROM customers_location WHERE {_OF_TENANT}
        GROUP BY name HAVING count(*) > 1
        UNION ALL SELECT 'contact', display_name, count(*) FROM customers_contact WHERE {_OF_TENANT}
        GROUP BY display_name HAVING count(*) > 1""",
    "a question that is answered already": """
        SELECT v.id, v.external_id FROM customers_mappingreview v JOIN customers_externalreference r
            USING (tenant_id, source_system, entity_type, key_kind, external_id)
        WHERE tenant_id = (SELECT id FROM clients_tenant WHERE slug = %(tenant)s)
            AND v.status = 'open' AND v.kind = 'NotFound'""",
    "a target that says it is not linked where a reference leads on": f"""
        SELECT t.external_id, t.customer_key FROM imports_target t JOIN customers_externalreference r
            ON r.tenant_id = t.tenant_id AND r.source_system = t.source_system
            AND r.entity_type = 'customer' AND r.key_kind || ':' || r.external_id = t.customer_key
        WHERE t.{_OF_TENANT} AND t.customer_id IS DISTINCT FROM r.customer_id""",
    "a kept answer of no job": f"""
        SELECT k.id, k.location FROM idempotency_record k JOIN clients_integrationclient c
            ON c.id = k.client_id AND c.{_OF_TENANT}
        WHERE NOT EXISTS (SELECT FROM imports_importjob j WHERE k.location LIKE '%%/import-jobs/' || j.id)""",
}


def contradictions(product: ServedProduct, tenant: str) -> dict[str, list[tuple[object, ...]]]:
    """What contradicts itself, by what it is: some rows of each. Names of records must be unique in the test."""
    found = {
        what: product.rows(query.replace("%(tenant)s", f"'{tenant}'").replace("%%", "%") + " LIMIT 5")
        for what, query in _CONTRADICTIONS.items()
    }
    return {what: rows for what, rows in found.items() if rows}


def count(product: ServedProduct, table: str, tenant: str, condition: str = "true") -> int:
    where = _OF_TENANT.replace("%(tenant)s", f"'{tenant}'")
    return product.number(f"SELECT count(*) FROM {table} WHERE {where} AND {condition}")
