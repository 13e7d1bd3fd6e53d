import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordinavo_connect.clients.keys import ALPHABET, base62, checksum, compose, hash_of, new_key, parse

environments = st.sampled_from(["live", "test"])
public_ids = st.text(ALPHABET, min_size=12, max_size=12)
secrets = st.text(ALPHABET, min_size=43, max_size=43)


@pytest.mark.parametrize("environment", ["live", "test"])
def test_a_new_key_has_the_documented_form(environment: str) -> None:
    key = new_key(environment)

    assert re.fullmatch(rf"oc_{environment}_{key.public_id}_[0-9A-Za-z]{{49}}", key.text)
    assert re.fullmatch(r"[0-9A-Za-z]{12}", key.public_id)


def test_a_new_key_is_read_back_and_fits_its_hash() -> None:
    key = new_key("live")
    shown = parse(key.text)

    assert shown is not None
    assert (shown.environment, shown.public_id) == ("live", key.public_id)
    assert hash_of(shown.secret) == key.secret_hash
    assert len(key.secret_hash) == 32


def test_two_keys_share_nothing() -> None:
    first, second = new_key("live"), new_key("live")

    assert first.public_id != second.public_id
    assert first.secret_hash != second.secret_hash


def test_there_is_no_third_environment() -> None:
    with pytest.raises(ValueError, match="staging"):
        new_key("staging")


def test_the_checksum_is_the_documented_one() -> None:
    # CRC32 of "123456789" is 0xCBF43926, the check value that its catalogues list.
    assert checksum("123456789") == base62(0xCBF43926, 6)
    assert len(base62(2**32 - 1, 6)) == 6
    assert len(base62(2**256 - 1, 43)) == 43
    assert base62(61, 2) == "0z"


@given(environments, public_ids, secrets)
def test_what_is_composed_is_read_back(environment: str, public_id: str, secret: str) -> None:
    shown = parse(compose(environment, public_id, secret))

    assert shown is not None
    assert (shown.environment, shown.public_id, shown.secret) == (environment, public_id, secret)


@given(st.data(), environments, public_ids, secrets)
def test_one_wrong_character_is_told_from_a_wrong_key(
    data: st.DataObject, environment: str, public_id: str, secret: str
) -> None:
    text = compose(environment, public_id, secret)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(ALPHABET).filter(lambda char: char != text[place]))

    assert parse(text[:place] + other + text[place + 1 :]) is None


@given(st.text())
def test_any_other_text_is_no_key(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("extra", ["\n", " ", "\x00", "é"])
def test_nothing_may_follow_a_key(extra: str) -> None:
    assert parse(new_key("live").text + extra) is None


def test_no_secret_shows_when_an_object_is_printed() -> None:
    key = new_key("live")
    shown = parse(key.text)

    assert shown is not None
    for printed in (repr(key), str(key), repr(shown), str(shown)):
        assert shown.secret not in printed
        assert key.public_id in printed
