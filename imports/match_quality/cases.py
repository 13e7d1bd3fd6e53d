"""Past cases in which names were compared, with the scores that were kept then, and what staff decided of them.

Two places keep them: reviews, where staff was asked, and the import log, where a link was made or a record created
without. Bounded: the newest `SAMPLE` of each.
"""

from typing import Any

import orjson

from customers.matching.choice import Scored
from imports.mapping import ENTITIES
from imports.match_quality.judging import Case, Thresholds, Truth
from ordinavo_connect.api.statements import prepared_cursor
from ordinavo_connect.clients.models import IntegrationClient, Tenant

# At most so many reviews and so many items of the log are looked at, the newest: a page in less than a second.
SAMPLE = 5_000
# A reference: source system, entity, "id:CUST-1".
Ref = tuple[str, str, str]


def cases_of(tenant: Tenant, client: IntegrationClient | None = None) -> list[Case]:
    """The cases of a tenant, or of one of its clients: six statements, whatever their number."""
    clients = {row.pk: row for row in IntegrationClient.objects.filter(tenant=tenant)}
    only = client.pk if client else None
    found = _from_log(tenant.pk, only) | _from_reviews(tenant.pk, only)
    truths = _truths(tenant.pk, list(found))
    cases = [
        _case(ref, row, clients.get(row["client_id"]), truths.get(ref, Truth())) for ref, row in found.items()
    ]
    return [case for case in cases if case is not None]


def _from_log(tenant_id: int, client_id: int | None) -> dict[Ref, dict[str, Any]]:
    """Of each reference the newest item in whose mapping its name was compared."""
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.id, j.client_id, j.source_system, i.mapping
            FROM (
                SELECT id, job_id, mapping FROM imports_importitem
                WHERE tenant_id = %(tenant)s AND ({COMPARED})
                  AND (%(client)s::bigint IS NULL OR job_id IN (
                      SELECT id FROM imports_importjob WHERE tenant_id = %(tenant)s AND client_id = %(client)s
                  ))
                ORDER BY id DESC LIMIT %(sample)s
            ) i
            JOIN imports_importjob j ON j.id = i.job_id
            ORDER BY i.id DESC
            """,
            {"tenant": tenant_id, "client": client_id, "sample": SAMPLE},
        )
        rows = cursor.fetchall()
    found: dict[Ref, dict[str, Any]] = {}
    for item_id, client, source_system, kept in rows:
        mapping = orjson.loads(kept)
        for entity in ENTITIES:
            part = mapping.get(entity) or {}
            if part.get("explanation"):
                ref = (source_system, entity, part["key"])
                row = {"client_id": client, "explanation": part["explanation"], "place": ("item", item_id)}
                found.setdefault(ref, row | {"linked": _linked_by_name(part)})
    return found


# As the partial index says it (`import_item_compared`).
COMPARED = " OR ".join(f"((mapping -> '{entity}') ? 'explanation')" for entity in ENTITIES)


def _linked_by_name(part: dict[str, Any]) -> int | None:
    is_link = part.get("id") is not None and part.get("matchedBy") not in ("created", None)
    return part["id"] if is_link else None


def _from_reviews(tenant_id: int, client_id: int | None) -> dict[Ref, dict[str, Any]]:
    """Of each reference the newest question in which names were compared, decided or open."""
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            SELECT id, client_id, source_system, entity_type, key_kind || ':' || external_id, explanation
            FROM customers_mappingreview
            WHERE tenant_id = %(tenant)s AND (%(client)s::bigint IS NULL OR client_id = %(client)s)
              AND status NOT IN ('undone', 'superseded') AND explanation <> '{}'
            ORDER BY id DESC LIMIT %(sample)s
            """,
            {"tenant": tenant_id, "client": client_id, "sample": SAMPLE},
        )
        rows = cursor.fetchall()
    found: dict[Ref, dict[str, Any]] = {}
    for review_id, client, source_system, entity, key, kept in rows:
        ref = (source_system, entity, key)
        if ref not in found:
            explanation = orjson.loads(kept)
            place = ("review", review_id)
            found[ref] = {"client_id": client, "explanation": explanation, "place": place, "linked": None}
    return found


