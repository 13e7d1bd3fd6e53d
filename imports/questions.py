"""Questions to staff that nothing asks any more."""

from collections.abc import Iterable

from customers.matching.context import Key
from customers.matching.decision import Decision
from customers.matching.policy import Policy
from customers.matching.snapshot import Snapshot
from ordinavo_connect.api.statements import prepared_cursor


def close_moot(decisions: Iterable[Decision], facts: Snapshot, policy: Policy) -> None:
    """Close the open questions whose key leads somewhere now, unless another target still waits for the answer.

    One statement, and none where no question is open. Called once the targets are written.
    """
    keys = {key for decision in decisions for key in _answered(decision, facts)}
    if not keys:
        return
    ordered = sorted(keys)
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE customers_mappingreview r SET status = 'superseded', decided_at = now()
            FROM unnest(%s::text[], %s::text[], %s::text[]) AS known (entity_type, key_kind, external_id)
            WHERE r.tenant_id = %s AND r.source_system = %s AND r.status = 'open'
              AND r.entity_type = known.entity_type AND r.key_kind = known.key_kind
              AND r.external_id = known.external_id AND NOT ({_STILL_ASKED})
            """,
            [
                [key.entity for key in ordered],
                [key.kind for key in ordered],
                [key.value for key in ordered],
                policy.tenant_id,
                policy.source_system,
            ],
        )


def _answered(decision: Decision, facts: Snapshot) -> Iterable[Key]:
    for verdict in decision:
        reference = facts.references.get(verdict.key) if verdict.key else None
        if verdict.asks or verdict.kind is not None:
            continue  # asked all the same
        if verdict.key is not None and reference is not None and reference.is_asked:
            yield verdict.key


# A target of the same key that is not linked, or linked in doubt.
_STILL_ASKED = " OR ".join(
    f"""
    r.entity_type = '{entity}' AND EXISTS (
        SELECT 1 FROM imports_target t
        WHERE t.tenant_id = r.tenant_id AND t.source_system = r.source_system
          AND t.{entity}_key = r.key_kind || ':' || r.external_id AND t.{entity}_key <> ''
          AND t.mapping -> '{entity}' ->> 'kind' IS NOT NULL
    )
    """
    for entity in ("customer", "location", "contact")
)
