"""The OpenAPI document: valid, whole, and what the API really answers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.plumbing import ComponentRegistry
from drf_spectacular.validation import validate_schema
from pydantic import AliasChoices, BaseModel, create_model

from imports import contract, shapes
from ordinavo_connect.api.errors import STATUS_BY_CODE
from ordinavo_connect.api.openapi.document import document
from ordinavo_connect.api.openapi.models import schema_reference
from ordinavo_connect.api.views import METHODS, ApiView
from ordinavo_connect.clients.scopes import SCOPES

BASE = "/api/connect/v1"
EXAMPLES = Path(__file__).parent.parent / "examples"
PRODUCT = Path(__file__).parent.parent.parent

# Codes of endpoints that are still to come.
CODES_TO_COME = {"billing_event_already_acknowledged", "billing_event_not_ready"}


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return json.loads(json.dumps(document()))


def operations(openapi: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def resolved(openapi: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    while "$ref" in value:
        kind, name = value["$ref"].removeprefix("#/components/").split("/")
        value = openapi["components"][kind][name]
    return value


def views_below(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, type[ApiView]]]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from views_below(entry.url_patterns, route)
        elif isinstance(entry, URLPattern) and hasattr(entry.callback, "cls"):
            yield route, entry.callback.cls


# The form


def test_it_is_valid_openapi_3_1(openapi: dict[str, Any]) -> None:
    assert openapi["openapi"].startswith("3.1")
    validate_schema(openapi)


def test_every_schema_is_a_valid_json_schema(openapi: dict[str, Any]) -> None:
    for schema in openapi["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(openapi: dict[str, Any]) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                resolved(openapi, value)
            for below in value.values():
                walk(below)
        elif isinstance(value, list):
            for below in value:
                walk(below)

    walk(openapi)


def test_operations_have_names_of_their_own(openapi: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(openapi)]
    assert len(set(names)) == len(names)


# Whole


def test_every_endpoint_and_method_is_in_it(openapi: dict[str, Any]) -> None:
    endpoints = [(r, v) for r, v in views_below(get_resolver().url_patterns) if r.startswith(BASE)]
    handled = sum(hasattr(view, method) for _, view in endpoints for method in METHODS)
    assert len(openapi["paths"]) == len(endpoints)
    assert len(list(operations(openapi))) == handled


def test_every_path_parameter_is_described(openapi: dict[str, Any]) -> None:
    for path, _, operation in operations(openapi):
        described = {p["name"] for p in operation["parameters"] if p.get("in") == "path"}
        assert described == {part.strip("{}") for part in path.split("/") if part.startswith("{")}


def test_it_names_the_scope_of_each_operation(openapi: dict[str, Any]) -> None:
    for path, _, operation in operations(openapi):
        if path == f"{BASE}/openapi.json":
            assert operation["security"] == []
            continue
        scope = operation["x-required-scope"]
        assert scope in SCOPES
        assert operation["security"] == [{"apiKey": [scope]}]
        assert f"`{scope}`" in operation["description"]


def test_the_key_is_a_bearer_key_and_its_scopes_are_explained(openapi: dict[str, Any]) -> None:
    scheme = openapi["components"]["securitySchemes"]["apiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert all(f"`{scope}`" in scheme["description"] for scope in SCOPES)


def test_every_error_code_is_in_some_answer_with_its_status(openapi: dict[str, Any]) -> None:
    found = set()
    for _, _, operation in operations(openapi):
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                continue
            for code in codes_of(openapi, answer):
                assert STATUS_BY_CODE[code] == int(status)
                found.add(code)
    item_codes = set(shapes.ITEM_ERROR_CODES)
    assert found | item_codes | CODES_TO_COME == STATUS_BY_CODE.keys()


def codes_of(openapi: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    schema = resolved(openapi, answer)["content"]["application/json"]["schema"]
    return schema["allOf"][1]["properties"]["error"]["properties"]["code"]["enum"]


def test_every_answer_says_which_headers_it_has(openapi: dict[str, Any]) -> None:
    for path, _, operation in operations(openapi):
        for status, reference in operation["responses"].items():
            headers = resolved(openapi, reference)["headers"].keys()
            assert "X-Correlation-Id" in headers
            assert ("Retry-After" in headers) == (status in ("409", "429", "503"))
            assert ("WWW-Authenticate" in headers) == (status == "401")
            if status == "202":
                assert {"Idempotency-Replayed", "X-RateLimit-Remaining"} <= headers
                # A replay makes many deliveries: there is no one place to lead to.
                assert ("Location" in headers) != path.endswith("/replay")
            if path == f"{BASE}/openapi.json":
                assert "X-RateLimit-Limit" not in headers


def test_what_may_be_sent_as_a_header_is_described(openapi: dict[str, Any]) -> None:
    for _, method, operation in operations(openapi):
        names = {resolved(openapi, p)["name"] for p in operation["parameters"]}
        assert "X-Correlation-Id" in names
        assert ("Idempotency-Key" in names) == (method == "post")
        assert ("Prefer" in names) == (operation["operationId"] in ("importTarget", "importBatch"))


@pytest.mark.parametrize(
    "model",
    [
        contract.TargetIn,
        contract.CustomerIn,
        contract.LocationIn,
        contract.ContactIn,
        contract.PlanningIn,
        contract.BusinessValueIn,
        contract.BatchIn,
    ],
)
def test_every_field_of_an_import_is_there_by_every_name(
    openapi: dict[str, Any], model: type[BaseModel]
) -> None:
    name = "Batch" if model is contract.BatchIn else model.__name__
    properties = openapi["components"]["schemas"][name]["properties"]
    for field, info in model.model_fields.items():
        aliases = info.validation_alias
        for alias in aliases.choices if isinstance(aliases, AliasChoices) else [aliases]:
            assert properties[alias]["description"], field


def test_every_text_and_number_of_an_import_has_its_bounds(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]
    inputs = [name for name in schemas if name.endswith("In")] + ["Batch"]
    for name in inputs:
        for field, shown in schemas[name]["properties"].items():
            types = shown.get("type", [])
            where = f"{name}.{field}"
            if "string" in types and "format" not in shown and "enum" not in shown:
                assert "maxLength" in shown or "pattern" in shown, where
            if "number" in types or "integer" in types:
                assert {"minimum", "maximum"} <= shown.keys(), where
            if "array" in types:
                assert "maxItems" in shown, where


def test_unknown_fields_may_be_sent(openapi: dict[str, Any]) -> None:
    assert openapi["components"]["schemas"]["TargetIn"]["additionalProperties"] is True


def test_the_list_of_a_batch_is_required_by_either_name(openapi: dict[str, Any]) -> None:
    batch = openapi["components"]["schemas"]["Batch"]
    assert batch["anyOf"] == [{"required": ["items"]}, {"required": ["targets"]}]


# Two models of one name


def test_two_models_of_one_name_are_refused() -> None:
    registry = ComponentRegistry()
    schema_reference(create_model("Thing", size=(int, ...)), mode="serialization", registry=registry)
    with pytest.raises(ImproperlyConfigured, match="Thing"):
        schema_reference(create_model("Thing", size=(str, ...)), mode="serialization", registry=registry)


def test_two_models_of_one_name_below_a_third_are_refused() -> None:
    one = create_model("Thing", __module__="one", size=(int, ...))
    other = create_model("Thing", __module__="other", size=(str, ...))
    both = create_model("Both", one=(one, ...), other=(other, ...))
    with pytest.raises(ImproperlyConfigured, match="Thing"):
        schema_reference(both, mode="validation", registry=ComponentRegistry())


def test_a_model_that_is_taken_and_answered_in_different_forms_is_refused() -> None:
    registry = ComponentRegistry()
    schema_reference(contract.ContactIn, mode="validation", registry=registry)
    with pytest.raises(ImproperlyConfigured, match="ContactIn"):
        schema_reference(contract.ContactIn, mode="serialization", registry=registry)


# Examples


@pytest.mark.parametrize(
    "copy",
    [*PRODUCT.glob("imports/examples/*.json"), *PRODUCT.glob("ordinavo_connect/api/examples/*.json")],
    ids=lambda path: path.name,
)
def test_the_examples_are_those_of_the_contract(copy: Path) -> None:
    assert copy.read_bytes() == (EXAMPLES / copy.name).read_bytes()


def test_the_examples_of_requests_fit_their_schemas(openapi: dict[str, Any]) -> None:
    for path, _, operation in operations(openapi):
        if "requestBody" not in operation:
            continue
        media = operation["requestBody"]["content"]["application/json"]
        assert media["examples"]
        for name, example in media["examples"].items():
            errors = list(validator(openapi, media["schema"]).iter_errors(example["value"]))
            # The example of a rejected item is one.
            rejected = [e for e in errors if name == "legacy" and list(e.path)[:2] == ["targets", 2]]
            assert errors == rejected, (path, name)


def validator(openapi: dict[str, Any], schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema | {"components": openapi["components"]})


# What is really answered


def checked(openapi: dict[str, Any], path: str, method: str, response: Any) -> Any:
    """The JSON of an answer, of which everything is documented and nothing that is promised is missing."""
    answer = resolved(openapi, openapi["paths"][BASE + path][method]["responses"][str(response.status_code)])
    body = response.json()
    closed = {"components": _closed(openapi["components"])}
    schema = _closed(answer["content"]["application/json"]["schema"])
    jsonschema.Draft202012Validator(schema | closed).validate(body)
    for name, reference in answer["headers"].items():
        assert name in response.headers or not resolved(openapi, reference).get("required"), name
    return body


def _closed(value: Any, in_all_of: bool = False) -> Any:
    """The same schema without room for keys that it does not name."""
    if isinstance(value, list):
        return [_closed(each, in_all_of) for each in value]
    if not isinstance(value, dict):
        return value
    closed = {name: _closed(each, in_all_of or name == "allOf") for name, each in value.items()}
    if isinstance(value.get("properties"), dict) and value.get("type") == "object" and not in_all_of:
        closed["additionalProperties"] = False
    return closed


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.request.json").read_text())


SINGLE = ["target-minimal", "quickstart", "target-with-customer"]
BATCHES = ["batch", "legacy-batch"]


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?dryRun=true"])
@pytest.mark.parametrize("name", SINGLE)
def test_the_answer_to_an_import_is_as_documented(
    openapi: dict[str, Any], api: Any, name: str, query: str
) -> None:
    response = api.post(f"/inbound/targets{query}", example(name))
    assert response.status_code == (200 if query else 202)
    checked(openapi, "/inbound/targets", "post", response)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?dryRun=true"])
@pytest.mark.parametrize("name", BATCHES)
def test_the_answer_to_a_batch_is_as_documented(
    openapi: dict[str, Any], api: Any, name: str, query: str
) -> None:
    body = example(name) | {"sourceSystem": "erp"}
    response = api.post(f"/inbound/targets/batch{query}", body)
    assert response.status_code == (200 if query else 202)
    checked(openapi, "/inbound/targets/batch", "post", response)


@pytest.mark.django_db
@pytest.mark.parametrize("with_ids", [True, False])
def test_what_was_imported_is_read_as_documented(
    openapi: dict[str, Any], api_of: Any, erp: Any, with_ids: bool
) -> None:
    scopes = ["inbound.targets.batch.write", "customers.map", "import_jobs.read"]
    api = api_of(erp, scopes=[*scopes, "customers.read"] if with_ids else scopes)
    items = [example("target-with-customer"), {"externalId": "", "unknown": 1}, 17]
    job = api.post("/inbound/targets/batch", {"items": items}).json()["importJobId"]
    for path, url in (
        ("/import-jobs", "/import-jobs"),
        ("/import-jobs/{jobId}", f"/import-jobs/{job}"),
        ("/import-jobs/{jobId}/items", f"/import-jobs/{job}/items"),
        ("/inbound/targets", "/inbound/targets"),
        ("/inbound/targets/{externalId}", "/inbound/targets/JOB-2026-000918"),
    ):
        response = api.get(url)
        assert response.status_code == 200
        assert checked(openapi, path, "get", response)


@pytest.mark.django_db
def test_health_is_as_documented(openapi: dict[str, Any], api: Any) -> None:
    checked(openapi, "/integration/health", "get", api.get("/integration/health"))


@pytest.mark.django_db
def test_refusals_are_as_documented(
    openapi: dict[str, Any], api: Any, anonymous_api: Any, api_of: Any, erp: Any
) -> None:
    target = "/inbound/targets"
    api.post(target, example("target-minimal"))
    reader = api_of(erp, scopes=["import_jobs.read"])
    refusals = [
        anonymous_api.post(target, {}),
        reader.post(target, {}),
        api.post(target, b"{"),
        api.post(target, {}),
        api.post(target, b"{}", content_type="text/plain"),
        api.post(target, example("target-minimal") | {"operation": "create"}),
        api.post(target, example("target-minimal") | {"externalId": "unknown", "operation": "update"}),
        api.post(target, example("target-minimal") | {"sourceSystem": "other"}),
        api.post(target, {}, accept="text/html"),
    ]
    assert [r.status_code for r in refusals] == [401, 403, 400, 400, 415, 409, 404, 403, 406]
    for response in refusals:
        checked(openapi, target, "post", response)
    missing = api.get("/import-jobs/1234567")
    assert missing.status_code == 404
    checked(openapi, "/import-jobs/{jobId}", "get", missing)
    assert checked(openapi, "/import-jobs", "get", api.get("/import-jobs?limit=0"))["error"]["details"]


# Where it is found


@pytest.mark.django_db
def test_it_is_served_without_a_key_compact_and_the_same_in_every_language(client: Client) -> None:
    english = client.get(f"{BASE}/openapi.json")
    german = client.get(f"{BASE}/openapi.json", headers={"Accept-Language": "de"})
    assert english.status_code == 200
    assert english.headers["Content-Type"] == "application/json"
    assert (
        english.content
        == german.content
        == json.dumps(english.json(), separators=(",", ":"), ensure_ascii=False).encode()
    )


@pytest.mark.django_db
def test_who_has_it_already_is_told_so(client: Client) -> None:
    etag = client.get(f"{BASE}/openapi.json").headers["ETag"]
    again = client.get(f"{BASE}/openapi.json", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_pages_need_no_key_and_load_nothing_from_elsewhere(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert f'data-document="{BASE}/openapi.json"' in response.text
    assert "//" not in response.text
    assert "<script>" not in response.text


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_what_the_pages_load_is_there(client: Client, path: str) -> None:
    import re

    urls = re.findall(r'(?:src|href)="([^"]+)"', client.get(path).text)
    assert urls
    assert [url for url in urls if client.get(url).status_code != 200] == []