def _case(ref: Ref, row: dict[str, Any], client: IntegrationClient | None, truth: Truth) -> Case | None:
    """None: of the case no score was kept."""
    explanation = row["explanation"]
    candidates = explanation.get("candidates") or []
    if not candidates:
        return None
    vetoes = tuple(explanation.get("vetoes") or ())
    best, *others = candidates
    scored = (
        Scored(best["id"], best["score"], vetoes),
        *[Scored(each["id"], each["score"]) for each in others],
    )
    source_system, entity, key = ref
    return Case(
        entity=entity,
        source_system=source_system,
        key=key,
        client_id=row["client_id"],
        scored=scored,
        thresholds=thresholds_of(client) if client else _of_that_day(explanation.get("policy") or {}),
        linked=row["linked"],
        truth=truth,
        asks_unknown=client is not None and client.review_unknown and not _creates(client, entity),
        fields=explanation.get("fields") or [],
        place=row["place"],
    )


def thresholds_of(client: IntegrationClient) -> Thresholds:
    return Thresholds(float(client.link_threshold), float(client.review_threshold), float(client.margin))


def _of_that_day(policy: dict[str, Any]) -> Thresholds:
    return Thresholds(
        policy.get("linkThreshold", 1.0), policy.get("reviewThreshold", 0.0), policy.get("margin", 0.0)
    )


def _creates(client: IntegrationClient, entity: str) -> bool:
    return bool(getattr(client, f"auto_create_{entity}s"))


def _truths(tenant_id: int, refs: list[Ref]) -> dict[Ref, Truth]:
    """What staff said of references: a link by hand, a dismissal, or nothing. Three statements."""
    asked = orjson.dumps(refs)
    right = _linked_by_hand(tenant_id, asked)
    wrong = _dismissed(tenant_id, asked)
    none_of_them = _left_unlinked(tenant_id, asked)
    return {
        ref: Truth(
            decided=ref in right or ref in none_of_them,
            right=right.get(ref),
            wrong=frozenset(wrong.get(ref, ())) - {right.get(ref, 0)},
        )
        for ref in {*right, *wrong, *none_of_them}
    }


def _linked_by_hand(tenant_id: int, refs: bytes) -> dict[Ref, int]:
    rows = _rows(
        """
        SELECT asked.source_system, asked.entity, asked.key, coalesce(r.customer_id, r.location_id, r.contact_id)
        FROM asked JOIN customers_externalreference r
          ON r.tenant_id = %(tenant)s AND r.source_system = asked.source_system AND r.entity_type = asked.entity
         AND r.key_kind = asked.kind AND r.external_id = asked.value AND r.origin IN ('manual', 'entered')
        """,
        tenant_id,
        refs,
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _dismissed(tenant_id: int, refs: bytes) -> dict[Ref, set[int]]:
    rows = _rows(
        """
        SELECT asked.source_system, asked.entity, asked.key, d.record_id
        FROM asked JOIN customers_dismissal d
          ON d.tenant_id = %(tenant)s AND d.source_system = asked.source_system AND d.entity_type = asked.entity
         AND d.key_kind = asked.kind AND d.external_id = asked.value
        """,
        tenant_id,
        refs,
    )
    found: dict[Ref, set[int]] = {}
    for *ref, record_id in rows:
        found.setdefault((ref[0], ref[1], ref[2]), set()).add(record_id)
    return found


def _left_unlinked(tenant_id: int, refs: bytes) -> set[Ref]:
    """References of which staff said: none of those that there are."""
    rows = _rows(
        """
        SELECT asked.source_system, asked.entity, asked.key
        FROM asked CROSS JOIN LATERAL (
            SELECT r.status FROM customers_mappingreview r
            WHERE r.tenant_id = %(tenant)s AND r.source_system = asked.source_system
              AND r.entity_type = asked.entity AND r.key_kind = asked.kind AND r.external_id = asked.value
              AND r.status NOT IN ('open', 'undone', 'superseded')
            ORDER BY r.id DESC LIMIT 1
        ) last WHERE last.status = 'dismissed'
        """,
        tenant_id,
        refs,
    )
    return {(row[0], row[1], row[2]) for row in rows}


def _rows(statement: str, tenant_id: int, refs: bytes) -> list[Any]:
    """Rows about references, which the statement knows as `asked (source_system, entity, key, kind, value)`."""
    with prepared_cursor() as cursor:
        cursor.execute(_ASKED + statement, {"tenant": tenant_id, "refs": refs.decode()})
        return list(cursor.fetchall())


# One text for all: thousands of array elements take longer to write than the statement to run.
_ASKED = """
WITH asked AS (
    SELECT ref ->> 0 AS source_system, ref ->> 1 AS entity, ref ->> 2 AS key,
           split_part(ref ->> 2, ':', 1) AS kind, substr(ref ->> 2, strpos(ref ->> 2, ':') + 1) AS value
    FROM json_array_elements(%(refs)s::json) AS given (ref)
)
"""
