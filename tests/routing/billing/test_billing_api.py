"""GET /billing-events, GET /billing-events/{id}, POST /billing-events/{id}/ack."""

from collections.abc import Callable
from typing import Any

import pytest

from ordinavo_connect.clients.models import IntegrationClient, Tenant
from ordinavo_connect.clients.scopes import SCOPES
from routing.billing.models import BillingEvent
from routing.planning.models import Employee
from routing.visits.models import VisitReport
from tests.api_caller import ApiCaller
from tests.factories import make_client
from tests.routing.billing.cast import make_billing_event, make_report, told
from tests.routing.cast import make_appointment, make_target

pytestmark = pytest.mark.django_db


def path(event: BillingEvent) -> str:
    return f"/billing-events/{event.pk}"


def test_a_billing_event_has_every_key_of_the_contract(billing_event: BillingEvent, api: ApiCaller) -> None:
    body = api.get(path(billing_event)).json()
    assert body["billingEvent"] == {
        "id": billing_event.pk,
        "status": "Ready",
        "sourceType": "VisitReport",
        "visitReportId": billing_event.report_id,
        "targetId": billing_event.target_id,
        "appointmentId": billing_event.appointment_id,
        "createdAtUtc": "2026-07-02T10:00:00Z",
        "documentNumber": None,
        "lines": [
            {
                "kind": "Work",
                "description": "Work",
                "quantity": "1.50",
                "unit": "h",
                "unitPrice": "80.00",
                "amount": "120.00",
            }
        ],
        "total": "120.00",
        "currency": "EUR",
        "waitsFor": None,
        "error": None,
    }
    assert body["target"] == {
        "id": billing_event.target_id,
        "externalId": "JOB-1",
        "title": "Maintenance JOB-1",
    }
    assert body["visitReport"]["billingStatus"] == "Ready"
    assert body["customer"] is None
    assert body["location"] is None


def test_the_list_is_filtered_and_paged_newest_first(
    billing_event: BillingEvent, jana: Employee, erp: IntegrationClient, api: ApiCaller
) -> None:
    second = make_appointment(jana, make_target(erp, "JOB-2"))
    pending = make_billing_event(make_report(second), "Pending")
    assert _ids(api.get("/billing-events")) == [pending.pk, billing_event.pk]
    assert _ids(api.get("/billing-events?status=Ready")) == [billing_event.pk]
    assert _ids(api.get("/billing-events?createdAfter=2026-07-02T10:00:00Z")) == []
    first = api.get("/billing-events?limit=1").json()
    assert _ids(api.get(f"/billing-events?limit=1&cursor={first['nextCursor']}")) == [billing_event.pk]
    assert api.get("/billing-events?status=Open").status_code == 400


def _ids(response: Any) -> list[int]:
    return [item["billingEvent"]["id"] for item in response.json()["items"]]


def test_another_source_system_does_not_see_it(
    billing_event: BillingEvent, tenant: Tenant, api_of: Callable[..., ApiCaller]
) -> None:
    shop = api_of(make_client(tenant, name="Shop", source_system="shop", scopes=tuple(SCOPES)))
    assert _ids(shop.get("/billing-events")) == []
    assert shop.get(path(billing_event)).status_code == 404
    assert shop.post(f"{path(billing_event)}/ack", {"documentNumber": "X"}).status_code == 404


def test_an_acknowledgement_answers_with_the_event(billing_event: BillingEvent, api: ApiCaller) -> None:
    response = api.post(f"{path(billing_event)}/ack", {"documentNumber": " INV-4711 ", "more": 1})
    assert response.status_code == 200
    assert response.json()["billingEvent"]["status"] == "Sent"
    assert response.json()["billingEvent"]["documentNumber"] == "INV-4711"
    assert response.json() == api.post(f"{path(billing_event)}/ack", {"documentNumber": "INV-4711"}).json()
    assert told() == ["billing.event_sent"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        ("Sent", {"documentNumber": "INV-1"}, "billing_event_already_acknowledged"),
        ("Sent", {"error": "No."}, "billing_event_already_acknowledged"),
        ("Pending", {"documentNumber": "INV-1"}, "billing_event_not_ready"),
        ("Pending", {"error": "No."}, "billing_event_not_ready"),
    ],
)
def test_what_cannot_be_is_a_conflict(
    status: str, body: dict[str, str], code: str, report: VisitReport, api: ApiCaller
) -> None:
    event = make_billing_event(report, status)
    response = api.post(f"{path(event)}/ack", body)
    assert (response.status_code, response.json()["error"]["code"]) == (409, code)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"documentNumber": "A", "error": "B"}, ""),
        ({"documentNumber": "  "}, "documentNumber"),
        ({"documentNumber": 4711}, "documentNumber"),
        ({"documentNumber": "A" * 201}, "documentNumber"),
        ({"documentNumber": "A\u0000"}, "documentNumber"),
        ({"error": "E" * 2001}, "error"),
        ([], ""),
    ],
)
def test_a_bad_body_names_its_field(
    body: Any, field: str, billing_event: BillingEvent, api: ApiCaller
) -> None:
    response = api.post(f"{path(billing_event)}/ack", body)
    assert response.status_code == 400
    assert [detail["field"] for detail in response.json()["error"]["details"]] == [field]


def test_the_same_idempotency_key_answers_the_same(billing_event: BillingEvent, api: ApiCaller) -> None:
    first = api.post(f"{path(billing_event)}/ack", {"documentNumber": "INV-1"}, idempotency_key="a")
    again = api.post(f"{path(billing_event)}/ack", {"documentNumber": "INV-1"}, idempotency_key="a")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
