import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.json import JSONRenderer, dumps, loads

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_what_json_can_say_is_taken(value: Any) -> None:
    assert loads(json.dumps(value, ensure_ascii=True).encode()) == value
    assert loads(json.dumps(value, ensure_ascii=False, indent=2).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" ", id="blank"),
        pytest.param(b"{", id="half"),
        pytest.param(b"{} {}", id="trailing"),
        pytest.param(b"[1,]", id="trailing comma"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": Infinity}', id="Infinity"),
        pytest.param(b'{"a": 1e999}', id="beyond a double"),
        pytest.param(b"{'a': 1}", id="single quotes"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="surrogate in UTF-8"),
        pytest.param(b'{"a": "\\ud800"}', id="lone surrogate"),
        pytest.param(b'{"a": "\x00"}', id="bare NUL"),
        pytest.param("{}".encode("utf-16"), id="UTF-16"),
        pytest.param(b"[" * 300 + b"]" * 300, id="deeper than can be written"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="absurdly deep"),
        pytest.param(b'{"a": 1, "a": 1}', id="a key twice"),
        pytest.param(b'[{"x": {"a": 1, "b\\\\": 2, "\\u0061": 3}}]', id="a key twice, once escaped"),
    ],
)
def test_what_is_no_sound_json_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        loads(body)
    assert refused.value.code == "invalid_json"


def test_a_key_that_stands_twice_is_named() -> None:
    with pytest.raises(ApiError) as refused:
        loads(b'{"items": [{"title": "a", "title": "b"}]}')
    assert [detail.field for detail in refused.value.details] == ["title"]


@pytest.mark.parametrize(
    "text", [r'{"a": "\"", "b": "\\"}', r'{"a\"": "\\\"", "b": "\u0022"}', '{"a": "b", "b": "a"}', '{"": ""}']
)
def test_quotes_and_backslashes_are_no_repeated_keys(text: str) -> None:
    assert loads(text.encode()) == json.loads(text)


def test_what_is_taken_can_be_written_inside_of_an_answer() -> None:
    deepest = 240
    value = loads(b"[" * deepest + b"]" * deepest)
    assert dumps({"items": [{"received": value}]})


def test_a_byte_order_mark_is_overlooked() -> None:
    assert loads(b"\xef\xbb\xbf{}") == {}


def test_a_huge_integer_is_a_number() -> None:
    assert loads(b"1" + b"0" * 100) == 1e100


def test_times_end_in_z() -> None:
    assert dumps(datetime(2026, 6, 18, 8, tzinfo=UTC)) == b'"2026-06-18T08:00:00Z"'


def test_bytes_go_out_as_they_are() -> None:
    assert JSONRenderer().render(b'{ "as": "it was" }') == b'{ "as": "it was" }'
    assert JSONRenderer().render({"a": "ö"}) == orjson.dumps({"a": "ö"})
    assert JSONRenderer().render(None) == b""
