"""Cases that pages of the admin are tested with, made by real imports."""

from typing import Any

from customers.models import Customer, MappingReview
from ordinavo_connect.clients.models import Tenant
from tests.api_caller import ApiCaller
from tests.factories import make_customer, make_reference


def job(external_id: str, **fields: Any) -> dict[str, Any]:
    return {"externalId": external_id, "title": f"Visit {external_id}"} | fields


def conflict(api: ApiCaller, tenant: Tenant) -> tuple[MappingReview, Customer, Customer]:
    """A known external ID with another customer's number: the review, the customer it leads to, the other one."""
    known = make_customer(tenant, number="RRM-001")
    other = make_customer(tenant, name="Berg Retail Group", number="BR-019")
    make_reference(known, "CUST-1")
    sent = {"externalId": "CUST-1", "customerNumber": "BR-019", "name": "Rhein-Ruhr Medical Supply"}
    assert api.post("/inbound/targets", job("JOB-1", customer=sent)).status_code == 202
    return MappingReview.objects.get(external_id="CUST-1"), known, other


def unknown_customer(api: ApiCaller, *, external_id: str = "CUST-9", jobs: int = 1) -> MappingReview:
    """An external ID that nobody knows, with the given number of jobs that wait for it."""
    sent = {"externalId": external_id, "name": "Neue Apotheke am Markt"}
    items = [job(f"{external_id}-{number}", customer=sent) for number in range(jobs)]
    assert api.post("/inbound/targets/batch", {"items": items}).status_code == 202
    return MappingReview.objects.get(external_id=external_id, status="open")
