"""`GET /events`: the same events to pull (API contract, Webhooks)."""

from typing import Any

import pytest

from tests.webhooks.calls import errors_of, happened, subscribed
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


def pulled(api: Any, query: str = "") -> tuple[list[str], str]:
    """Ids of events, and the next cursor."""
    response = api.get(f"/events{query}")
    assert response.status_code == 200, response.content
    body = response.json()
    assert body.keys() == {"items", "nextCursor"}
    assert isinstance(body["nextCursor"], str)
    return [each["eventId"] for each in body["items"]], body["nextCursor"]


def test_events_come_in_the_order_of_their_positions_without_any_subscription(
    hooks: Any, tenant: Any
) -> None:
    second, first = happened(tenant, position=9), happened(tenant, position=4)
    assert pulled(hooks)[0] == [first.event_id, second.event_id]


def test_pages_lead_through_all_of_them_once(hooks: Any, tenant: Any) -> None:
    events = [happened(tenant, position=number + 1) for number in range(5)]
    seen, cursor = pulled(hooks, "?limit=2")
    for _ in range(3):
        ids, cursor = pulled(hooks, f"?limit=2&after={cursor}")
        seen += ids
    assert seen == [event.event_id for event in events]
    assert pulled(hooks, f"?after={cursor}") == ([], cursor)


def test_what_is_committed_late_comes_after_the_cursor(hooks: Any, tenant: Any) -> None:
    late = happened(tenant)  # written first, but without a position yet
    early = happened(tenant, position=1)
    ids, cursor = pulled(hooks)
    assert ids == [early.event_id]
    Event.objects.filter(pk=late.pk).update(position=2)
    assert pulled(hooks, f"?after={cursor}")[0] == [late.event_id]


def test_an_empty_page_has_a_cursor_to_go_on_with(hooks: Any, tenant: Any) -> None:
    ids, cursor = pulled(hooks)
    assert ids == []
    event = happened(tenant, position=1)
    assert pulled(hooks, f"?after={cursor}")[0] == [event.event_id]


def test_types_are_names_prefixes_or_all(hooks: Any, tenant: Any) -> None:
    imported = happened(tenant, "target.imported", position=1)
    approved = happened(tenant, "visit_report.approved", position=2)
    assert pulled(hooks, "?types=target.imported")[0] == [imported.event_id]
    assert pulled(hooks, "?types=visit_report.*,target.updated")[0] == [approved.event_id]
    assert pulled(hooks, "?types=*")[0] == [imported.event_id, approved.event_id]


def test_the_cursor_of_a_narrow_page_skips_what_was_looked_at(hooks: Any, tenant: Any) -> None:
    happened(tenant, "target.imported", position=1)
    ids, cursor = pulled(hooks, "?types=visit_report.*")
    assert ids == []
    assert pulled(hooks, f"?after={cursor}")[0] == []


def test_tests_of_endpoints_are_no_events(hooks: Any) -> None:
    subscribed(hooks)
    Event.objects.update(position=1)
    assert pulled(hooks)[0] == []
    assert pulled(hooks, "?types=webhook.test")[0] == []


def test_another_tenants_events_stay_with_it(
    hooks: Any, tenant: Any, other_tenant: Any, strangers: Any
) -> None:
    theirs, ours = happened(other_tenant, position=1), happened(tenant, position=2)
    crm, sandbox, umbrella = strangers
    assert pulled(umbrella)[0] == [theirs.event_id]
    assert pulled(hooks)[0] == pulled(crm)[0] == [ours.event_id]
    assert pulled(sandbox)[0] == []
    cursor = pulled(hooks)[1]
    assert errors_of(umbrella.get(f"/events?after={cursor}")) == {"after": "invalid_cursor"}


def test_bodies_have_the_defaults_or_the_privacy_of_the_subscription(hooks: Any, tenant: Any) -> None:
    happened(tenant, position=1)
    default = hooks.get("/events").json()["items"][0]
    assert default["contact"].keys() == {"ordinavoContactId", "externalId", "displayName"}
    assert default["customer"]["externalId"] == "CUST-10042"
    body = subscribed(hooks, include={"customer": False, "contactDetails": True})
    narrow = hooks.get(f"/events?subscriptionId={body['id']}").json()["items"][0]
    assert "customer" not in narrow
    assert narrow["contact"]["email"] == "anna.weber@example.com"


def test_external_ids_are_the_callers(hooks: Any, tenant: Any, strangers: Any) -> None:
    happened(tenant, position=1)
    crm = strangers[0]
    shown = crm.get("/events").json()["items"][0]
    assert shown["target"]["externalId"] is None
    assert shown["customer"]["externalId"] is None


def test_another_source_systems_subscription_is_unknown(hooks: Any, strangers: Any) -> None:
    body = subscribed(hooks)
    for stranger in strangers:
        assert stranger.get(f"/events?subscriptionId={body['id']}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=",
        "after=AAAAAAAAAAAAAAAA",
        "after=%C3%A4",
        "types=x",
        "types=target.imported,,",
        "types=",
    ]
    + ["subscriptionId=x", "limit=0", "limit=501"],
)
def test_a_bad_parameter_is_named(hooks: Any, query: str) -> None:
    assert list(errors_of(hooks.get(f"/events?{query}"))) == [query.partition("=")[0]]


def test_pulling_has_its_scope(receiver_client: Any, api_of: Any) -> None:
    blind = api_of(receiver_client, scopes=["webhook_deliveries.read"])
    assert blind.get("/events").json()["error"]["requiredScope"] == "webhooks.read"


def test_a_page_takes_few_queries(hooks: Any, tenant: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        happened(tenant, position=number + 1)
    pulled(hooks)
    with django_assert_max_num_queries(6):
        pulled(hooks)
