"""GET /visit-reports: the ERP reads the reports of its own targets, with their photos."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from ordinavo_connect.clients.scopes import SCOPES
from routing.planning.models import Appointment, Employee
from routing.visits import shapes
from routing.visits.decisions import approve_report
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_customer, make_location, make_reference
from tests.routing.cast import at, make_appointment, make_target
from tests.routing.visits.cast import attach, draft, signature, submitted

pytestmark = pytest.mark.django_db

KEYS = (
    *("id", "title", "status", "result", "text", "workMinutes", "materials", "isBillable", "billingStatus"),
    *("followUpRequired", "target", "customer", "location", "attachments"),
)


@pytest.fixture
def reader(tenant: Tenant, erp: IntegrationClient) -> IntegrationClient:
    return make_client(tenant, name="Reader", source_system=erp.source_system, scopes=list(SCOPES))


@pytest.fixture
def caller(reader: IntegrationClient, api_of: Callable[..., ApiCaller]) -> ApiCaller:
    return api_of(reader)


@pytest.fixture
def linked(target: Target) -> Target:
    customer = make_customer(target.tenant, number="RRM-001", email="info@rrm.example")
    place = make_location(customer, name="Essen Center")
    make_reference(customer, "CUST-10042")
    make_reference(customer, "K-1", source_system="crm")
    make_reference(place, "LOC-ESSEN-01")
    Target.objects.filter(pk=target.pk).update(customer=customer, location=place)
    return target


def test_a_report_has_all_keys(linked: Target, appointment: Appointment, caller: ApiCaller):
    report = draft(appointment, materials=({"name": "Oil", "quantity": "1.5", "unit": "l"},))
    attach(report)
    attach(report, signature(), "Signature")
    submitted(appointment, materials=({"name": "Oil", "quantity": "1.5", "unit": "l"},))
    body = caller.get(f"/visit-reports/{report.pk}").json()
    assert tuple(body)[: len(KEYS)] == KEYS
    shapes.VisitReport.model_validate(body)
    assert (body["status"], body["result"], body["workMinutes"]) == ("Submitted", "Successful", 90)
    assert body["materials"] == [{"name": "Oil", "quantity": "1.5", "unit": "l"}]
    assert body["target"]["externalId"] == "JOB-1"
    assert (body["customer"]["externalId"], body["customer"]["customerNumber"]) == ("CUST-10042", "RRM-001")
    assert body["location"]["externalId"] == "LOC-ESSEN-01"
    assert [each["kind"] for each in body["attachments"]] == ["Photo", "Signature"]


def test_the_address_of_a_photo_needs_no_key(appointment: Appointment, caller: ApiCaller):
    attach(draft(appointment))
    (photo,) = caller.get("/visit-reports").json()["items"][0]["attachments"]
    answer = Client().get(photo["url"].partition("testserver")[2])
    assert photo["url"].startswith("http://testserver/")
    assert hashlib.sha256(answer.content).hexdigest() == photo["sha256"]
    assert (len(answer.content), answer["Content-Type"]) == (photo["bytes"], photo["contentType"])


def test_a_photo_that_has_not_arrived_is_not_listed(appointment: Appointment, caller: ApiCaller):
    report = draft(appointment)
    report.attachments.create(tenant=report.tenant, kind="Photo", sent_sha256="0" * 64, created_at=at(10))
    assert caller.get(f"/visit-reports/{report.pk}").json()["attachments"] == []


def test_without_a_customer_and_with_a_blank_draft_it_is_null(appointment: Appointment, caller: ApiCaller):
    draft(appointment, result="", text="", work_minutes=None)
    (body,) = caller.get("/visit-reports").json()["items"]
    for name in ("customer", "location", "result", "text", "workMinutes", "submittedAtUtc"):
        assert body[name] is None, name


def test_the_registry_is_told_in_full_to_those_who_may_read_it(
    linked: Target, appointment: Appointment, reader: IntegrationClient, api_of: Callable[..., ApiCaller]
):
    draft(appointment)
    (full,) = api_of(reader).get("/visit-reports").json()["items"]
    (narrow,) = api_of(reader, scopes=["visit_reports.read"]).get("/visit-reports").json()["items"]
    assert (full["customer"]["email"], narrow["customer"]["email"]) == ("info@rrm.example", None)
    assert full["customer"].keys() == narrow["customer"].keys()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=Submitted", ["JOB-1"]),
        ("status=Draft", ["JOB-2"]),
        ("externalId=JOB-2", ["JOB-2"]),
        ("externalId=JOB-3", []),
        ("createdAfter=2026-07-02T10:30:00Z", []),
        ("createdAfter=2026-07-01T00:00:00Z", ["JOB-2", "JOB-1"]),
    ],
)
def test_the_list_is_filtered_newest_first(
    jana: Employee,
    erp: IntegrationClient,
    appointment: Appointment,
    caller: ApiCaller,
    query: str,
    found: list[str],
):
    submitted(appointment)
    draft(make_appointment(jana, make_target(erp, "JOB-2"), start=at(11)))
    items = caller.get(f"/visit-reports?{query}").json()["items"]
    assert [item["target"]["externalId"] for item in items] == found


def test_wrong_filters_are_named(caller: ApiCaller):
    answer = caller.get("/visit-reports?status=Lost&createdAfter=soon")
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["status", "createdAfter"]


def test_pages_follow_each_other(
    jana: Employee, erp: IntegrationClient, caller: ApiCaller, django_assert_max_num_queries: Any
):
    for number in range(5):
        start = at(8) + timedelta(hours=number)
        draft(make_appointment(jana, make_target(erp, f"P-{number}"), start=start))
    with django_assert_max_num_queries(8):
        first = caller.get("/visit-reports?limit=3").json()
    second = caller.get(f"/visit-reports?limit=3&cursor={first['nextCursor']}").json()
    numbers = [item["target"]["externalId"] for item in first["items"] + second["items"]]
    assert numbers == ["P-4", "P-3", "P-2", "P-1", "P-0"]
    assert second["nextCursor"] is None


def test_another_source_systems_reports_are_not_there(
    appointment: Appointment, tenant: Tenant, api_of: Callable[..., ApiCaller], dispatcher: User
):
    report = approve_report(submitted(appointment), by=dispatcher, now=at(12))
    crm = api_of(make_client(tenant, source_system="crm", scopes=list(SCOPES)))
    assert crm.get("/visit-reports").json()["items"] == []
    assert crm.get(f"/visit-reports/{report.pk}").status_code == 404
