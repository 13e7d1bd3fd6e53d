"""Every endpoint below the base path, found by walking the URL configuration: keys, scopes, tenants.

A new endpoint fails here until it has its line in `ENDPOINTS`.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from ordinavo_connect.clients.models import IntegrationClient, Tenant
from ordinavo_connect.clients.scopes import SCOPES, allows
from routing.planning.models import Appointment
from tests.api_caller import BASE, ApiCaller
from tests.factories import make_client, make_contact, make_customer, make_key, make_location
from tests.routing.billing.cast import make_billing_event, make_report
from tests.routing.cast import make_appointment, make_employee, make_target

pytestmark = pytest.mark.django_db

TARGET = {"externalId": "JOB-1", "title": "Visit", "operation": "upsert"}
CONTEXT = {"customer": {"externalId": "C-1"}}
SUBSCRIPTION = {"url": "https://receiver.example.com/hooks", "eventTypes": ["*"]}


@dataclass(frozen=True)
class Endpoint:
    """What one method of one route needs.

    Args:
        route: as the URL configuration has it.
        scopes: each of them, missing alone, is a 403 that names it.
        body: of a POST that goes through.
        of_tenant: for a route with an id: how the id of a row of Acme is found, and one that is nobody's.
        is_public: needs no key.
        is_shared: the row is the tenant's: its other source systems see it, too.
    """

    route: str
    method: str
    scopes: tuple[str, ...] = ()
    body: Any = None
    of_tenant: str = ""
    unknown: dict[str, Any] = field(default_factory=dict)
    is_public: bool = False
    is_shared: bool = False


ENDPOINTS = (
    Endpoint("openapi.json", "GET", is_public=True),
    Endpoint("integration/health", "GET", ("integration.health.read",)),
    Endpoint("inbound/targets", "GET", ("import_jobs.read",)),
    Endpoint("inbound/targets", "POST", ("inbound.targets.write", "customers.map"), TARGET | CONTEXT),
    Endpoint(
        "inbound/targets/batch",
        "POST",
        ("inbound.targets.batch.write", "customers.map"),
        {"items": [TARGET | CONTEXT]},
    ),
    Endpoint(
        "inbound/targets/<path:external_id>",
        "GET",
        ("import_jobs.read",),
        of_tenant="target",
        unknown={"external_id": "NOBODYS"},
    ),
    Endpoint("import-jobs", "GET", ("import_jobs.read",)),
    Endpoint(
        "import-jobs/<id:job_id>",
        "GET",
        ("import_jobs.read",),
        of_tenant="job",
        unknown={"job_id": 987654321},
    ),
    Endpoint(
        "import-jobs/<id:job_id>/items",
        "GET",
        ("import_jobs.read",),
        of_tenant="job",
        unknown={"job_id": 987654321},
    ),
    *(
        each
        for kind in ("customer", "location", "contact")
        for each in (
            Endpoint(f"{kind}s", "GET", ("customers.read",)),
            Endpoint(
                f"{kind}s/<id:{kind}_id>",
                "GET",
                ("customers.read",),
                of_tenant=kind,
                unknown={f"{kind}_id": 987654321},
                is_shared=True,
            ),
        )
    ),
    Endpoint("events", "GET", ("webhooks.read",)),
    Endpoint("webhooks/event-types", "GET", ("webhooks.read",)),
    Endpoint("webhooks/subscriptions", "GET", ("webhooks.read",)),
    Endpoint("webhooks/subscriptions", "POST", ("webhooks.manage",), SUBSCRIPTION),
    *(
        Endpoint(
            f"webhooks/subscriptions/<int:subscription_id>{rest}",
            method,
            ("webhooks.read" if method == "GET" else "webhooks.manage",),
            body,
            of_tenant="subscription",
            unknown={"subscription_id": 987654321},
        )
        for rest, method, body in (
            ("", "GET", None),
            ("", "PATCH", {"name": "ERP"}),
            ("", "DELETE", None),
            ("/test", "POST", {}),
            ("/rotate-secret", "POST", {}),
            ("/replay", "POST", {"since": "2026-07-01T00:00:00Z"}),
        )
    ),
    Endpoint("webhooks/deliveries", "GET", ("webhook_deliveries.read",)),
    Endpoint(
        "webhooks/deliveries/<int:delivery_id>",
        "GET",
        ("webhook_deliveries.read",),
        of_tenant="delivery",
        unknown={"delivery_id": 987654321},
    ),
    Endpoint(
        "webhooks/deliveries/<int:delivery_id>/redeliver",
        "POST",
        ("webhooks.manage",),
        of_tenant="delivery",
        unknown={"delivery_id": 987654321},
    ),
    Endpoint("billing-events", "GET", ("billing.read",)),
    Endpoint(
        "billing-events/<id:billing_event_id>",
        "GET",
        ("billing.read",),
        of_tenant="billing event",
        unknown={"billing_event_id": 987654321},
    ),
    Endpoint(
        "billing-events/<id:billing_event_id>/ack",
        "POST",
        ("billing.manage",),
        {"documentNumber": "INV-1"},
        of_tenant="billing event",
        unknown={"billing_event_id": 987654321},
    ),
    Endpoint("visit-reports", "GET", ("visit_reports.read",)),
    Endpoint(
        "visit-reports/<id:report_id>",
        "GET",
        ("visit_reports.read",),
        of_tenant="report",
        unknown={"report_id": 987654321},
    ),
    Endpoint("employees", "GET", ("route_suggestions.read",)),
    Endpoint("route-suggestions", "POST", ("route_suggestions.create",), {"date": "2026-07-02"}),
    Endpoint(
        "route-suggestions/<id:suggestion_id>",
        "GET",
        ("route_suggestions.read",),
        of_tenant="suggestion",
        unknown={"suggestion_id": 987654321},
    ),
)
PRIVATE = [endpoint for endpoint in ENDPOINTS if not endpoint.is_public]
OF_TENANT = [endpoint for endpoint in ENDPOINTS if endpoint.of_tenant]
WITH_SCOPES = [(endpoint, scope) for endpoint in PRIVATE for scope in endpoint.scopes]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def name_of(value: Any) -> str:
    return f"{value.method} {value.route}" if isinstance(value, Endpoint) else str(value)


def views() -> dict[str, Any]:
    """Every view below the base path, by its route."""
    found: dict[str, Any] = {}

    def walk(patterns: list[Any], prefix: str) -> None:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern) and route.startswith(BASE[1:] + "/"):
                found[route.removeprefix(BASE[1:] + "/")] = pattern.callback

    walk(get_resolver().url_patterns, "")
    return found


def methods_of(view: Any) -> set[str]:
    view_class = getattr(view, "view_class", None) or view.cls
    return {method for method in METHODS if hasattr(view_class, method.lower())}


def path(endpoint: Endpoint, **values: Any) -> str:
    route = endpoint.route
    for name, value in values.items():
        for converter in ("path", "id", "int", "str"):
            route = route.replace(f"<{converter}:{name}>", str(value))
    return "/" + route


@pytest.fixture
def erp(tenant: Tenant) -> IntegrationClient:
    return make_client(tenant, name="Acme ERP", scopes=list(SCOPES))


@pytest.fixture
def other_erp(other_tenant: Tenant) -> IntegrationClient:
    return make_client(other_tenant, name="Umbrella ERP", scopes=list(SCOPES))


@pytest.fixture
def rows(api: ApiCaller, erp: IntegrationClient) -> dict[str, dict[str, Any]]:
    """Ids of rows of Acme, as values of routes."""
    job = api.post("/inbound/targets", TARGET).json()["importJobId"]
    subscription = api.post("/webhooks/subscriptions", SUBSCRIPTION).json()["id"]
    delivery = api.post(f"/webhooks/subscriptions/{subscription}/test").json()["id"]
    report = make_report(_appointment(erp))
    customer = make_customer(erp.tenant)
    suggestion = api.post("/route-suggestions", {"date": "2026-07-02"}).json()["routeSuggestionId"]
    return {
        "target": {"external_id": "JOB-1"},
        "job": {"job_id": job},
        "customer": {"customer_id": customer.pk},
        "location": {"location_id": make_location(customer).pk},
        "contact": {"contact_id": make_contact(customer).pk},
        "subscription": {"subscription_id": subscription},
        "delivery": {"delivery_id": delivery},
        "report": {"report_id": report.pk},
        "billing event": {"billing_event_id": make_billing_event(report).pk},
        "suggestion": {"suggestion_id": suggestion},
        "": {},
    }


def _appointment(erp: IntegrationClient) -> Appointment:
    return make_appointment(make_employee(erp.tenant), make_target(erp))


def call(api: ApiCaller, endpoint: Endpoint, **values: Any) -> Any:
    return api.send(endpoint.method, path(endpoint, **values), endpoint.body)


def test_every_endpoint_and_method_has_its_line_here():
    found = {(route, method) for route, view in views().items() for method in methods_of(view)}
    assert found == {(endpoint.route, endpoint.method) for endpoint in ENDPOINTS}


@pytest.mark.parametrize("endpoint", PRIVATE, ids=name_of)
def test_the_endpoint_works_with_its_scopes_alone(endpoint, rows, erp, api_of):
    api = api_of(erp, scopes=endpoint.scopes)
    assert call(api, endpoint, **rows[endpoint.of_tenant]).status_code < 300


@pytest.mark.parametrize("endpoint", PRIVATE, ids=name_of)
def test_without_a_key_it_is_401(endpoint, rows, anonymous_api):
    response = call(anonymous_api, endpoint, **rows[endpoint.of_tenant])
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["error"]["code"] == "unauthorized"


def wrong_keys(right: str) -> list[str]:
    body, checksum = right[:-6], right[-6:]
    return [
        "",
        "x",
        right[:-1],
        body + checksum[::-1],
        right.replace("_live_", "_test_"),
        right + "0",
        right.lower(),
    ]


@pytest.mark.parametrize("endpoint", PRIVATE, ids=name_of)
def test_a_wrong_key_is_401(endpoint, rows, erp):
    right = make_key(erp)
    for wrong in wrong_keys(right):
        response = call(ApiCaller(wrong), endpoint, **rows[endpoint.of_tenant])
        assert response.status_code == 401, wrong
        assert response.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(("endpoint", "scope"), WITH_SCOPES, ids=name_of)
def test_each_scope_missing_alone_is_403_and_named(endpoint, scope, rows, tenant, api_of):
    client = make_client(tenant, name="Everything", scopes=list(SCOPES))
    others = [name for name in SCOPES if not allows([name], scope)]
    response = call(api_of(client, scopes=others), endpoint, **rows[endpoint.of_tenant])
    assert response.status_code == 403, response.content
    error = response.json()["error"]
    assert error.keys() == {"code", "message", "requiredScope", "correlationId"}
    assert (error["code"], error["requiredScope"]) == ("missing_scope", scope)


@pytest.mark.parametrize("endpoint", PRIVATE, ids=name_of)
def test_a_missing_scope_wins_over_an_id_that_is_unknown(endpoint, erp, api_of):
    api = api_of(erp, scopes=[])
    assert call(api, endpoint, **endpoint.unknown).status_code == 403


def without_correlation(response: Any) -> dict[str, Any]:
    return {name: value for name, value in response.json()["error"].items() if name != "correlationId"}


@pytest.mark.parametrize("whose", ["tenant", "source system", "sandbox"])
@pytest.mark.parametrize("endpoint", OF_TENANT, ids=name_of)
def test_a_row_of_somebody_else_answers_as_an_unknown_one(
    endpoint, whose, rows, api, tenant, other_api, api_of
):
    if endpoint.is_shared and whose == "source system":
        pytest.skip("The registry is the tenant's.")
    stranger = {
        "tenant": lambda: other_api,
        "source system": lambda: api_of(make_client(tenant, source_system="crm", scopes=list(SCOPES))),
        "sandbox": lambda: api_of(
            make_client(tenant, name="Sandbox", environment="test", scopes=list(SCOPES))
        ),
    }[whose]()
    theirs = call(stranger, endpoint, **rows[endpoint.of_tenant])
    nobodys = call(stranger, endpoint, **endpoint.unknown)
    assert theirs.status_code == nobodys.status_code == 404
    assert without_correlation(theirs) == without_correlation(nobodys)
    assert {name for name, _ in theirs.items()} == {name for name, _ in nobodys.items()}
    assert call(api, endpoint, **rows[endpoint.of_tenant]).status_code < 300


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.is_public], ids=name_of)
def test_a_public_endpoint_needs_no_key(endpoint, anonymous_api):
    assert call(anonymous_api, endpoint).status_code == 200


@pytest.mark.parametrize("route", sorted({endpoint.route for endpoint in ENDPOINTS}))
def test_a_method_that_is_not_allowed_is_405_in_the_envelope(route, rows, api):
    allowed = {endpoint.method for endpoint in ENDPOINTS if endpoint.route == route}
    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.route == route)
    for method in set(METHODS) - allowed:
        response = api.send(method, path(endpoint, **rows[endpoint.of_tenant]), {})
        assert response.status_code == 405
        assert response.json()["error"]["code"] == "method_not_allowed"
