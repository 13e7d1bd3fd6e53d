"""Which of the newest events a subscription would get."""

from typing import Any

import pytest

from tests.webhooks.calls import happened
from webhooks.delivery.conditions import Mismatch
from webhooks.delivery.previews import preview

pytestmark = pytest.mark.django_db


def test_each_event_is_told_with_its_reason(tenant: Any, other_tenant: Any) -> None:
    condition = {"field": "sourceSystem", "anyOf": ["erp"]}
    fits = happened(tenant, "target.imported")
    of_another_type = happened(tenant, "visit_report.created")
    under_condition = happened(tenant, "target.updated", source_system="crm")
    happened(tenant, "webhook.test")
    happened(other_tenant)
    found = preview(tenant.pk, event_types=["target.*"], conditions=[condition], source_system="erp")
    assert found.events == [
        (under_condition, Mismatch(condition)),
        (of_another_type, Mismatch()),
        (fits, None),
    ]
    assert found.matching == [fits]


def test_the_last_100_are_looked_at_in_one_query(tenant: Any, django_assert_num_queries: Any) -> None:
    for _ in range(101):
        happened(tenant)
    with django_assert_num_queries(1):
        found = preview(tenant.pk, event_types=["*"], conditions=[], source_system="erp")
    assert len(found.matching) == 100
