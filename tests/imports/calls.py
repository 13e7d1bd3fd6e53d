"""Imports as tests make them: a payload in a line, and the part of the answer that a test is about."""

from typing import Any

from tests.api_caller import ApiCaller


def target(external_id: str = "JOB-1", **fields: Any) -> dict[str, Any]:
    """A valid target; `title=None` leaves the title out."""
    payload = {"externalId": external_id, "title": "Visit"} | fields
    if payload["title"] is None:
        del payload["title"]
    return payload


def send(api: ApiCaller, external_id: str = "JOB-1", *, query: str = "", **fields: Any) -> Any:
    """The response to a single import."""
    return api.post("/inbound/targets" + query, target(external_id, **fields))


def imported(api: ApiCaller, external_id: str = "JOB-1", *, query: str = "", **fields: Any) -> dict[str, Any]:
    """The item of a single import that goes through."""
    response = send(api, external_id, query=query, **fields)
    assert response.status_code == (200 if query else 202), response.content
    return response.json()["items"][0]


def refused(
    api: ApiCaller, external_id: str = "JOB-1", *, status: int = 400, **fields: Any
) -> dict[str, Any]:
    """The error of a single import that does not go through."""
    response = send(api, external_id, **fields)
    assert response.status_code == status, response.content
    return response.json()["error"]


def field_errors(error: dict[str, Any]) -> dict[str, str]:
    """Fields of an error, or of a rejected item, with their codes."""
    return {detail["field"]: detail["code"] for detail in error.get("details", ())}


def imported_batch(api: ApiCaller, items: list[Any], *, query: str = "", **envelope: Any) -> dict[str, Any]:
    """The answer to a batch whose envelope is valid."""
    response = api.post("/inbound/targets/batch" + query, {"items": items} | envelope)
    assert response.status_code == (200 if query else 202), response.content
    return response.json()


def statuses(body: dict[str, Any]) -> list[str]:
    return [item["status"] for item in body["items"]]


def kept(api: ApiCaller, external_id: str = "JOB-1") -> dict[str, Any]:
    """A target's present state."""
    response = api.get(f"/inbound/targets/{external_id}")
    assert response.status_code == 200, response.content
    return response.json()


def mapped(api: ApiCaller, external_id: str = "JOB-1", **fields: Any) -> dict[str, Any]:
    """What became of the context of a single import."""
    return imported(api, external_id, **fields)["customerMapping"]


def codes(mapping: dict[str, Any]) -> list[str]:
    """The codes of the warnings of a mapping or an item, sorted."""
    return sorted(warning["code"] for warning in mapping["warnings"])
