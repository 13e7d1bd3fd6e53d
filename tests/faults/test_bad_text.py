"""Text that no field takes: each field is named, and nothing of it reaches the database."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.calls import BATCH, TARGETS, Api
from tests.faults.items import batch
from tests.faults.refusals import fields, require_refusal

EXAMPLE = Path(__file__).parents[1] / "examples" / "target-with-customer.request.json"


def every_text() -> list[tuple[str, ...]]:
    """The path of every text of a target that has all of them."""
    return [path for path, value in _leaves(full_target()) if isinstance(value, str)]


def full_target() -> dict[str, Any]:
    target = json.loads(EXAMPLE.read_text())
    target |= {"externalType": "x", "templateKey": "y", "businessValue": {"customerTier": "A"}}
    target["customer"] |= {"type": "x", "industry": "y", "email": "a@example.com", "phone": "+49 201 1"}
    target["customer"]["contactName"] = "N"
    target["location"]["accessNotes"] = "Ring twice."
    return target


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, (*path, name))
        else:
            yield (*path, name), inner


def with_text(path: tuple[str, ...], text: str) -> dict[str, Any]:
    target = copy.deepcopy(full_target())
    inner = target
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = text
    return target


@pytest.mark.parametrize("text", ["a\0b", "\0", "a\x07b", "a\x85b"], ids=["NUL", "NUL alone", "bell", "NEL"])
def test_control_characters_in_every_text(api: Api, text: str) -> None:
    for path in every_text():
        answer = api.post(TARGETS, with_text(path, text))
        require_refusal(answer, 400, "validation_failed")
        assert ".".join(path) in fields(answer)
    attempts = [with_text(path, text) for path in every_text()]
    in_batch = api.post(BATCH, {"items": attempts})
    assert {entry["status"] for entry in in_batch.json["items"]} == {"Rejected"}


def test_text_beyond_every_bound(api: Api) -> None:
    for path in every_text():
        answer = api.post(TARGETS, with_text(path, "x" * 5_000))
        require_refusal(answer, 400, "validation_failed")
        assert ".".join(path) in fields(answer)


def test_control_characters_in_names(api: Api) -> None:
    for place in ((), ("customFields",), ("customer",), ("planning",)):
        answer = api.post(TARGETS, with_text((*place, "a\0b"), "x"))
        if answer.status != 202:
            require_refusal(answer, 400, "validation_failed")
            assert fields(answer)
    assert api.post(BATCH, batch([1]) | {"a\0b": 1}).status == 202
    answer = api.post(BATCH, batch([1]) | {"batchId": "a\0b"})
    require_refusal(answer, 400, "validation_failed")
    assert fields(answer) == ["batchId"]
