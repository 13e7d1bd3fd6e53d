"""JSON that cannot be kept, or is none: refused whole, and nothing of it is half done."""

import pytest

from tests.faults.calls import BATCH, TARGETS, Api
from tests.faults.items import item
from tests.faults.refusals import fields, require_refusal

MIB = 1024 * 1024


def raw_target(field: bytes, value: bytes) -> bytes:
    return b'{"externalId": "RAW", "title": "Visit", ' + field + b": " + value + b"}"


@pytest.mark.parametrize("levels", [300, 1_000, 100_000, 5_000_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
def test_deep_nesting(api: Api, levels: int, opening: bytes, closing: bytes) -> None:
    levels = min(levels, 19 * MIB // len(opening + closing))
    nested = opening * levels + b"1" + closing * levels
    for body in (nested, raw_target(b'"unknown"', nested), opening * levels):
        require_refusal(api.post(TARGETS, body), 400, "invalid_json")
    in_batch = b'{"items": [' + raw_target(b'"customFields"', nested) + b"]}"
    require_refusal(api.post(BATCH, in_batch), 400, "invalid_json")


def test_nesting_that_can_be_kept(api: Api) -> None:
    """An unknown field is ignored, whatever it holds; one that is known has its say."""
    nested = b"[" * 100 + b"]" * 100
    answer = api.post(TARGETS, raw_target(b'"unknown"', nested))
    assert [warning["code"] for warning in answer.json["warnings"]] == ["unknown_field"]
    refused = api.post(TARGETS, raw_target(b'"customFields"', b'{"a": ' + nested + b"}"))
    require_refusal(refused, 400, "validation_failed")
    assert fields(refused) == ["customFields.a"]


def test_a_key_that_is_there_twice(api: Api) -> None:
    answer = api.post(TARGETS, b'{"externalId": "A", "externalId": "B", "title": "Visit"}')
    require_refusal(answer, 400, "invalid_json")
    assert fields(answer) == ["externalId"]
    inner = b'{"items": [' + raw_target(b'"customFields"', b'{"x": 1, "x": 2}') + b"]}"
    require_refusal(api.post(BATCH, inner), 400, "invalid_json")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "0x10", "1_000", "01"])
def test_what_is_no_number(api: Api, number: str) -> None:
    for field in (b'"planning"', b'"customFields"'):
        body = raw_target(field, b'{"estimatedWorkMinutes": ' + number.encode() + b"}")
        require_refusal(api.post(TARGETS, body), 400, "invalid_json")


@pytest.mark.parametrize(
    "number", [str(2**70), str(-(2**70)), "1e300", "9223372036854775808", "1" + "0" * 300]
)
def test_huge_numbers(api: Api, number: str) -> None:
    """Valid JSON: refused where the field has bounds, kept where it has none."""
    for part, name in (
        ("planning", "estimatedWorkMinutes"),
        ("businessValue", "closeProbability"),
        ("location", "latitude"),
    ):
        value = f'{{"{name}": {number}, "longitude": 1}}'.encode()
        answer = api.post(TARGETS, raw_target(f'"{part}"'.encode(), value))
        require_refusal(answer, 400, "validation_failed")
        assert f"{part}.{name}" in fields(answer)
    assert api.post(TARGETS, raw_target(b'"customFields"', f'{{"a": {number}}}'.encode())).status == 202


@pytest.mark.parametrize(
    "text", [rb'"\ud800"', rb'"a\udfff"', b'"\xed\xa0\x80"', b'"\xff"', b'"\xc0\x80"', b'"\x00"', b'"a']
)
def test_text_that_is_no_unicode(api: Api, text: bytes) -> None:
    require_refusal(api.post(TARGETS, raw_target(b'"description"', text)), 400, "invalid_json")
    require_refusal(api.post(TARGETS, raw_target(text, b"1")), 400, "invalid_json")


@pytest.mark.parametrize("body", [b"{}".decode().encode("utf-16"), b"\xff\xfe", b"{", b"{} {}", b"'a'", b" "])
def test_bodies_that_are_no_json(api: Api, body: bytes) -> None:
    for path in (TARGETS, BATCH):
        require_refusal(api.post(path, body), 400, "invalid_json")


def test_no_body_is_no_json(api: Api) -> None:
    for path in (TARGETS, BATCH):
        require_refusal(api.post(path, b""), 400, "invalid_json")
        require_refusal(api.server.say(api.head("POST", path)), 400, "invalid_json")


@pytest.mark.parametrize("body", [b"null", b"1", b'"x"', b"[]", b"true", b"[{}]"])
def test_bodies_that_are_no_object(api: Api, body: bytes) -> None:
    for path in (TARGETS, BATCH):
        require_refusal(api.post(path, body), 400, "validation_failed")


def test_items_that_are_no_objects(api: Api) -> None:
    strange = [None, 1, "x", [], {}, True, item(1)]
    answer = api.post(BATCH, {"items": strange})
    assert answer.status == 202
    assert [entry["status"] for entry in answer.json["items"]][:-1] == ["Rejected"] * 6
    assert {entry["errorCode"] for entry in answer.json["items"][:-1]} == {"validation_failed"}
