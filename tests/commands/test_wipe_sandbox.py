"""manage.py wipe_sandbox."""

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from imports.models import ImportItem, Target
from ordinavo_connect.clients.tenants import sandbox_of
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_key
from webhooks.delivery.fan_out import fan_out
from webhooks.events.models import Event

TARGET = {"externalId": "JOB-1", "title": "A", "customer": {"externalId": "C", "name": "Berg"}}


@pytest.fixture
def sandbox_api(tenant):
    client = make_client(tenant, name="Try-out", environment="test", auto_create_customers=True)
    return ApiCaller(make_key(client))


def test_it_wipes_the_sandbox_alone(tenant, api, sandbox_api):
    api.post("/inbound/targets", TARGET)
    sandbox_api.post("/inbound/targets", TARGET, idempotency_key="k")
    call_command("wipe_sandbox", tenant.slug, "--yes")
    assert not Customer.objects.filter(tenant=sandbox_of(tenant)).exists()
    for model in (Target, ImportItem, Event):
        assert set(model.objects.values_list("tenant__slug", flat=True)) == {tenant.slug}
    again = sandbox_api.post("/inbound/targets", TARGET, idempotency_key="k")
    assert again.json()["items"][0]["status"] == "Imported"


def test_a_live_tenant_without_a_sandbox_is_refused(tenant):
    with pytest.raises(CommandError, match="no sandbox"):
        call_command("wipe_sandbox", tenant.slug, "--yes")


def test_positions_of_events_are_not_given_again(tenant, sandbox_api):
    """A receiver keeps one as its cursor: what comes after the wipe lies behind it."""
    sandbox_api.post("/inbound/targets", TARGET)
    fan_out()
    last = max(Event.objects.values_list("position", flat=True))
    call_command("wipe_sandbox", tenant.slug, "--yes")
    sandbox_api.post("/inbound/targets", TARGET)
    fan_out()
    assert min(Event.objects.values_list("position", flat=True)) > last
