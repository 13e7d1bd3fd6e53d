"""The page of a target: its state, and how it came to it."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from imports.models import Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_customer, make_reference
from tests.imports.admin_cases import job

Browsers = Callable[[User], Client]


def test_a_target_tells_its_imports_and_events(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, viewer: User
) -> None:
    make_reference(make_customer(tenant), "CUST-1")
    api.post("/inbound/targets", job("JOB-1", customer={"externalId": "CUST-1"}, requiredSkills=["Cooling"]))
    api.post("/inbound/targets", job("JOB-1", planning={"priority": "Urgent"}))
    api.post("/inbound/targets", {"externalId": "JOB-1", "operation": "cancel"})
    page = browser_of(viewer).get(reverse("admin:imports_target_change", args=[Target.objects.get().pk]))
    text = page.content.decode()
    for part in ("Rhein-Ruhr Medical Supply", "by external ID", "Cooling", "Cancelled", "planning.priority"):
        assert part in text
    for event in ("target.imported", "target.updated", "target.cancelled"):
        assert event in text


def test_times_are_those_of_the_tenant(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    window = {
        "preferredTimeWindowStart": "2026-07-01T08:00:00Z",
        "preferredTimeWindowEnd": "2026-07-01T14:00:00Z",
    }
    api.post("/inbound/targets", job("JOB-1", planning=window))
    page = browser_of(viewer).get(reverse("admin:imports_target_change", args=[Target.objects.get().pk]))
    assert "2026-07-01 10:00 – 2026-07-01 16:00" in page.content.decode()  # Berlin, in summer


def test_targets_are_found_by_the_beginning_of_the_external_id(
    api: ApiCaller, browser_of: Browsers, viewer: User
) -> None:
    api.post("/inbound/targets/batch", {"items": [job("JOB-1"), job("JOB-2"), job("DEL-1")]})
    listed = browser_of(viewer).get(reverse("admin:imports_target_changelist"), {"q": "JOB"})
    assert listed.context["cl"].result_count == 2
